"""Folds the counts that batches left into one row a step and outlet. Readers add both, so no moment shows a gap."""

from django.db import connection, transaction

_LOCK = 7302  # one fold at a time; a second one would only wait for the same rows

_FOLD = """
with gone as (
    delete from journeys_countdelta where id in (select id from journeys_countdelta order by id limit %s) returning *
), added as (
    select journey_id, version_id, step, outlet, sum(entered) entered, sum(completed) completed
    from gone group by journey_id, version_id, step, outlet order by journey_id, version_id, step, outlet
), kept as (
    insert into journeys_stepcount as c (journey_id, version_id, step, outlet, entered, completed)
    select * from added
    on conflict (journey_id, version_id, step, outlet) do update
        set entered = c.entered + excluded.entered, completed = c.completed + excluded.completed
)
select count(*) from gone
"""


def fold(limit: int = 20_000) -> int:
    """Returns how many deltas were folded; 0 when another process is at it."""
    folded = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return folded
            cursor.execute(_FOLD, [limit])
            count = int(cursor.fetchone()[0])
        folded += count
        if count < limit:
            return folded
