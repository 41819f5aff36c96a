"""How many are in a segment: batches write by how many they changed it, a clock job adds that up, and keeps a figure a
day. So no counter is fought over, and what is added up plus what is not yet is always right."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from profiles.membership.settle import FILLING

JOB = 0x5E8

_FOLD = f"""
with free as materialized (
    select segment_id from (select distinct segment_id from profiles_segmentdelta) d
    where pg_try_advisory_xact_lock_shared({FILLING}, segment_id::int)
), taken as (
    delete from profiles_segmentdelta d using free f where d.segment_id = f.segment_id
    returning d.segment_id, d.delta
), summed as (
    select segment_id, sum(delta) as delta from taken group by segment_id
)
update profiles_segment s set size = greatest(s.size + d.delta, 0) from summed d where s.id = d.segment_id
"""
_NOTE = """
insert into profiles_segmentsize as known (segment_id, day, size)
select s.id, (%(now)s at time zone w.time_zone)::date, s.size
from profiles_segment s join workspaces_workspace w on w.id = s.workspace_id
where s.archived_at is null and (s.filled_at is not null or s.kind = 'list')
on conflict (segment_id, day) do update set size = excluded.size where known.size <> excluded.size
"""


def fold(now: datetime) -> int:
    """Adds up what batches noted, and writes today's figures; how many figures changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"select pg_try_advisory_xact_lock({JOB}, 0)")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD)
        cursor.execute(_NOTE, {"now": now})
        return int(cursor.rowcount)


def sizes_now(segment_ids: Iterable[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select s.id, greatest(s.size + coalesce((select sum(delta) from profiles_segmentdelta d "
            "where d.segment_id = s.id), 0), 0)::bigint from profiles_segment s where s.id = any(%s)",
            [list(segment_ids)],
        )
        return dict(cursor.fetchall())
