"""Publishing freezes the draft as a version, and new people walk that one from then on; stopping ends every walk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from journeys import checking, testing
from journeys.document.problems import Problem
from journeys.engine import freeze, leave, schedules
from journeys.models import Journey, Version
from workspaces import audit
from workspaces.actor import Actor


class NotPublishable(Exception):
    """The draft has errors. `problems` has them, and the warnings."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_("The journey has errors."))
        self.problems = list(problems)


class WrongState(Exception):
    """The journey is not in a state for this; the text says which it would need."""


def publish(actor: Actor, journey: Journey, *, now: datetime, note: str = "") -> Version:
    """The draft becomes the live version. People inside finish on the version they started.

    A draft equal to the live version makes no new one. Raises NotPublishable, WrongState (archived).
    """
    with transaction.atomic():
        journey = (
            Journey.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=journey.pk)
        )
        if journey.state == "archived":
            raise WrongState(_("An archived journey can't be published."))
        found = [*checking.find(journey.draft, journey.workspace), *testing.guard(journey, now)]
        if any(problem.severity == "error" for problem in found):
            raise NotPublishable(found)
        live = journey.live
        if live is None or live.document != journey.draft:
            last = journey.versions.order_by("-number").values_list("number", flat=True).first() or 0
            live = Version.objects.create(
                journey=journey,
                number=last + 1,
                document=journey.draft,
                published_at=now,
                published_by=actor.user,
                note=note,
            )
        was_paused = journey.state == "paused"
        journey.live, journey.state, journey.paused_at = live, "live", None
        journey.save(update_fields=["live", "state", "paused_at"])
        if was_paused:
            freeze.thaw(journey.pk, now)
        schedules.arm(journey, live, now)
        audit.record(actor, "journey.published", journey, {"version": live.number}, at=now)
    return live


def stop(actor: Actor, journey: Journey, *, now: datetime) -> int:
    """Ends every enrolment with reason `stopped`; returns how many. Pending messages are not sent any more."""
    with transaction.atomic():
        journey = Journey.objects.select_for_update().get(pk=journey.pk)
        if journey.state not in ("live", "paused"):
            raise WrongState(_("Only a journey that runs can be stopped."))
        journey.state, journey.paused_at = "stopped", None
        journey.save(update_fields=["state", "paused_at"])
        schedules.disarm(journey)
        audit.record(actor, "journey.stopped", journey, at=now)
    return leave.end_journey(journey.pk, "stopped", now)


def publication(journey: Journey, inside: dict[str, Any]) -> dict[str, Any]:
    """What the API shows of it."""
    live = journey.live
    return {
        "state": journey.state,
        "version": live.number if live else None,
        "published_at": live.published_at if live else None,
        "draft_differs": live is None or live.document != journey.draft,
        "inside": inside.get("inside", 0),
    }
