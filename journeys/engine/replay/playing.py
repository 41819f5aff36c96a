"""The clock of a replay: whatever happens next, for everybody whom it concerns at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from journeys.engine import advance, answered, on_events
from journeys.engine.live import Index
from journeys.engine.plan import Plan
from journeys.engine.replay.ways import Ways
from profiles.signals import RecordedEvent
from workspaces.models import Workspace

MOST_MOMENTS = 1000  # so many different moments of events are played one by one
MOST_TICKS = 3000
PAGE = 5000
GRAINS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60))


@dataclass(slots=True)
class Run:
    """One replay under way. `grain`: what happens within it counts as happening at its end; nothing: exact times.
    `reached`: how far it came in the time it was given."""

    workspace: Workspace
    found: Plan
    index: Index
    since: datetime
    until: datetime
    grain: timedelta = timedelta(0)
    reached: datetime | None = None

    @property
    def calls(self) -> bool:
        return any(step.kind.kind == "call_webhook" for step in self.found.steps.values())


def play(run: Run, people: Sequence[int], seconds: float, progress: Callable[[float], None]) -> None:
    ways = Ways(run, people)
    names = sorted(run.index.names.union(*(one.compiled.events for one in ways.segments)))
    run.grain, events = _grain(run, names), _events(run, names)
    coming, begun, told = next(events, None), time.monotonic(), time.monotonic()
    while True:
        due, opens = _next_due(), ways.next_moment()
        moments = (due, opens, coming.ts if coming else None)
        moment = min((one for one in moments if one is not None), default=None)
        if moment is None or moment >= run.until:
            run.reached = run.until
            return
        passed = time.monotonic() - begun
        if passed > seconds:
            run.reached = moment
            return
        if time.monotonic() - told > 0.5:
            told, done = time.monotonic(), (moment - run.since) / (run.until - run.since)
            _coarsen(run, passed, done, seconds)
            progress(done)
        now = _tick(run, moment)
        if not run.grain and due is not None and due <= moment:
            _move(run, moment)  # what is due comes before what happens at the same moment
            continue
        batch: list[RecordedEvent] = []
        while coming is not None and coming.ts <= now:
            batch.append(coming)
            coming = next(events, None)
        if batch:
            on_events.handle(run.workspace.pk, batch, [], now, index=run.index)
            ways.look([event.profile_id for event in batch], now)
        if opens is not None and opens <= now:
            ways.open(now)
        _settle(run, now)
        if run.grain:
            _move(run, now)


def _coarsen(run: Run, passed: float, done: float, seconds: float) -> None:
    """A machine that is too slow for this grain gets through the whole time by a coarser one."""
    if passed > 3 and done < 1 and passed / max(done, 0.01) > seconds:
        run.grain = next((grain for grain in GRAINS if grain > run.grain), GRAINS[-1])


def _tick(run: Run, moment: datetime) -> datetime:
    if not run.grain:
        return moment
    ticks = -(-(moment - run.since) // run.grain)
    return min(run.since + ticks * run.grain, run.until)


def _move(run: Run, now: datetime) -> None:
    while advance.advance_once(run.found.journey_id, now) == advance.BATCH:
        pass
    _settle(run, now)


def _settle(run: Run, now: datetime) -> None:
    """What leaves the house: messages are sent, and webhooks answered well, with nothing in the answer."""
    _send(run, now)
    while run.calls and _answer():
        answered.go_on(now)
        _send(run, now)


def _answer() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """update journeys_call set outlet = 'next', result = '{"state": "called"}' where outlet = ''"""
        )
        return int(cursor.rowcount)


def _send(run: Run, now: datetime) -> None:
    """Whatever may go out is sent at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update channels_message set state = 'sent', sent_at = %s where journey_id = %s and state = 'created'",
            [now, run.found.journey_id],
        )


def _next_due() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute("select min(due_at) from journeys_enrolment")
        found: datetime | None = cursor.fetchone()[0]
        return found


def _events(run: Run, names: list[str]) -> Iterator[RecordedEvent]:
    """What the people did in the time, of that which matters to the journey, in order and a page at a time."""
    ts, id_ = run.since, -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "select profile_id, name, ts, properties::text, id from profiles_event "
                "where name = any(%s) and ts < %s and (ts, id) > (%s, %s) order by ts, id limit %s",
                [names, run.until, ts, id_, PAGE],
            )
            rows = cursor.fetchall()
        for profile_id, name, ts, properties, id_ in rows:
            yield RecordedEvent(profile_id, name, ts, msgspec.json.decode(properties), ts, id=id_)
        if len(rows) < PAGE:
            return


def _grain(run: Run, names: list[str]) -> timedelta:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct ts) from profiles_event where name = any(%s) and ts >= %s and ts < %s",
            [names, run.since, run.until],
        )
        moments = cursor.fetchone()[0]
    if moments <= MOST_MOMENTS:
        return timedelta(0)
    length = run.until - run.since
    return next((grain for grain in GRAINS if length / grain <= MOST_TICKS), GRAINS[-1])
