"""What would have happened: a pane of the canvas's test that asks for a replay and shows it as it comes."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from journeys import replay_rows, replaying
from journeys.models import Journey, Replay
from lib import clock
from workspaces.access import get_or_404

DAYS = (7, 30, 90)


@require_http_methods(["GET", "POST"])
def replay(request: HttpRequest, id: UUID) -> HttpResponse:  # noqa: A002 - the name in the URL
    """GET: the last replay, or the invitation to one. POST: asks for one; the answer polls until it is there."""
    actor = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, related=("team", "live", "workspace"))
    if request.method == "POST":
        wanted = request.POST.get("days", "")
        days = int(wanted) if wanted.isascii() and wanted.isdigit() and int(wanted) in DAYS else 30
        with suppress(replaying.TooBusy):  # the one that is under way is shown
            replaying.request(actor, journey, days=days, sample=replaying.MOST_PEOPLE, now=clock.now())
    return render(request, "journeys/replay.html", context(journey, journey.replays.first()))


def context(journey: Journey, found: Replay | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "journey": journey,
        "replay": found,
        "days": DAYS,
        "chosen": found.days if found else 30,
        "url": reverse("journeys:replay", kwargs={"id": journey.public_id}),
        "under_way": found is not None and found.state in ("queued", "running"),
    }
    if found is None or found.state != "done" or found.report is None:
        return shown
    report = found.report
    return shown | {
        "report": report,
        "steps": replay_rows.steps(report, journey),
        "channels": replay_rows.channels(report),
        "outdated": found.revision != journey.revision,
        "grain": max(report["draft"]["grain"], (report["live"] or report["draft"])["grain"]) // 60,
        "cut": any(
            volumes and volumes["reached"] < report["until"] for volumes in (report["draft"], report["live"])
        ),
    }
