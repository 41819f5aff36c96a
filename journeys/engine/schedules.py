"""Schedule triggers: due rows become occurrences, and an occurrence lets its audience in, in chunks by profile id.

An occurrence is unique by (journey, trigger, moment) and keeps the last profile it looked at in the transaction that
enrols the chunk, so each person is looked at exactly once, whatever restarts. Those who are in a segment when a journey
that begins with it is published are an occurrence, too (crossings.py).
"""

import math
import time
from datetime import UTC, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, Q

from journeys.engine import advance, crossings, dates, plan
from journeys.engine.enrol import Candidate
from journeys.engine.let_in import let_in
from journeys.engine.plan import Plan, PlanTrigger
from journeys.engine.run import Batch
from journeys.models import Journey, Occurrence, Schedule, SegmentWatch, Version
from journeys.triggers.base import Rate
from lib.localtime import first_zone
from profiles import membership
from profiles.conditions import audience

log = structlog.get_logger(__name__)

CHUNK = 2000
LATER = timedelta(minutes=1)  # when an occurrence that failed is tried again
BEAT = timedelta(seconds=5)  # how much of a rate one chunk may take: the clock looks that often


def arm(journey: Journey, version: Version, now: datetime) -> None:
    """Sets what the clock has to watch for a journey: its schedules, segments and dates. Called in the transaction that
    publishes or resumes.

    A schedule without a moment of its own runs once for each journey, at its first publishing.
    """
    _arm(journey, version, now)
    crossings.arm(journey, version, now)
    dates.arm(journey, version, now)


def disarm(journey: Journey) -> None:
    """In the transaction that pauses or stops."""
    Schedule.objects.filter(journey=journey).update(due_at=None)
    crossings.disarm(journey)
    dates.disarm(journey)


def _arm(journey: Journey, version: Version, now: datetime) -> None:
    found = plan.load([version.pk])[version.pk]
    before = {schedule.trigger: schedule for schedule in Schedule.objects.filter(journey=journey)}
    keys = []
    for key, way in found.triggers.items():
        if way.kind.kind != "schedule" or not way.trigger.next:
            continue
        keys.append(key)
        zone = way.settings.zone or found.document.time_zone or journey.workspace.time_zone
        reading = {"at": way.settings.at, "rrule": way.settings.rrule, "zone": zone}
        known = before.get(key)
        anchor = known.anchor if known is not None and known.reading == reading and known.anchor else now
        due = next_run(found, way, now, journey.workspace.time_zone, anchor)
        once = not way.settings.at and not way.settings.rrule
        if once and Occurrence.objects.filter(journey=journey, trigger=key).exists():
            due = None
        Schedule.objects.update_or_create(
            journey=journey, trigger=key, defaults={"due_at": due, "anchor": anchor, "reading": reading}
        )
    Schedule.objects.filter(journey=journey).exclude(trigger__in=keys).delete()


def next_run(
    found: Plan, way: PlanTrigger, after: datetime, workspace_zone: str, anchor: datetime | None = None
) -> datetime | None:
    zone = first_zone(found.document.time_zone, workspace_zone)
    return way.kind.next_run(way.settings, after, zone, anchor)


def run_due(now: datetime, seconds: float = 30.0) -> int:
    """Turns due schedules into occurrences and works open ones off; returns how many people entered."""
    while _ring(now):
        pass
    stop, entered = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        count = _work(now)
        if count is None:
            return entered
        entered += count
    return entered


def _ring(now: datetime, journey_id: int | None = None) -> bool:
    """One due schedule becomes an occurrence and gets its next moment."""
    with transaction.atomic():
        due = Schedule.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            due_at__lte=now, journey__state="live", journey__live__isnull=False
        )
        if journey_id is not None:
            due = due.filter(journey_id=journey_id)
        schedule = due.select_related("journey__workspace").order_by("due_at", "id").first()
        if schedule is None:
            return False
        journey = schedule.journey
        assert journey.live_id is not None and schedule.due_at is not None
        found = plan.load([journey.live_id])[journey.live_id]
        way = found.triggers.get(schedule.trigger)
        if way is None:
            schedule.delete()
            return True
        Occurrence.objects.get_or_create(
            journey=journey,
            trigger=schedule.trigger,
            at=schedule.due_at,
            defaults={"version_id": journey.live_id},
        )
        repeats = bool(way.settings.rrule)
        # After an outage the missed moments are one occurrence, not a burst of them.
        schedule.due_at = (
            next_run(found, way, max(schedule.due_at, now), journey.workspace.time_zone, schedule.anchor)
            if repeats
            else None
        )
        schedule.save(update_fields=["due_at"])
    return True


def _work(now: datetime, journey_id: int | None = None) -> int | None:
    """One chunk of one open occurrence; None when there is none to work on."""
    occurrence: Occurrence | None = None
    try:
        with transaction.atomic():
            open_ = Occurrence.objects.select_for_update(skip_locked=True, of=("self",)).filter(
                Q(next_at=None) | Q(next_at__lte=now), finished_at=None, at__lte=now, journey__state="live"
            )
            if journey_id is not None:
                open_ = open_.filter(journey_id=journey_id)
            occurrence = open_.select_related("journey__workspace").order_by("at", "id").first()
            done = _chunk(occurrence, now) if occurrence is not None else None
    except Exception:
        if occurrence is None:
            raise
        # A deadlock, or a fault of ours: the chunk is as it was, tried again later, and holds up no other journey.
        log.exception("occurrence_failed", occurrence=occurrence.pk, journey=occurrence.journey_id)
        Occurrence.objects.filter(pk=occurrence.pk).update(next_at=now + LATER)
        return 0
    if done is None:
        return None
    advance.after_commit(done[0])
    return done[1]


def _chunk(occurrence: Occurrence, now: datetime) -> tuple[Batch, int] | None:
    found = plan.load([occurrence.version_id])[occurrence.version_id]
    way = found.triggers[occurrence.trigger]
    rate = way.kind.rate(way.settings)
    most = CHUNK if rate is None else min(CHUNK, max(1, math.ceil(BEAT / rate.pause)))
    if way.kind.segment(way.settings):
        people, entry = _members(occurrence, most), crossings.entry(found, occurrence.trigger, occurrence.at)
    else:
        people = _audience(found, way, now, occurrence, most)
        entry = {"scheduled_at": occurrence.at.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    candidates = [Candidate(person, entry, now, mark=f"s{occurrence.pk}") for person in people]
    done = let_in(found, way, candidates, now)
    if done is None:  # being paused: its turn comes when it is live again
        return None
    batch, rows = done
    Occurrence.objects.filter(pk=occurrence.pk).update(
        cursor=people[-1] if people else occurrence.cursor,
        entered=F("entered") + len(rows),
        next_at=_next_chunk(occurrence, rate, len(rows), now),
        finished_at=now if len(people) < most else None,
    )
    return batch, len(rows)


def _next_chunk(occurrence: Occurrence, rate: Rate | None, entered: int, now: datetime) -> datetime | None:
    """Counted from when this chunk was to come: a late beat slows nothing, and after an outage not all come at once."""
    if rate is None:
        return None
    begun = max(occurrence.next_at or now, now - BEAT)
    return begun + rate.pause * entered


def _members(occurrence: Occurrence, most: int) -> list[int]:
    """Of the segment, when the journey was published and still."""
    watch = SegmentWatch.objects.filter(journey_id=occurrence.journey_id, trigger=occurrence.trigger).first()
    if watch is None:
        return []
    return membership.members(watch.segment_id, occurrence.at, occurrence.cursor, most)


def _audience(found: Plan, way: PlanTrigger, now: datetime, occurrence: Occurrence, most: int) -> list[int]:
    condition, after = way.kind.audience(way.settings), occurrence.cursor
    if condition is not None:
        zone = str(first_zone(found.document.time_zone, occurrence.journey.workspace.time_zone))
        compiled = found.compiled(condition)
        return list(audience(compiled, found.workspace_id, now, after_id=after, limit=most, zone=zone))
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from profiles_profile where workspace_id = %s and id > %s and erased_at is null "
            "and merged_into_id is null order by id limit %s",
            [found.workspace_id, after, most],
        )
        return [row[0] for row in cursor.fetchall()]
