"""Monthly range partitions of an append-only table. Model-free: takes a table's name and instants."""

from datetime import UTC, datetime

from django.db import connection, transaction


def month_start(moment: datetime, offset: int = 0) -> datetime:
    """The first instant, in UTC, of the month that holds `moment`, moved by `offset` months."""
    utc = moment.astimezone(UTC)
    index = utc.year * 12 + utc.month - 1 + offset
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)


def ensure_months(table: str, first: datetime, last: datetime) -> list[str]:
    """Makes the partitions of `table` for every month from `first` to `last`; returns the names of those it made.

    A month whose rows already lie in the default partition stays there: PostgreSQL would refuse the new partition,
    and reads are right either way.
    """
    made = []
    start = month_start(first)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtext(%s))", [table]
        )  # one maker of a table's months at a time
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", [table]
        )
        there = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "select attname from pg_partitioned_table join pg_attribute on attrelid = partrelid "
            "and attnum = partattrs[0] where partrelid = %s::regclass",
            [table],
        )
        key = cursor.fetchone()[0]
        while start <= last:
            end = month_start(start, 1)
            name = f"{table}_{start:%Y%m}"
            if name not in there:
                cursor.execute(
                    f"select exists(select 1 from {table}_default where {key} >= %s and {key} < %s)",
                    [start, end],
                )
                if not cursor.fetchone()[0]:
                    cursor.execute(
                        f"create table if not exists {name} partition of {table} "
                        f"for values from ('{start:%Y-%m-%d} 00:00:00+00') to ('{end:%Y-%m-%d} 00:00:00+00')"
                    )
                    made.append(name)
            start = end
    return made
