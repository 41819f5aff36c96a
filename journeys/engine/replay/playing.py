"""The clock of a replay: whatever happens next, for everybody whom it concerns at once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from journeys.engine import advance, calls, on_events, schedules
from journeys.engine.live import Index
from journeys.engine.plan import Plan
from journeys.models import Journey
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


def play(run: Run, seconds: float, progress: Callable[[float], None]) -> None:
    journey = Journey.objects.select_related("workspace", "live").get(pk=run.found.journey_id)
    assert journey.live is not None
    schedules.arm(journey, journey.live, run.since - timedelta(microseconds=1))
    run.grain = _grain(run)
    events, stop, told = _events(run), time.monotonic() + seconds, time.monotonic()
    coming = next(events, None)
    while True:
        due = _next_due()
        moment = min((one for one in (due, coming.ts if coming else None) if one is not None), default=None)
        if moment is None or moment >= run.until:
            run.reached = run.until
            return
        if time.monotonic() > stop:
            run.reached = moment
            return
        if time.monotonic() - told > 0.5:
            told = time.monotonic()
            progress((moment - run.since) / (run.until - run.since))
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
            _send(run, now)
        if run.grain:
            _move(run, now)


def _tick(run: Run, moment: datetime) -> datetime:
    if not run.grain:
        return moment
    ticks = -(-(moment - run.since) // run.grain)
    return min(run.since + ticks * run.grain, run.until)


def _move(run: Run, now: datetime) -> None:
    while advance.advance_once(run.found.journey_id, now) or calls.pretend(run.found, now):
        pass
    schedules.run_due(now)
    _send(run, now)


def _send(run: Run, now: datetime) -> None:
    """Whatever may go out is sent at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update channels_message set state = 'sent', sent_at = %s where journey_id = %s and state = 'created'",
            [now, run.found.journey_id],
        )


def _next_due() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select least((select min(due_at) from journeys_enrolment), (select min(due_at) from journeys_schedule))"
        )
        found: datetime | None = cursor.fetchone()[0]
        return found


def _events(run: Run) -> Iterator[RecordedEvent]:
    """What the people did in the time, of that which matters to the journey, in order and a page at a time."""
    ts, id_ = run.since, -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "select profile_id, name, ts, properties::text, id from profiles_event "
                "where name = any(%s) and ts < %s and (ts, id) > (%s, %s) order by ts, id limit %s",
                [sorted(run.index.names), run.until, ts, id_, PAGE],
            )
            rows = cursor.fetchall()
        for profile_id, name, ts, properties, id_ in rows:
            yield RecordedEvent(profile_id, name, ts, msgspec.json.decode(properties), ts, id=id_)
        if len(rows) < PAGE:
            return


def _grain(run: Run) -> timedelta:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct ts) from profiles_event where name = any(%s) and ts >= %s and ts < %s",
            [sorted(run.index.names), run.since, run.until],
        )
        moments = cursor.fetchone()[0]
    if moments <= MOST_MOMENTS:
        return timedelta(0)
    length = run.until - run.since
    return next((grain for grain in GRAINS if length / grain <= MOST_TICKS), GRAINS[-1])
