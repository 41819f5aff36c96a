"""Schedule triggers: due rows become occurrences, and an occurrence lets its audience in, in chunks by profile id.

An occurrence is unique by (journey, trigger, moment) and keeps the last profile it looked at in the transaction that
enrols the chunk, so each person is looked at exactly once, whatever restarts.
"""

import time
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import F

from journeys.engine import advance, plan
from journeys.engine.enrol import Candidate, insert
from journeys.engine.plan import Plan, PlanTrigger
from journeys.engine.run import Batch, StepError, run
from journeys.engine.world import Store
from journeys.models import Journey, Occurrence, Schedule, Version
from lib.localtime import first_zone
from profiles.conditions import audience

CHUNK = 2000


def arm(journey: Journey, version: Version, now: datetime) -> None:
    """Sets the next due moment of every schedule trigger; called in the transaction that publishes or resumes.

    A trigger without a moment of its own runs once for each journey, at its first publishing.
    """
    found = plan.load([version.pk])[version.pk]
    keys = []
    for key, way in found.triggers.items():
        if way.kind.kind != "schedule" or not way.trigger.next:
            continue
        keys.append(key)
        due = next_run(found, way, now, journey.workspace.time_zone)
        once = not way.settings.at and not way.settings.rrule
        if once and Occurrence.objects.filter(journey=journey, trigger=key).exists():
            due = None
        Schedule.objects.update_or_create(journey=journey, trigger=key, defaults={"due_at": due})
    Schedule.objects.filter(journey=journey).exclude(trigger__in=keys).delete()


def disarm(journey: Journey) -> None:
    Schedule.objects.filter(journey=journey).delete()


def next_run(found: Plan, way: PlanTrigger, after: datetime, workspace_zone: str) -> datetime | None:
    return way.kind.next_run(way.settings, after, first_zone(found.document.time_zone, workspace_zone))


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
            next_run(found, way, max(schedule.due_at, now), journey.workspace.time_zone) if repeats else None
        )
        schedule.save(update_fields=["due_at"])
    return True


def _work(now: datetime, journey_id: int | None = None, draws: dict[str, str] | None = None) -> int | None:
    """One chunk of one open occurrence; None when there is none to work on."""
    try:
        with transaction.atomic():
            open_ = Occurrence.objects.select_for_update(skip_locked=True, of=("self",)).filter(
                finished_at=None, at__lte=now, journey__state="live"
            )
            if journey_id is not None:
                open_ = open_.filter(journey_id=journey_id)
            occurrence = open_.order_by("at", "id").first()
            if occurrence is None:
                return None
            working = occurrence.pk
            batch, count = _chunk(occurrence, now, draws, moving=True)
    except StepError:
        # Somebody in the chunk makes a step raise: enrol them as due; the clock moves, or sets aside, each of them.
        with transaction.atomic():
            occurrence = Occurrence.objects.select_for_update().get(pk=working)
            batch, count = _chunk(occurrence, now, draws, moving=False)
    advance.after_commit(batch)
    return count


def _chunk(
    occurrence: Occurrence, now: datetime, draws: dict[str, str] | None, *, moving: bool
) -> tuple[Batch, int]:
    found = plan.load([occurrence.version_id])[occurrence.version_id]
    way = found.triggers[occurrence.trigger]
    batch = Batch({found.version_id: found}, Store(now, draws=draws or {}))
    people = _audience(found, way, now, occurrence.cursor)
    entry = {"scheduled_at": occurrence.at.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    marks = str(occurrence.pk)
    rows = insert(
        batch,
        found,
        way,
        [Candidate(profile_id, entry, now, mark=f"s{marks}") for profile_id in people],
        due=None if moving else now,
    )
    if moving:
        run(batch, rows)
    else:
        for row in rows:
            row.due_at = now
        batch.rows += rows
    advance.finish(batch)
    done = len(people) < CHUNK
    Occurrence.objects.filter(pk=occurrence.pk).update(
        cursor=people[-1] if people else occurrence.cursor,
        entered=F("entered") + len(rows),
        finished_at=now if done else None,
    )
    return batch, len(rows)


def _audience(found: Plan, way: PlanTrigger, now: datetime, after: int) -> list[int]:
    condition = way.kind.audience(way.settings)
    if condition is not None:
        zone = found.document.time_zone or "UTC"
        return list(
            audience(
                found.compiled(condition), found.workspace_id, now, after_id=after, limit=CHUNK, zone=zone
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from profiles_profile where workspace_id = %s and id > %s and erased_at is null "
            "and merged_into_id is null order by id limit %s",
            [found.workspace_id, after, CHUNK],
        )
        return [row[0] for row in cursor.fetchall()]
