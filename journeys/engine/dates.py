"""Date triggers: each person enters on a date of her own.

A row a person (PersonalDate) keeps her date as it was read and the next moment it lets her in, found by an index, so
that no clock tick looks at everyone. `personal_dates.read_round` makes the rows, and makes them anew: for all people in
pages when a journey is published, later for those whose attribute or zone is other than in their row. `learn` does the
same at once for people whose profile has changed. `let_due_in` enrols those whose moment has come and moves the row on
to the next one, in one transaction: an occasion lets a person in once, whatever restarts.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from django.db import connection, transaction

from journeys.engine import advance, personal_dates, plan
from journeys.engine.enrol import Candidate
from journeys.engine.let_in import let_in
from journeys.engine.personal_dates import JUST_AFTER, Watch, next_of
from journeys.models import DateWatch, Journey, PersonalDate, Version

log = structlog.get_logger(__name__)


def arm(journey: Journey, version: Version, now: datetime) -> None:
    """Watches the dates that the version's triggers name; in the transaction that publishes or resumes. Moments from
    now on count; a trigger that was live already and reads its dates as before goes on."""
    found = plan.load([version.pk])[version.pk]
    keys = []
    for key, way in found.triggers.items():
        attribute = way.kind.date_of(way.settings) if way.trigger.next else None
        if not attribute:
            continue
        keys.append(key)
        reading = way.kind.dump(way.settings) | {
            "zone": found.document.time_zone or journey.workspace.time_zone
        }
        watch = DateWatch.objects.select_for_update().filter(journey=journey, trigger=key).first()
        if watch is None:
            DateWatch.objects.create(
                journey=journey, trigger=key, attribute=attribute, reading=reading, since=now, next_at=now
            )
        elif not watch.active or watch.reading != reading:
            watch.attribute, watch.reading, watch.active = attribute, reading, True
            watch.since = watch.next_at = now
            watch.round, watch.cursor, watch.read_at = watch.round + 1, 0, None
            watch.save()
    DateWatch.objects.filter(journey=journey).exclude(trigger__in=keys).update(active=False)


def disarm(journey: Journey) -> None:
    """What is known of people's dates stays: which occasions let them in already."""
    DateWatch.objects.filter(journey=journey).update(active=False)


def run_due(now: datetime, seconds: float = 20.0) -> int:
    """Reads the dates of those who are not read yet and lets in those whose moment has come; how many entered."""
    stop, entered = time.monotonic() + seconds, 0
    for watch_id in _active():
        try:
            while time.monotonic() < stop and personal_dates.read_round(watch_id, now):
                pass
            while time.monotonic() < stop:
                count = let_due_in(watch_id, now)
                if count is None:
                    break
                entered += count
        except Exception:
            # A deadlock, or a fault of ours: what was read stays, the next tick tries again, and others go on.
            log.exception("dates_failed", watch=watch_id)
    return entered


def _active(workspace_id: int | None = None) -> list[int]:
    rows = DateWatch.objects.filter(active=True, journey__state="live", journey__live__isnull=False)
    if workspace_id is not None:
        rows = rows.filter(journey__workspace_id=workspace_id)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def learn(workspace_id: int, people: Sequence[int], now: datetime) -> None:
    """Reads the dates of people whose profile has changed; who is late, and may, enters at once."""
    for watch_id in _active(workspace_id):
        with transaction.atomic():
            watch = personal_dates.lock(watch_id)
            if watch is None:
                continue
            # The first round comes to those beyond its cursor by itself, and tells what was from what is new.
            known = [one for one in sorted(people) if watch.row.read_at or one <= watch.row.cursor]
            late = personal_dates.read(watch, known, now)
        while late and let_due_in(watch_id, now):
            pass


def let_due_in(watch_id: int, now: datetime) -> int | None:
    """One chunk of those whose moment has come; None when there is none, or the journey may not move now."""
    with transaction.atomic():
        row = DateWatch.objects.select_related("journey__workspace").get(pk=watch_id)
        live_id = row.journey.live_id
        if not row.active or live_id is None:
            return None
        found = plan.load([live_id])[live_id]
        way = found.triggers.get(row.trigger)
        # What was read by other settings does not count any more.
        due = PersonalDate.objects.select_for_update(skip_locked=True).filter(
            watch=row, due_at__lte=now, round=row.round
        )
        rows = list(due.order_by("due_at", "profile_id")[: personal_dates.PAGE])
        if way is None or not rows:
            return None
        people = [
            Candidate(
                one.profile_id, _entry(row.attribute, one), one.due_at or now, mark=f"d{row.pk}:{one.day}"
            )
            for one in rows
        ]
        done = let_in(found, way, people, now)
        if done is None:
            return None
        watch = Watch(row, found, way, row.journey.workspace.time_zone)
        _move_on(watch, rows, now)
    advance.after_commit(done[0])
    return len(done[1])


def _move_on(watch: Watch, rows: list[PersonalDate], now: datetime) -> None:
    """Each row to its next occasion; what lies in the past by then (after an outage) is over."""
    values = []
    for one in rows:
        found = next_of(watch, one.value, one.zone, max((one.due_at or now) + JUST_AFTER, now), one.day)
        values.append(
            {
                "p": one.profile_id,
                "d": found.day if found else "",
                "a": found.at if found else None,
                "x": one.day,
            }
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_personaldate d set day = r.d, due_at = r.a, done = r.x "
            "from jsonb_to_recordset(%s::jsonb) r(p bigint, d text, a timestamptz, x text) "
            "where d.watch_id = %s and d.profile_id = r.p",
            [msgspec.json.encode(values).decode(), watch.row.pk],
        )


def _entry(attribute: str, row: PersonalDate) -> dict[str, Any]:
    assert row.due_at is not None
    at = row.due_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"attribute": attribute, "date": row.day, "scheduled_at": at}


def erased(profile_ids: Sequence[int]) -> None:
    """In the transaction that erases them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from journeys_personaldate where watch_id = any(array(select id from journeys_datewatch)) "
            "and profile_id = any(%s)",
            [list(profile_ids)],
        )


def merged(pairs: Sequence[tuple[int, int]]) -> None:
    """What let the one in counts for the other, who may have her own date. In the transaction of the merge."""
    gone, kept = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_personaldate d set profile_id = m.kept from ("
            "  select distinct on (w.id, m.kept) w.id watch_id, m.gone, m.kept "
            "  from unnest(%s::bigint[], %s::bigint[]) m(gone, kept) cross join journeys_datewatch w "
            "  join journeys_personaldate g on g.watch_id = w.id and g.profile_id = m.gone "
            "  where not exists (select from journeys_personaldate k where k.watch_id = w.id and k.profile_id = m.kept)"
            ") m where d.watch_id = m.watch_id and d.profile_id = m.gone",
            [gone, kept],
        )
    erased(gone)
