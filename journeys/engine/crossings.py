"""Segment triggers: who comes into a followed segment, or drops out of it, enters (profiles.membership notices them).

While a journey is live its segments are followed; each change is a row that goes with the transaction in which the
people of it are enrolled, so that it lets them in once, whatever restarts. What fails for one journey is kept apart
(late_crossings) and holds up no other.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog
from django.db import connection, transaction

from journeys.engine import advance, late_crossings, plan
from journeys.engine.enrol import Candidate
from journeys.engine.let_in import let_in
from journeys.engine.plan import Plan
from journeys.engine.rows import Row
from journeys.engine.run import Batch
from journeys.models import Journey, Occurrence, SegmentWatch, Version
from journeys.steps.outcomes import Json
from profiles import membership
from profiles.conditions.leaves.segment import named
from profiles.models import Segment
from profiles.signals import RecordedEvent

log = structlog.get_logger(__name__)


def arm(journey: Journey, version: Version, now: datetime) -> None:
    """Follows the segments that the version's triggers name; in the transaction that publishes or resumes.

    Whoever is in one now enters only where the trigger says so, as one occurrence for each journey and trigger.
    """
    found = plan.load([version.pk])[version.pk]
    wanted: dict[str, tuple[Segment, bool]] = {}
    for key, way in found.triggers.items():
        crossing = way.kind.segment(way.settings) if way.trigger.next else None
        if crossing is not None:
            segment = Segment.objects.filter(
                named(crossing.segment), workspace_id=journey.workspace_id
            ).first()
            if segment is not None:
                wanted[key] = (segment, crossing.present)
    before = dict(SegmentWatch.objects.filter(journey=journey).values_list("trigger", "segment_id"))
    # In one order, so that two who publish at once don't wait for each other.
    membership.lock({*before.values(), *(segment.pk for segment, _present in wanted.values())})
    for segment in sorted(
        {one.pk: one for one, _present in wanted.values()}.values(), key=lambda one: one.pk
    ):
        membership.track(segment, now)
    for key, (segment, present) in wanted.items():
        if before.get(key) != segment.pk:
            SegmentWatch.objects.update_or_create(
                journey=journey, trigger=key, defaults={"segment_id": segment.pk, "since": now}
            )
        if present and not Occurrence.objects.filter(journey=journey, trigger=key).exists():
            Occurrence.objects.create(journey=journey, version=version, trigger=key, at=now)
    SegmentWatch.objects.filter(journey=journey).exclude(trigger__in=wanted).delete()
    late_crossings.forget(journey, but=list(wanted))
    _give_up(before.values())


def disarm(journey: Journey) -> None:
    """A journey that is not live lets nobody in, and follows nothing."""
    watches = SegmentWatch.objects.filter(journey=journey)
    followed = list(watches.values_list("segment_id", flat=True))
    watches.delete()
    late_crossings.forget(journey)
    _give_up(followed)


def _give_up(segment_ids: Iterable[int]) -> None:
    """Those that no journey follows any more."""
    # Whoever begins to follow one holds its row until her watch is committed, so we see that watch.
    candidates = membership.lock(segment_ids) if segment_ids else []
    kept = set(SegmentWatch.objects.filter(segment_id__in=candidates).values_list("segment_id", flat=True))
    membership.untrack(set(candidates) - kept)


def follow(workspace_id: int, events: Sequence[RecordedEvent], changed: Sequence[int], now: datetime) -> None:
    """Looks at people who did something, or of whom something has changed, and lets in whom it moved."""
    if membership.notice(workspace_id, events, changed, now):
        work(now, workspace_id)


def work(now: datetime, workspace_id: int | None = None, seconds: float = 20.0) -> int:
    """Lets people in for all changes there are; returns how many entered. The clock's look, which is at all workspaces,
    also tries those again for whom it failed."""
    stop, entered = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        with transaction.atomic():
            changes = membership.take(workspace_id=workspace_id)
            batches, count = _admit(changes, now) if changes else ([], 0)
        for batch in batches:
            advance.after_commit(batch)
        entered += count
        if len(changes) < membership.CHUNK:
            break
    there = workspace_id is None
    while there and time.monotonic() < stop:
        there, done = late_crossings.retry(partial(_let_in, now=now), now)
        if done is not None:
            advance.after_commit(done[0])
            entered += len(done[1])
    return entered


def _admit(changes: list[membership.Change], now: datetime) -> tuple[list[Batch], int]:
    by_segment: dict[int, list[membership.Change]] = defaultdict(list)
    for change in changes:
        by_segment[change.segment_id].append(change)
    batches, entered = [], 0
    for segment_id, journey_id, live_id, trigger, since in _watches(list(by_segment)):
        crossed = [one for one in by_segment[segment_id] if one.at >= since]
        try:
            with transaction.atomic():
                done = _let_in(live_id, trigger, crossed, now)
        except Exception as error:
            log.exception("crossing_failed", journey=journey_id, trigger=trigger, people=len(crossed))
            late_crossings.keep(journey_id, trigger, crossed, error, now)
            continue
        if done is not None:
            batches.append(done[0])
            entered += len(done[1])
    return batches, entered


def _let_in(
    live_id: int, trigger: str, changes: Sequence[membership.Change], now: datetime
) -> tuple[Batch, list[Row]] | None:
    found = plan.load([live_id])[live_id]
    way = found.triggers.get(trigger)
    crossing = way.kind.segment(way.settings) if way is not None else None
    if way is None or crossing is None:
        return None
    people = [
        Candidate(one.profile_id, entry(found, trigger, one.at), one.at, mark=f"c{one.id}")
        for one in changes
        if one.entered == crossing.entered
    ]
    return let_in(found, way, people, now) if people else None


def _watches(segment_ids: list[int]) -> list[tuple[int, int, int, str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select w.segment_id, j.id, j.live_id, w.trigger, w.since from journeys_segmentwatch w "
            "join journeys_journey j on j.id = w.journey_id "
            "where w.segment_id = any(%s) and j.state = 'live' and j.live_id is not null "
            "order by j.id, w.trigger",
            [segment_ids],
        )
        return list(cursor.fetchall())


def entry(found: Plan, trigger: str, at: datetime) -> Json:
    """What started an enrolment."""
    way = found.triggers[trigger]
    crossing = way.kind.segment(way.settings)
    assert crossing is not None
    return {
        "segment": crossing.segment,
        "direction": "enter" if crossing.entered else "leave",
        "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
