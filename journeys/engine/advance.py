"""The clock moves people: claim a batch of due enrolments, run them until all wait or end, commit once."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import DataError, IntegrityError, transaction

from channels import outbox
from journeys.engine import aftermath, batch_log, crowd, plan, rescue, states
from journeys.engine.apply import StepError, end
from journeys.engine.crowd import Crowd
from journeys.engine.lanes import SecondLane
from journeys.engine.record import write
from journeys.engine.rows import EPOCH, FROZEN, Row, claim, claim_ids
from journeys.engine.run import Batch, run
from journeys.engine.world import Store

BATCH = 5000
LOOK_BACK = timedelta(seconds=10)  # timers of a worker whose clock or commit is a little late are still found
FULL_LOOK = timedelta(minutes=1)

Taken = tuple[list[Row], list[Crowd]]


class Mark:
    """Where this process begins to look: an old snapshot makes the dead entries before it expensive to pass."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark, self._full_at = EPOCH, EPOCH

    def start(self, now: datetime) -> datetime:
        with self._lock:
            if now - self._full_at >= FULL_LOOK or now < self._full_at:
                self._mark, self._full_at = EPOCH, now
            return self._mark

    def emptied(self, now: datetime) -> None:
        with self._lock:
            self._mark = max(self._mark, now - LOOK_BACK)


_mark = Mark()


def advance_due(
    now: datetime, limit: int = BATCH, seconds: float = 30.0, clock: Callable[[], datetime] | None = None
) -> int:
    """Moves everybody who is due until none is left or `seconds` are over; returns how many people were moved.

    With `clock` each batch reads the time anew, so that a long run does not fall behind.
    """
    stop = time.monotonic() + seconds

    def go_on(free: Callable[[], bool], *, last_first: bool = False) -> int:
        moved, at = 0, now
        while free():
            count = _next(at, limit, lane.start, last_first=last_first)
            moved += count
            if count < limit or time.monotonic() > stop:
                break
            if clock is not None:
                at = clock()
        return moved

    # From the two ends: neither lane walks over the rows that the other one holds.
    with SecondLane(partial(go_on, last_first=True)) as lane:
        moved = go_on(lambda: True)
    return moved + lane.done


def _next(now: datetime, limit: int, more: Callable[[], None], *, last_first: bool) -> int:
    """One batch of those who are due. `more` hears of a full one, as soon as it is claimed."""

    def take() -> Taken:
        found = _claim(_mark.start(now), now, limit, last_first=last_first)
        if limit > crowd.FEW and _count(*found) == limit:
            more()
        return found

    count = _one(take, now)
    if count < limit:
        _mark.emptied(now)
    return count


def _count(rows: Sequence[Row], crowds: Sequence[Crowd]) -> int:
    return len(rows) + sum(map(len, crowds))


def advance_journey(journey_id: int, now: datetime, draws: dict[str, str] | None = None) -> int:
    """The same for one journey: tests that move the clock by hand."""
    moved = 0
    while count := advance_once(journey_id, now, draws):
        moved += count
    return moved


def advance_these(ids: Sequence[int], now: datetime) -> int:
    """Those of them who are due, and whom nobody else moves right now."""
    return _one(lambda: (claim_ids(ids, now), []), now)


def advance_once(journey_id: int, now: datetime, draws: dict[str, str] | None = None) -> int:
    """One batch of one journey, for those who look themselves what is due next: simulations and replays."""
    return _one(lambda: crowd.claim_of_journey(journey_id, now, BATCH), now, draws)


def _claim(mark: datetime, now: datetime, limit: int, *, last_first: bool) -> Taken:
    if limit <= crowd.FEW:
        return claim(mark, now, limit), []
    return crowd.claim(mark, now, limit, last_first=last_first)


def _one(take: Callable[[], Taken], now: datetime, draws: dict[str, str] | None = None) -> int:
    """One transaction; returns how many people were claimed. What a step raises is the rescue's."""
    rows: list[Row] = []
    crowds: list[Crowd] = []
    try:
        with transaction.atomic():
            rows, crowds = take()
            if not rows and not crowds:
                return 0
            batch = process(rows, now, draws, crowds)
    except StepError as error:
        ids = [row.id for row in rows] + [id_ for many in crowds for id_ in many.own("id")]
        rescue.isolate(ids, now, error, draws)
        return len(ids)
    after_commit(batch)
    return _count(rows, crowds)


def process(
    rows: Sequence[Row],
    now: datetime,
    draws: dict[str, str] | None = None,
    crowds: Sequence[Crowd] = (),
) -> Batch:
    """Wakes and moves locked rows, in the caller's transaction, in which nothing comes after."""
    versions = {row.version_id for row in rows} | {many.claimed.version_id for many in crowds}
    names = {row.profile_id: row.public_id for row in rows if row.public_id is not None}
    batch = Batch(plan.load(versions), Store(now, draws=draws or {}, names=names))
    together, rows = _of_live_journeys(rows, crowds, now)
    live, others = by_state(rows)
    for row in live:
        row.wake_up()
    for row, state in others:
        batch.rows.append(row)
        if state == "paused":  # due before the pause was seen
            row.status, row.moved = FROZEN, True
        elif state != "":
            end(batch, row, "stopped")
    run(batch, live, together)
    finish(batch, last=True)
    return batch


def _of_live_journeys(
    rows: Sequence[Row], crowds: Sequence[Crowd], now: datetime
) -> tuple[list[Crowd], list[Row]]:
    """Crowds whose journeys go on, and all others as rows."""
    if not crowds:
        return [], list(rows)
    asked = {many.claimed.journey_id for many in crowds} | {row.journey_id for row in rows}
    found = states.movable(asked)
    together, alone = [], list(rows)
    for many in crowds:
        if found.get(many.claimed.journey_id) == "live":
            together.append(many)
        else:
            alone += many.rows(now)
    for row in alone:
        row.journey_state = found.get(row.journey_id, "")
    return together, alone


def by_state(rows: Sequence[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """(rows of live journeys, the others with their journey's state; "" where it is being paused right now)"""
    journeys = {row.journey_id for row in rows}
    if all(row.journey_state is not None for row in rows):
        found = {row.journey_id: row.journey_state or "" for row in rows}
    else:
        found = states.movable(journeys)
    if all(found.get(journey) == "live" for journey in journeys):
        return list(rows), []
    live = [row for row in rows if found.get(row.journey_id) == "live"]
    return live, [(row, found.get(row.journey_id, "")) for row in rows if found.get(row.journey_id) != "live"]


def finish(batch: Batch, *, last: bool = False) -> None:
    aftermath.note(batch)
    try:
        accounts = write(batch, last=last)
    except (DataError, IntegrityError) as error:
        # What one of them brought can't be stored: the rescue finds out whose it is.
        raise StepError("", error) from error
    if accounts:
        outbox.wake(accounts)


def after_commit(batch: Batch) -> None:
    batch_log.tell(batch)
    aftermath.settle(batch)
