"""PostgreSQL: reachable, new enough, migrated, safe against crashes, and able to vacuum."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.operations import figures
from config.operations.doctor.finding import Check, Finding, fail, ok, warn
from lib import clock
from lib.partitions import month_start
from profiles.tasks import partitioned
from workspaces import words

REACHABLE = "database"
NEEDED = 18
BUSY = ("journeys_enrolment", "channels_message")


def _reachable(_now: datetime) -> Iterator[Finding]:
    try:
        version = int(_one("show server_version_num"))
    except DatabaseError as error:
        yield fail(
            REACHABLE,
            f"does not answer: {str(error).strip().splitlines()[0][:200]}",
            "Start it, or correct GILMOK_DATABASE_URL.",
        )
        return
    yield ok(REACHABLE, "answers")
    text = f"PostgreSQL {version // 10000}.{version % 10000}"
    if version < NEEDED * 10000:
        yield fail("database version", f"{text} is too old", f"Gilmok needs PostgreSQL {NEEDED} or newer.")
    else:
        yield ok("database version", text)


def _migrations(_now: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _back in waiting[:5])
        yield fail("migrations", f"{len(waiting)} not applied: {names}", "Run `python manage.py migrate`.")
    else:
        yield ok("migrations", "all applied")


# setting: (value it should have, what another one means)
_WANTED = {
    "fsync": ("on", "a crash of the machine may destroy the database"),
    "full_page_writes": ("on", "a crash of the machine may destroy the database"),
    "synchronous_commit": ("on", "a crash may forget what was committed: messages could go out twice"),
    "autovacuum": ("on", "dead rows pile up, and everything becomes slower by the hour"),
    "track_counts": ("on", "autovacuum does not learn what it has to do"),
    "server_encoding": ("UTF8", "texts in other scripts can't be stored"),
}


def _server_settings(_now: datetime) -> Iterator[Finding]:
    bad = False
    for name, (wanted, meaning) in _WANTED.items():
        found = str(_one(f"show {name}"))
        if found != wanted and not (
            name == "synchronous_commit" and found in {"remote_apply", "remote_write"}
        ):
            bad = True
            mend = (
                f"Set {name} = {wanted} in postgresql.conf."
                if name != "server_encoding"
                else "Make a new one."
            )
            yield fail(f"setting {name}", f"is {found}: {meaning}", mend)
    if not bad:
        yield ok("server settings", "safe: " + ", ".join(_WANTED))


def _clock_skew(_now: datetime) -> Iterator[Finding]:
    before = clock.now()
    there: datetime = _one("select clock_timestamp()")
    after = clock.now()
    skew = max(before - there, there - after, timedelta(0))
    text = f"{skew.total_seconds():.1f} s apart"
    mend = "Let both machines keep time by NTP."
    if skew > timedelta(seconds=30):
        yield fail("clocks of host and database", text, mend)
    elif skew > timedelta(seconds=2):
        yield warn("clocks of host and database", text, mend)
    else:
        yield ok("clocks of host and database", "agree")


def _partitions(now: datetime) -> Iterator[Finding]:
    missing, strayed = [], []
    for table in partitioned:
        there = {
            row[0]
            for row in _all(
                "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", [table]
            )
        }
        missing += [
            name for month in (0, 1) if (name := f"{table}_{month_start(now, month):%Y%m}") not in there
        ]
        if _one(f"select exists(select 1 from {table}_default)"):
            strayed.append(table)
    mend = "The job profiles.tasks.make_partitions makes them every hour: see whether it runs."
    if missing:
        yield fail("partitions", f"missing: {', '.join(missing)}", mend)
    elif strayed:
        yield warn(
            "partitions",
            f"rows lie in the default partition of {', '.join(strayed)}: reads are right, old months can't be dropped",
            mend,
        )
    else:
        yield ok("partitions", "this month and the next are there")


def _connections(_now: datetime) -> Iterator[Finding]:
    found = figures.connections()
    if found is None:
        return
    text = f"{found.used} of {found.limit} in use"
    if found.used > found.limit * 0.8:
        yield warn(
            "connections", text, "Raise max_connections, or lower GILMOK_DATABASE_POOL or the workers' -c."
        )
    else:
        yield ok("connections", text)


# A snapshot in another database of the server does not hold up vacuum in this one; a slot does.
_HOLDERS = """
select 'session ' || pid || ' (' || coalesce(nullif(application_name, ''), usename::text, '?') || ', ' || state || ')',
    greatest(now() - xact_start, interval '0')
from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
    and pid <> pg_backend_pid() and (backend_xmin is not null or state like 'idle in transaction%%')
    and xact_start < now() - interval '5 minutes'
union all
select 'prepared transaction ' || gid, now() - prepared from pg_prepared_xacts
    where database = current_database() and prepared < now() - interval '5 minutes'
union all
select 'inactive replication slot ' || slot_name, interval '0' from pg_replication_slots
    where not active and (xmin is not null or catalog_xmin is not null or restart_lsn is not null)
"""


def _old_snapshots(_now: datetime) -> Iterator[Finding]:
    found = _all(_HOLDERS)
    for holder, age in found:
        text = f"{holder} holds up vacuum" + (f" since {words.span(age)}" if age else "")
        yield warn("old snapshots", text, "End it: claims slow down while dead rows can't be removed.")
    if not found:
        yield ok("old snapshots", "none holds up vacuum")


def _dead_rows(_now: datetime) -> Iterator[Finding]:
    bad = False
    for table, live, dead in _all(
        "select relname, n_live_tup, n_dead_tup from pg_stat_user_tables where relname = any(%s)",
        [list(BUSY)],
    ):
        if dead > 100_000 and dead > live * 0.5:
            bad = True
            yield warn(
                f"table {table}",
                f"{dead:,} dead rows beside {live:,} living ones: autovacuum does not keep up",
                f"Run `VACUUM {table}`; see old snapshots, and give autovacuum more (autovacuum_vacuum_cost_limit).",
            )
    if not bad:
        yield ok("dead rows", "autovacuum keeps up")


def _one(sql: str, values: list[Any] | None = None) -> Any:
    return _all(sql, values)[0][0]


def _all(sql: str, values: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or [])
        return list(cursor.fetchall())


CHECKS = [
    Check(_reachable),
    Check(_migrations, needs_database=True),
    Check(_server_settings, needs_database=True),
    Check(_clock_skew, needs_database=True),
    Check(_partitions, needs_database=True),
    Check(_connections, needs_database=True),
    Check(_old_snapshots, needs_database=True),
    Check(_dead_rows, needs_database=True),
]
