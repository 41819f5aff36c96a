"""Why is this person not in that journey? A fragment of her page."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from journeys.engine import why_not as asking
from journeys.models import Journey
from lib import clock
from profiles.conditions import why_text
from profiles.masking import masker
from profiles.models import Profile
from workspaces.access import get_or_404, require


@require_GET
def why_not(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """?journey= its public id; without, nothing is chosen yet."""
    actor = request.actor  # type: ignore[attr-defined]
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.view")
    chosen = request.GET.get("journey", "")
    if not chosen:
        return HttpResponse("")
    try:
        journey = get_or_404(actor, Journey, UUID(chosen))
    except ValueError as error:
        raise Http404(chosen[:40]) from error
    answer = asking.ask(profile, journey, actor.workspace, clock.now(), masker(actor))
    context = {
        "journey": journey,
        "answer": answer,
        "reasons": [_shown(reason, actor.workspace) for reason in answer.reasons],
        "ways": [
            (way.title, [_shown(reason, actor.workspace) for reason in way.reasons]) for way in answer.ways
        ],
    }
    return render(request, "journeys/why_not.html", context)


def _shown(reason: asking.Reason, workspace: object) -> tuple[str, list[tuple[bool, str]]]:
    """(text, [(whether it held, what was found)])"""
    leaves = [(bool(leaf["result"]), str(why_text(leaf, workspace))) for leaf in reason.why]
    return reason.text, [(result, text) for result, text in leaves if text]
