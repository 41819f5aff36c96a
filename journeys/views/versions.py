"""The history of a journey: what was published and who walks it, what differs, bringing a version back as the draft,
and taking people back from a move."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from journeys import changes, editing, in_flight, publishing
from journeys.document.shape import DocumentError
from journeys.engine import move, undo_move
from journeys.models import Journey
from lib import clock
from workspaces import words
from workspaces.access import get_or_404, verbs_on

PAGE = 50


@require_GET
def versions(request: HttpRequest, id: UUID) -> HttpResponse:  # noqa: A002 - the name in the URL
    actor: Any = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, related=("team", "live", "workspace"))
    rows = list(journey.versions.select_related("published_by").defer("document").order_by("-number")[:PAGE])
    inside = in_flight.inside_by_version(journey)
    verbs = verbs_on(actor, journey)
    context: dict[str, Any] = {
        "journey": journey,
        "versions": [
            {"version": row, "inside": None if inside is None else inside.get(row.pk, 0)} for row in rows
        ],
        "may_edit": "change" in verbs and journey.state != "archived",
        **_comparison(request, journey, [row.number for row in rows]),
        **_move(journey, may="publish" in verbs),
    }
    return render(request, "journeys/versions.html", context)


def _comparison(request: HttpRequest, journey: Journey, numbers: list[int]) -> dict[str, Any]:
    """Chosen by ?from=&to=; else the draft beside what is live, else the last beside the one before."""
    known = ["draft", *map(str, numbers)]
    live, first = journey.live, (str(journey.live.number) if journey.live else "", "draft")
    if live is not None and live.document == journey.draft and len(numbers) > 1:
        first = (str(numbers[1]), str(numbers[0]))
    before, after = (
        request.GET.get(name, default) for name, default in zip(("from", "to"), first, strict=True)
    )
    before, after = (name if name in known else "" for name in (before, after))
    found: dict[str, Any] = {"from": before, "to": after, "sides": known, "changes": None}
    if before and after:
        wanted = {
            version.number: version.document
            for version in journey.versions.filter(number__in=[n for n in (before, after) if n != "draft"])
        }
        documents = [journey.draft if name == "draft" else wanted[int(name)] for name in (before, after)]
        try:
            found["changes"] = changes.told(documents[0], documents[1], journey.workspace)
        except DocumentError:  # a draft that can't be read has no parts to compare
            found["unreadable"] = True
    return found


def _move(journey: Journey, *, may: bool) -> dict[str, Any]:
    """The latest move of people, if it moved any."""
    now = clock.now()
    last = journey.moves.select_related("version", "started_by").first()
    if last is None or not (last.total or last.moved):
        return {"move": None}
    under_way = last.state in ("moving", "undoing")
    may_undo = may and journey.state in ("live", "paused") and move.undoable(last, now)
    done, of = (last.undone + last.left, last.moved) if "und" in last.state else (last.moved, last.total)
    return {
        "move": last,
        "under_way": under_way,
        "done": done,
        "of": of,
        "percent": round(100 * done / of) if of else 100,
        "may_undo": may_undo,
        "able": undo_move.able(last) if may_undo else None,
    }


@require_POST
def restoration(request: HttpRequest, id: UUID, number: int) -> HttpResponse:  # noqa: A002 - the name in the URL
    """Makes a version the draft again, unless somebody has changed the draft since the page was made."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, "change")
    version = journey.versions.filter(number=number).first()
    if version is None:
        raise Http404
    revision = request.POST.get("revision", "")
    try:
        editing.restore(
            actor,
            journey,
            version,
            revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0,
            now=clock.now(),
        )
    except editing.Stale:
        messages.error(request, _("The draft has changed meanwhile. Nothing was restored."))
        return redirect("journeys:versions", id=journey.public_id)
    messages.success(request, _("Version %(number)d is the draft now.") % {"number": number})
    return redirect("journeys:canvas", id=journey.public_id)


@require_POST
def undoing(request: HttpRequest, id: UUID, move_id: int) -> HttpResponse:  # noqa: A002 - the name in the URL
    actor: Any = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, "publish")
    moved = journey.moves.filter(pk=move_id).first()
    if moved is None:
        raise Http404
    try:
        publishing.undo_move(actor, moved, now=clock.now())
    except publishing.WrongState as wrong:
        messages.error(request, str(wrong))
    else:
        moved.refresh_from_db()
        if moved.state == "undone":
            text = ngettext("%(n)s person is back.", "%(n)s people are back.", moved.undone)
            messages.success(request, text % {"n": words.number(moved.undone)})
    return redirect("journeys:versions", id=journey.public_id)
