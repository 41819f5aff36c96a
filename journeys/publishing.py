"""Publishing freezes the draft as a version, and new people walk that one from then on; whoever is inside finishes on
the version she walks or is moved to the new one. Stopping ends every walk."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from journeys import checking, testing
from journeys.document.problems import Problem
from journeys.engine import freeze, leave, move, schedules
from journeys.models import Journey, Move, Version
from workspaces import audit
from workspaces.actor import Actor


class NotPublishable(Exception):
    """The draft has errors. `problems` has them, and the warnings."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_("The journey has errors."))
        self.problems = list(problems)


class WrongState(Exception):
    """The journey is not in a state for this; the text says which it would need."""


class BadTarget(Exception):
    """The plan sends people of `step` to a step that the new version lacks."""

    def __init__(self, step: str, target: object) -> None:
        text = _("People can't be sent to “%(target)s”: the new version has no such step.")
        super().__init__(text % {"target": str(target)[:80]})
        self.step = step


InFlight = Literal["finish", "move"]
AT_ONCE = 1.0  # seconds that publishing itself spends on moving people; the clock does the rest


def publish(
    actor: Actor,
    journey: Journey,
    *,
    now: datetime,
    note: str = "",
    in_flight: InFlight = "finish",
    targets: Mapping[str, str | None] | None = None,
) -> Version:
    """The draft becomes the live version. People inside finish on the version they walk, or move to this one: `targets`
    says where those of removed steps go (None: they leave), by default to the first step after theirs.

    A draft equal to the live version makes no new one. Raises NotPublishable, BadTarget, WrongState (archived; or the
    draft was changed while it was checked, which may take as long as its tests run).
    """
    journey = Journey.objects.select_related("workspace", "live").get(pk=journey.pk)
    checked = journey.draft
    _may_be_published(journey)
    found = [*checking.find(checked, journey.workspace), *testing.guard(journey, now)]
    if any(problem.severity == "error" for problem in found):
        raise NotPublishable(found)
    for step, target in (targets or {}).items():
        if target is not None and target not in checked.get("steps", {}):
            raise BadTarget(step, target)
    moving: Move | None = None
    with transaction.atomic():
        journey = (
            Journey.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=journey.pk)
        )
        _may_be_published(journey)
        if journey.draft != checked:
            raise WrongState(_("Somebody changed the journey while it was checked. Publish it again."))
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
        if in_flight == "move":
            moving = move.start(journey, live, targets or {}, now, actor.user)
            if moving.total:
                detail = {"version": live.number, "people": moving.total}
                audit.record(actor, "journey.people_moved", journey, detail, at=now)
    if moving is not None:
        move.work_off(now, seconds=AT_ONCE, move_id=moving.pk)
    return live


def _may_be_published(journey: Journey) -> None:
    if journey.state == "archived":
        raise WrongState(_("An archived journey can't be published."))


def undo_move(actor: Actor, moved: Move, *, now: datetime) -> None:
    """Whoever has not moved on since goes back to where she stood, on the version she walked. Raises WrongState."""
    with transaction.atomic():
        moved = Move.objects.select_for_update(of=("self",)).select_related("journey").get(pk=moved.pk)
        if moved.journey.state not in ("live", "paused"):
            raise WrongState(_("The journey does not run any more."))
        if not move.undoable(moved, now):
            raise WrongState(_("This can't be undone any more."))
        move.undo(moved, now)
        audit.record(actor, "journey.move_undone", moved.journey, {"version": moved.version.number}, at=now)
    move.work_off(now, seconds=AT_ONCE, move_id=moved.pk)


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


def publication(journey: Journey, inside: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the API shows of it. `move`: the latest one."""
    live = journey.live
    moved = journey.moves.select_related("version", "started_by").first()
    return {
        "state": journey.state,
        "version": live.number if live else None,
        "published_at": live.published_at if live else None,
        "draft_differs": live is None or live.document != journey.draft,
        "inside": inside.get("inside", 0),
        "move": move_shown(moved, now) if moved else None,
    }


def move_shown(moved: Move, now: datetime) -> dict[str, Any]:
    """A move as the API shows it."""
    return {
        "id": moved.pk,
        "version": moved.version.number,
        "state": moved.state,
        "total": moved.total,
        "moved": moved.moved,
        "released": moved.released,
        "sent_on": moved.sent_on,
        "ended": moved.ended,
        "undone": moved.undone,
        "left": moved.left,
        "started_at": moved.started_at,
        "started_by": moved.started_by.name if moved.started_by else None,
        "finished_at": moved.finished_at,
        "undo_until": moved.undo_until,
        "undoable": move.undoable(moved, now),
    }
