"""Moves the people inside a journey to another version, in chunks that each commit while workers go on.

A chunk locks its rows in the order of their ids and puts each group of one version and step there at once (`fates`,
`resettle`), with the progress, in one transaction: what a crash leaves is either wholly moved or not at all, and the
next look goes on behind it. Whoever is not moved yet walks the old version and is found wherever she has got to.
Rounds are repeated until one finds nobody; and once more a while after the end, for those whom a batch that had still
seen the old version let in.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from journeys.engine import advance, on_events, plan, states
from journeys.engine.fates import KEEP, Targets, fate
from journeys.engine.resettle import Done, Place, resettle
from journeys.engine.run import Batch
from journeys.models import Journey, Move, MovedPerson, Occurrence, Version
from journeys.steps.outcomes import Wake
from lib.fast_sql import array, fetch
from workspaces.models import User

log = structlog.get_logger(__name__)
CHUNK = 5000
UNDO = timedelta(days=3)
SWEEP = timedelta(minutes=1)
AGAIN = timedelta(seconds=1)


def start(journey: Journey, version: Version, targets: Targets, now: datetime, by: User | None) -> Move:
    """Everybody on an older version is to be moved to this one; the clock (or `work_off`) does it. In the caller's
    transaction. A move that is still under way is at its end: this one takes its people along."""
    Move.objects.filter(journey=journey, state__in=("moving", "undoing")).update(
        state="moved", finished_at=now, undo_until=now, look_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*) from journeys_enrolment where {_OLDER}", _of(journey.pk, version.number)
        )
        total = int(cursor.fetchone()[0])
    return Move.objects.create(
        journey=journey,
        version=version,
        targets=dict(targets),
        total=total,
        started_at=now,
        started_by=by,
        look_at=now,
    )


def undo(move: Move, now: datetime) -> None:
    """Everybody who has not moved on since is to be put back; the clock (or `work_off`) does it."""
    Move.objects.filter(pk=move.pk).update(state="undoing", cursor=0, cursor_key="", found=False, look_at=now)


def undoable(move: Move, now: datetime) -> bool:
    """Whether people may still be put back: three days long, and only of the latest move."""
    if move.state not in ("moving", "moved") or (move.undo_until is not None and move.undo_until <= now):
        return False
    return not Move.objects.filter(journey_id=move.journey_id, pk__gt=move.pk).exists()


def work_off(
    now: datetime,
    seconds: float = 30.0,
    clock: Callable[[], datetime] | None = None,
    move_id: int | None = None,
) -> int:
    """Works on what is due, chunk by chunk, until nothing is or `seconds` are over; returns how many people changed."""
    stop, changed = time.monotonic() + seconds, 0
    while True:
        count = _one(now, move_id)
        if count is None:
            return changed
        changed += count
        if time.monotonic() > stop:
            return changed
        if clock is not None:
            now = clock()


def _one(now: datetime, move_id: int | None) -> int | None:
    """One chunk of one move; None when none is due."""
    from journeys.engine import undo_move

    batches: list[Batch] = []
    working: Move | None = None
    try:
        with transaction.atomic():
            open_ = Move.objects.select_for_update(skip_locked=True, of=("self",)).filter(look_at__lte=now)
            if move_id is not None:
                open_ = open_.filter(pk=move_id)
            working = open_.select_related("version").order_by("look_at", "id").first()
            if working is None:
                return None
            if not states.movable([working.journey_id]):  # being paused or stopped this moment
                working.look_at = now + AGAIN
                count = 0
            elif working.state == "undoing":
                count = undo_move.chunk(working, now, batches)
            elif working.state == "undone" or (working.undo_until is not None and working.undo_until <= now):
                count = _forget(working)
            else:
                count = _chunk(working, now, batches)
            working.save()
    except Exception:
        if working is None:
            raise
        # A deadlock, or a fault of ours: the chunk is as it was, tried again later, and holds up no other move.
        log.exception("move_chunk_failed", move=working.pk, journey=working.journey_id)
        Move.objects.filter(pk=working.pk).update(look_at=now + SWEEP)
        return 0
    for batch in batches:
        advance.after_commit(batch)
    return count


_OLDER = (
    "journey_id = %(journey)s and version_id in "
    "(select id from journeys_version where journey_id = %(journey)s and number < %(number)s)"
)
# A window of the journey's people in the order of an index, whatever they walk: filtering comes after it, so that the
# planner has nothing to guess. For a window it would still rather read and sort them all.
_NEXT = """
select id, profile_id, instance_key from journeys_enrolment
where journey_id = %(journey)s and (profile_id, instance_key) > (%(profile)s, %(key)s)
order by profile_id, instance_key limit %(limit)s
"""
# `stands`: her wait runs. Else she is set aside or about to be tried again, or was never run at her step.
_LOCK = f"""
select id, version_id, step, status <> 1 and attempts = 0
    and coalesce(due_at, frozen_due, 'infinity') > arrived_at as stands
from journeys_enrolment where id = any(%(ids)s::bigint[]) and {_OLDER} order by id for update
"""


def _of(journey_id: int, number: int) -> dict[str, int]:
    return {"journey": journey_id, "number": number}


def _chunk(move: Move, now: datetime, batches: list[Batch]) -> int:
    of = _of(move.journey_id, move.version.number)
    people = _window(move)
    if not people:
        _end_of_round(move, now)
        return 0
    groups: dict[tuple[int, str, bool], list[int]] = defaultdict(list)
    for id_, version_id, step, stands in fetch(_LOCK, {**of, "ids": array(row[0] for row in people)}):
        groups[version_id, step, stands].append(id_)
    plans = plan.load({move.version_id, *(key[0] for key in groups)})
    new, wakes, whole = plans[move.version_id], dict[int, Wake](), Done()
    for (version_id, step, stands), ids in groups.items():
        at = Place(move.pk, move.version.number, plans[version_id], new, step, now)
        what = fate(at.old, new, step, move.targets)
        done = resettle(at, what if stands or what.what in ("sent_on", "ended") else KEEP, ids, wakes)
        whole.moved += done.moved
        whole.released += done.released
        whole.sent_on += done.sent_on
        whole.ended += done.ended
    batches += on_events.wake(wakes, now)
    move.moved += whole.moved
    move.released += whole.released
    move.sent_on += whole.sent_on
    move.ended += whole.ended
    move.total = max(move.total, move.moved)
    move.found = move.found or bool(groups)
    _id, move.cursor, move.cursor_key = people[-1]
    return whole.moved


def _window(move: Move) -> list[tuple[int, int, str]]:
    at = {"journey": move.journey_id, "profile": move.cursor, "key": move.cursor_key, "limit": CHUNK}
    with connection.cursor() as cursor:
        cursor.execute("set local enable_bitmapscan = off")
        people = fetch(_NEXT, at)
        cursor.execute("set local enable_bitmapscan = on")
    return people


def _end_of_round(move: Move, now: datetime) -> None:
    found, move.found = move.found, False
    move.cursor, move.cursor_key = 0, ""
    if found:
        return
    if move.state == "moving":
        move.state, move.finished_at, move.undo_until = "moved", now, now + UNDO
        move.look_at = now + SWEEP
        return
    assert move.finished_at is not None
    late = Occurrence.objects.filter(
        journey_id=move.journey_id, finished_at=None, version__number__lt=move.version.number
    )
    swept = now >= move.finished_at + SWEEP and not late.exists()
    move.look_at = move.undo_until if swept else now + SWEEP


def _forget(move: Move) -> int:
    """Nobody can be put back any more: where they stood is no longer needed."""
    ids = MovedPerson.objects.filter(move_id=move.pk).order_by("enrolment_id").values("enrolment_id")[:CHUNK]
    gone, _by_model = MovedPerson.objects.filter(move_id=move.pk, enrolment_id__in=ids).delete()
    if not gone:
        move.look_at = None
    return 0
