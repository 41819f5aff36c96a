"""Enrolments end from outside: a journey is stopped, a person erased, two people become one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from journeys.engine import event_waits, plan, states
from journeys.engine.apply import end
from journeys.engine.record import drop_held, write
from journeys.engine.rows import lock
from journeys.engine.run import Batch
from journeys.engine.world import Store

CHUNK = 5000


def leave(enrolment_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Ends running enrolments, wherever they stand, paused or set aside; returns how many."""
    ended = 0
    ids = sorted(enrolment_ids)
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            ended += _end(ids[start : start + CHUNK], reason, now)
    return ended


def end_journey(journey_id: int, reason: str, now: datetime) -> int:
    """Ends everybody in a journey, in chunks that each commit. Messages not handed over yet are not sent any more."""
    ended, last = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            if not ended:
                states.hold(journey_id)  # no batch that still saw it live is under way after this
            cursor.execute(
                "select id from journeys_enrolment where journey_id = %s and id > %s order by id limit %s",
                [journey_id, last, CHUNK],
            )
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                break
            ended += _end(ids, reason, now)
            last = ids[-1]
    with connection.cursor() as cursor:
        cursor.execute(
            "update channels_message set state = 'skipped', reason = 'exit_rule' "
            "where journey_id = %s and state in ('created', 'held') and sent_at is null and claimed_until is null",
            [journey_id],
        )
    return ended


def erased(profile_ids: Sequence[int], now: datetime) -> None:
    """Their enrolments end and what the logs say of them goes; counts stay (rule 11). In the caller's transaction."""
    with connection.cursor() as cursor:
        _end(sorted(inside(profile_ids)), "erased", now)
        cursor.execute(
            "update journeys_pass p set route = "
            "(select jsonb_agg(v - '{w,n,z}'::text[])::json from jsonb_array_elements(p.route::jsonb) v) "
            "where enrolment_id in (select enrolment_id from journeys_finished where profile_id = any(%s))",
            [list(profile_ids)],
        )
        cursor.execute(
            "delete from journeys_call where enrolment_id in "
            "(select enrolment_id from journeys_finished where profile_id = any(%s))",
            [list(profile_ids)],
        )
        cursor.execute(
            "update journeys_movedperson set entry = null, context = null "
            "where move_id = any(array(select id from journeys_move where look_at is not null)) and enrolment_id in "
            "(select enrolment_id from journeys_finished where profile_id = any(%s))",
            [list(profile_ids)],
        )
        cursor.execute(
            "update journeys_finished set instance_key = '' where profile_id = any(%s)", [list(profile_ids)]
        )


def merged(pairs: Sequence[tuple[int, int]], now: datetime) -> None:
    """(gone, kept) profiles: what the gone ones walked is the kept one's. Where several walk the same journey with the
    same key, the earliest goes on and the others end (rule 10). In the caller's transaction."""
    gone, kept = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    walking = inside([*gone, *kept])
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from (select e.id, row_number() over ("
            "  partition by m.kept, e.journey_id, e.instance_key order by e.entered_at, e.id) place"
            "  from journeys_enrolment e join unnest(%s::bigint[], %s::bigint[]) m(one, kept) on e.profile_id = m.one"
            "  where e.id = any(%s)"
            ") d where place > 1 order by id",
            [[*gone, *sorted(set(kept))], [*kept, *sorted(set(kept))], walking],
        )
        doubles = [row[0] for row in cursor.fetchall()]
        if doubles:
            _end(doubles, "merged", now)
        cursor.execute(
            "update journeys_enrolment t set profile_id = m.kept from unnest(%s::bigint[], %s::bigint[]) m(gone, kept) "
            "where t.id = any(%s) and t.profile_id = m.gone",
            [gone, kept, walking],
        )
        for table in ("journeys_finished", "journeys_eventwait", "journeys_place"):
            cursor.execute(
                f"update {table} t set profile_id = m.kept from unnest(%s::bigint[], %s::bigint[]) m(gone, kept) "
                "where t.profile_id = m.gone",
                [gone, kept],
            )
        cursor.execute(
            "update journeys_pass t set profile_id = e.profile_id from ("
            "  select id, profile_id from journeys_enrolment where id = any(%s)"
            "  union all select enrolment_id, profile_id from journeys_finished where profile_id = any(%s)"
            ") e where t.enrolment_id = e.id and t.profile_id <> e.profile_id",
            [walking, kept],
        )


def inside(profile_ids: Sequence[int]) -> list[int]:
    """The enrolments that these people walk now. The hot table has no index led by the person, and needs none: she is
    looked up in each journey of her workspace."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from journeys_journey where workspace_id in "
            "(select workspace_id from profiles_profile where id = any(%s))",
            [list(profile_ids)],
        )
        journeys = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "select id from journeys_enrolment where journey_id = any(%s) and profile_id = any(%s)",
            [journeys, sorted(set(profile_ids))],
        )
        return [row[0] for row in cursor.fetchall()]


def end_locked(ids: Sequence[int], reason: str, now: datetime) -> int:
    """The same for rows that the caller's transaction holds."""
    return _end(ids, reason, now)


def _end(ids: Sequence[int], reason: str, now: datetime) -> int:
    rows = lock(ids) if ids else []
    if not rows:
        return 0
    batch = Batch(plan.load(row.version_id for row in rows), Store(now))
    for row in rows:
        end(batch, row, reason)
    batch.rows += rows
    write(batch)
    with connection.cursor() as cursor:
        event_waits.forget(cursor, [row.profile_id for row in rows], [row.id for row in rows])
        drop_held(cursor, [(row.id, row.seq) for row in rows])
        cursor.execute(
            "delete from journeys_failure where enrolment_id = any(%s)", [[row.id for row in rows]]
        )
    return len(rows)
