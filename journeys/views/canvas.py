"""The canvas page: everything the island needs to start, in one JSON block."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from journeys import checking, counts, editing, in_flight, starters, test_people, testing
from journeys.canvas_strings import canvas_strings
from journeys.cards import cards_of
from journeys.catalogue import catalogue
from journeys.document.shape import blank
from journeys.models import Journey
from lib import clock
from profiles import masking, queries
from profiles.models import Segment
from workspaces.access import get_or_404, own_teams, require, verbs_on
from workspaces.models import Team
from workspaces.templatetags.ui import team_name


@require_GET
def canvas(request: HttpRequest, id: UUID) -> HttpResponse:  # noqa: A002 - the name in the URL
    actor = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, related=("team", "live"))
    return render(request, "journeys/canvas.html", {"journey": journey, "boot": boot(request, journey)})


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """A new draft, empty, from a starter, or begun by coming into a `segment`; then its canvas."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, "journeys.create")
    teams = {team.slug: team for team in own_teams(actor)}
    wanted = request.POST.get("team")
    team = teams.get(wanted) if wanted else (None if wanted == "" else next(iter(teams.values()), None))
    journey = editing.create_journey(
        actor,
        name=request.POST.get("name", ""),
        team=team,
        now=clock.now(),
        document=starters.document_of(request.POST.get("starter", "")) or _begun(request, actor),
    )
    return redirect("journeys:canvas", id=journey.public_id)


def _begun(request: HttpRequest, actor: Any) -> dict[str, Any] | None:
    named = request.POST.get("segment", "")
    segment = Segment.objects.filter(workspace=actor.workspace, archived_at=None, slug=named).first()
    if segment is None:
        return None
    way = {"kind": "segment", "segment": segment.slug, "direction": "enter"}
    return {
        **blank(segment.name, actor.workspace.time_zone),
        "triggers": {"t1": way},
        "layout": {"t1": [0, 0]},
    }


def boot(request: HttpRequest, journey: Journey) -> dict[str, Any]:
    actor = request.actor  # type: ignore[attr-defined]
    verbs = verbs_on(actor, journey)
    last = journey.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return {
        "journey": {
            "id": str(journey.public_id),
            "name": journey.name,
            "state": journey.state,
            "revision": journey.revision,
            "live_version": journey.live.number if journey.live else None,
            "next_version": last + 1,
            "saved_at": journey.updated_at.isoformat(),
            "can_edit": "change" in verbs and journey.state != "archived",
            "can_publish": "publish" in verbs,
            "team": journey.team.slug if journey.team else None,
        },
        "document": journey.draft,
        "cards": cards_of(journey.draft, journey.workspace),
        "problems": [
            *checking.problems_as_json(journey.draft, journey.workspace),
            *testing.known_problems(journey),
        ],
        "tests": journey.tests.count(),
        "test_person": _test_person(request),
        "catalogue": catalogue(journey.workspace),
        "counts": counts.of_journey(journey.pk, clock.now()) | {"move": in_flight.under_way(journey.pk)},
        "teams": [
            {"slug": team.slug, "name": team_name(team), "hue": team.hue}
            for team in Team.objects.filter(workspace=actor.workspace)
        ],
        "urls": urls_of(journey),
        "strings": canvas_strings(),
        "locale": get_language() or "en",
        "csrf": get_token(request),
        "time_zone": journey.workspace.time_zone,
        "workspace": journey.workspace.name,
    }


def _test_person(request: HttpRequest) -> dict[str, Any] | None:
    """?test= a person's public id: the canvas opens as a test with her. As people are found on the canvas itself."""
    actor = request.actor  # type: ignore[attr-defined]
    named = request.GET.get("test", "")
    if not named or not actor.can("people.view"):
        return None
    try:
        found = queries.living(actor).filter(public_id=UUID(named)).first()
    except ValueError:
        found = None
    if found is None:
        return None
    return test_people.shown(found, masking.masker(actor))


def urls_of(journey: Journey) -> dict[str, str]:
    api = f"/api/v1/journeys/{journey.public_id}/"
    at = {"id": journey.public_id}
    return {
        "document": f"{api}document/",
        "problems": f"{api}problems/",
        "simulations": f"{api}simulations/",
        "testPeople": f"{api}simulations/people/",
        "tests": f"{api}tests/",
        "replay": reverse("journeys:replay", kwargs=at),
        "publication": f"{api}publication/",
        "plan": f"{api}publication/plan/",
        "versions": reverse("journeys:versions", kwargs=at),
        "pause": f"{api}pause/",
        "inspector": reverse("journeys:inspector", kwargs=at),
        "counts": reverse("journeys:counts", kwargs=at),
        "live": reverse("journeys:live", kwargs=at),
        "stepPeople": reverse("journeys:step-people", kwargs={**at, "key": "__KEY__"}),
        "profiles": "/api/v1/profiles/",
        "content": reverse("content:list"),
        "back": reverse("journeys:list"),
        "preferences": reverse("workspaces:preferences"),
    }
