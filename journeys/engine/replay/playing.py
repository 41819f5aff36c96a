"""The clock of a replay: whatever happens next, for everybody whom it concerns at once."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from journeys.engine import advance, on_events, schedules
from journeys.engine.live import Index
from journeys.engine.plan import Plan
from journeys.models import Journey
from profiles.signals import RecordedEvent
from workspaces.models import Workspace

MOST_MOMENTS = 1000  # so many different moments of events are played one by one
MOST_TICKS = 3000
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
    events: list[RecordedEvent] = field(default_factory=list)


def play(run: Run, seconds: float, progress: Callable[[float], None]) -> None:
    journey = Journey.objects.select_related("workspace", "live").get(pk=run.found.journey_id)
    assert journey.live is not None
    schedules.arm(journey, journey.live, run.since - timedelta(microseconds=1))
    run.events = _events(run)
    run.grain = _grain(run)
    at, stop, told = 0, time.monotonic() + seconds, time.monotonic()
    while True:
        due = _next_due(run)
        coming = run.events[at].ts if at < len(run.events) else None
        moment = min((one for one in (due, coming) if one is not None), default=None)
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
        first = at
        while at < len(run.events) and run.events[at].ts <= now:
            at += 1
        if at > first:
            on_events.handle(run.workspace.pk, run.events[first:at], [], now, index=run.index)
            _send(run, now)
        if run.grain:
            _move(run, now)


def _tick(run: Run, moment: datetime) -> datetime:
    if not run.grain:
        return moment
    ticks = -(-(moment - run.since) // run.grain)
    return min(run.since + ticks * run.grain, run.until)


def _move(run: Run, now: datetime) -> None:
    while advance.advance_once(run.found.journey_id, now):
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


def _next_due(run: Run) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select least((select min(due_at) from journeys_enrolment), (select min(due_at) from journeys_schedule))"
        )
        found: datetime | None = cursor.fetchone()[0]
        return found


def _events(run: Run) -> list[RecordedEvent]:
    """What the people did in the time, of that which matters to the journey."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select profile_id, name, ts, properties::text, id from profiles_event "
            "where name = any(%s) and ts >= %s and ts < %s order by ts, id",
            [sorted(run.index.names), run.since, run.until],
        )
        return [
            RecordedEvent(profile_id, name, ts, msgspec.json.decode(properties), ts, id=id_)
            for profile_id, name, ts, properties, id_ in cursor.fetchall()
        ]


def _grain(run: Run) -> timedelta:
    if len({event.ts for event in run.events}) <= MOST_MOMENTS:
        return timedelta(0)
    length = run.until - run.since
    return next((grain for grain in GRAINS if length / grain <= MOST_TICKS), GRAINS[-1])
