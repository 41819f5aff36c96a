"""How things stand now: what is due, what waits to be sent, who failed, and whether what the product needs answers.

Every read is bounded in rows and in time: the health page must answer just when the database has much to do. A figure
that could not be had in time is None. With a workspace's id the figures are that workspace's own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from config.celery import QUEUES
from config.models import Heartbeat
from profiles import announcements as told

MOST = 100_000  # rows counted at most; beyond that "100,000 and more" says enough
SECONDS = 2
BEAT_MAY_BE_LATE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is due and not done. `more`: there are more than `count`."""

    count: int
    oldest: datetime | None
    more: bool = False


@dataclass(frozen=True, slots=True)
class AccountBacklog:
    """Messages of one channel account that are due. `claimed`: a sender has them in hand. `retrying`: tried before."""

    id: int
    name: str
    medium: str
    active: bool
    waiting: Backlog
    claimed: int
    retrying: int


@dataclass(frozen=True, slots=True)
class Connections:
    used: int
    limit: int
    oldest_transaction: timedelta


_DUE = """
select count(*) filter (where %(workspace)s is null or workspace_id = %(workspace)s),
    min(due_at) filter (where %(workspace)s is null or workspace_id = %(workspace)s), count(*)
from (select workspace_id, due_at from journeys_enrolment where due_at <= %(now)s order by due_at limit %(most)s) due
"""
_OUTBOX = """
select a.id, a.name, a.medium, a.is_active, due.n, due.oldest, due.claimed, due.retrying
from channels_account a cross join lateral (
    select count(*) n, min(due_at) oldest, count(*) filter (where claimed_until > %(now)s) claimed,
        count(*) filter (where attempts > 0 and (claimed_until is null or claimed_until <= %(now)s)) retrying
    from (
        select due_at, claimed_until, attempts from channels_message m
        where m.account_id = a.id and m.state = 'created' and not m.frozen and m.due_at <= %(now)s
        order by m.due_at limit %(most)s
    ) m
) due
where %(workspace)s is null or a.workspace_id = %(workspace)s
order by due.n desc, a.name, a.id
"""
_STATES = """
select state, reason, count(*) from channels_message
where created_at > %(since)s and (%(workspace)s is null or workspace_id = %(workspace)s) group by state, reason
"""
# Batches that move people hold a shared advisory lock on their journeys (journeys.engine.states).
_BATCHES = """
select count(distinct pid) from pg_locks where locktype = 'advisory' and classid = 7301 and objsubid = 2
and mode = 'ShareLock' and granted and database = (select oid from pg_database where datname = current_database())
"""
_CONNECTIONS = """
select count(*), current_setting('max_connections')::int,
    coalesce(extract(epoch from max(now() - xact_start) filter (where pid <> pg_backend_pid())), 0)
from pg_stat_activity where backend_type = 'client backend'
"""
_STEPS = """
select coalesce(sum(n), 0) from (
    select sum(entered) n from journeys_stepcount where step not in ('', '$goal') and outlet = ''
    union all select sum(entered) from journeys_countdelta where step not in ('', '$goal') and outlet = ''
) counts
"""
_LATE = """
select coalesce(sum(jsonb_array_length(l.changes)), 0), coalesce((array_agg(l.error order by l.id desc))[1], '')
from journeys_latecrossing l join journeys_journey j on j.id = l.journey_id
where %(workspace)s::bigint is null or j.workspace_id = %(workspace)s
"""


def due(now: datetime, workspace_id: int | None = None) -> Backlog | None:
    """People whose time has come and who have not moved yet."""
    rows = ask(_DUE, {"now": now, "workspace": workspace_id, "most": MOST})
    return Backlog(rows[0][0], rows[0][1], rows[0][2] >= MOST) if rows else None


def outbox(now: datetime, workspace_id: int | None = None) -> list[AccountBacklog] | None:
    """Each account with what it has to send, the fullest first."""
    rows = ask(_OUTBOX, {"now": now, "workspace": workspace_id, "most": MOST})
    if rows is None:
        return None
    return [
        AccountBacklog(id_, name, medium, active, Backlog(count, oldest, count >= MOST), claimed, retrying)
        for id_, name, medium, active, count, oldest, claimed, retrying in rows
    ]


def messages(
    now: datetime, over: timedelta, workspace_id: int | None = None
) -> list[tuple[str, str, int]] | None:
    """(state, reason, how many) of the messages made lately."""
    return ask(_STATES, {"since": now - over, "workspace": workspace_id})


def batches() -> int | None:
    """Transactions that move people at this moment, in the whole installation."""
    rows = ask(_BATCHES)
    return int(rows[0][0]) if rows else None


def connections() -> Connections | None:
    rows = ask(_CONNECTIONS)
    return Connections(rows[0][0], rows[0][1], timedelta(seconds=float(rows[0][2]))) if rows else None


def person_steps() -> int | None:
    """Arrivals at steps since the installation began."""
    rows = ask(_STEPS)
    return int(rows[0][0]) if rows else None


def failed() -> int | None:
    """People set aside after an error, in the whole installation."""
    rows = ask("select count(*) from journeys_failure")
    return int(rows[0][0]) if rows else None


def late_crossings(workspace_id: int | None = None) -> tuple[int, str] | None:
    """People who crossed a segment and could not be let in yet, and the latest error."""
    rows = ask(_LATE, {"workspace": workspace_id})
    return (int(rows[0][0]), rows[0][1]) if rows else None


def announcements(now: datetime, workspace_id: int | None = None) -> told.Backlog | None:
    """Events and changes that are stored and not yet told to the engine."""
    try:
        with transaction.atomic():
            return told.backlog(now, workspace_id)
    except DatabaseError:
        return None


def broker() -> bool:
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2, transport_options=options) as found:
            found.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True


def heartbeats(now: datetime) -> dict[str, datetime | None]:
    """When the clock, and a worker of each queue, last gave a sign of life."""
    known = dict(Heartbeat.objects.values_list("name", "at"))
    return {"clock": known.get("clock")} | {queue: known.get(f"queue:{queue}") for queue in QUEUES}


def alive(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < BEAT_MAY_BE_LATE


def ask(sql: str, values: dict[str, Any] | None = None) -> list[Any] | None:
    """The rows, or None when the database did not answer in time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {int(SECONDS * 1000)}")
            cursor.execute(sql, values or {})
            return list(cursor.fetchall())
    except DatabaseError:
        return None
