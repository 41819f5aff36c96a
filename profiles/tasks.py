"""Housekeeping, by the clock."""

from datetime import timedelta

from celery import shared_task
from django.db import connection

from lib import clock
from lib.nudge import nudge
from lib.partitions import ensure_months, month_start
from profiles import (
    announcements,
    double_opt_in,
    live_calls,
    membership,
    pulls,
    retention,
    source_figures,
    uploads,
)
from profiles.catalogue import tidying
from profiles.computed import filling
from profiles.models import MessageId

MONTHS_AHEAD = 3
REMEMBERED = timedelta(hours=48)
CHUNK = 20_000

# Tables that are partitioned by month; other packages append theirs when they load.
partitioned: list[str] = ["profiles_event"]


@shared_task
def forget_old_events() -> int:
    """By the workspaces' rules of how long events are kept; and yeses that nobody confirmed."""
    double_opt_in.forget_old(clock.now())
    return retention.sweep(clock.now())


@shared_task
def make_partitions() -> list[str]:
    """The months to come, so that no row ever falls into the default partition."""
    now = clock.now()
    made: list[str] = []
    for table in partitioned:
        made += ensure_months(table, month_start(now), month_start(now, MONTHS_AHEAD))
    return made


@shared_task
def tell_again() -> int:
    """The news that a killed process, or a failing listener, left behind."""
    return announcements.tell_again(clock.now(), clock=clock.now)


@shared_task
def forget_message_ids() -> int:
    """Message ids older than two days, in chunks that each commit."""
    oldest, gone = clock.now() - REMEMBERED, 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"delete from {MessageId._meta.db_table} where ctid = any(array("
                f"select ctid from {MessageId._meta.db_table} where seen_at < %s limit %s))",
                [oldest, CHUNK],
            )
            gone += cursor.rowcount
            if cursor.rowcount < CHUNK:
                return gone


@shared_task
def look_at_segments() -> int:
    """Who enters and leaves segments by the passing of time alone, and looks that are owed."""
    return membership.look_due(clock.now())


@shared_task
def fill_segments() -> int:
    """Segments that are new, or were changed, get their people."""
    return membership.fill_due(clock.now())


@shared_task
def repair_segments() -> int:
    """Compares segments with the truth, in case something was missed."""
    return membership.repair(clock.now())


@shared_task
def size_segments() -> int:
    """The sizes of segments, of today."""
    return membership.fold(clock.now())


@shared_task
def fold_sources() -> int:
    """What processes counted of their sources becomes hours."""
    return source_figures.fold()


@shared_task
def tidy_sources() -> None:
    """Calls that nobody watches any more, samples and hours that are old."""
    now = clock.now()
    live_calls.trim(now)
    source_figures.forget_old(now)
    uploads.tidy(now)


@shared_task
def import_uploads() -> bool:
    """One turn with a file that waits; then the next, until none does."""
    worked = uploads.work(clock.now)
    if worked:
        nudge(import_uploads)
    return worked


@shared_task
def fetch_pulls() -> bool:
    """The databases whose turn it is."""
    worked = pulls.work(clock.now)
    if worked:
        nudge(fetch_pulls)
    return worked


@shared_task
def compute_attributes() -> int:
    """Goes through everyone for computed attributes that are new or changed, and looks again at whom time moves."""
    now = clock.now()
    return filling.look_again(now, clock=clock.now) + filling.fill(now, clock=clock.now)


@shared_task
def tidy_catalogue() -> int:
    return tidying.forget_old(clock.now())
