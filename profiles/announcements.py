"""News reaches its listeners, whatever dies in between.

With a batch of news that somebody minds (`minds`) one small row is committed (`number`); right after the commit the
listeners are told in this very process (`announce`), and the row goes. A row that stays, because the process was killed
or a listener failed, is told again by a clock job (`tell_again`), with growing pauses, and after `ATTEMPTS` is kept for
people to look at. So listeners hear everything at least once, and must bear to hear it twice.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.backends.utils import CursorWrapper

from lib.log_privacy import hidden
from profiles.signals import RecordedEvent, events_recorded

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=10)  # so long whoever committed it has to tell it
OVER = timedelta(minutes=5)  # so long one whose database session lives may take
PAUSES = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 7200, 21600))
ATTEMPTS = len(PAUSES) + 1

# The events' numbers are drawn here: whoever is told knows each by its number. Most often they are in a row.
_NUMBER = """
with drawn as materialized (
    select array_agg(nextval('profiles_event_id_seq')) ids from generate_series(1, %(count)s)
)
insert into profiles_announcement (workspace_id, created_at, due_at, owner, first_event, last_event, people, changed)
select %(workspace)s, %(now)s, %(due)s, pg_backend_pid(), ids[1], ids[%(count)s], %(people)s::bigint[],
    %(changed)s::bigint[]
from drawn
returning id, first_event, case when last_event - first_event >= %(count)s then (select ids from drawn) end
"""

# Found again after a crash it is told once more, which does no harm: this commit need not wait for the disk.
_DONE = """
with quick as materialized (select set_config('synchronous_commit', 'off', true))
delete from profiles_announcement a using quick where a.id = any(%s::bigint[])
"""

# Due, and nobody at it: the database session of a killed process ends with it.
_CLAIM = """
update profiles_announcement a set owner = pg_backend_pid(), attempts = a.attempts + 1,
    due_at = %s::timestamptz + (%s::interval[])[least(a.attempts + 1, %s - 1)]
from (
    select id from profiles_announcement d
    where due_at <= %s and (
        owner is null or due_at <= %s::timestamptz - %s
        or not exists (select 1 from pg_stat_activity s where s.pid = d.owner)
    )
    order by id limit 1 for update skip locked
) due
where a.id = due.id
returning a.id, a.workspace_id, a.created_at, a.attempts, a.first_event, a.last_event, a.people,
    array(select coalesce(p.merged_into_id, p.id) from profiles_profile p where p.id = any(a.changed))
"""

_EVENTS = """
select profile_id, name, ts, properties::text, received_at, id from profiles_event
where workspace_id = %(workspace)s and {which} order by id
"""
_OF_BATCH = "id between %(first)s and %(last)s and received_at = %(since)s"
_OF_PEOPLE = """ts >= %(since)s::timestamptz - interval '1 day'
and received_at >= %(since)s::timestamptz - interval '1 minute' and profile_id in (
    select coalesce(merged_into_id, id) from profiles_profile where id = any(%(people)s::bigint[])
)"""


Minder = Callable[[int, set[str], bool], Any]
Minded = dict[Minder, Any] | bool | None  # False: nobody; None: not asked
_minders: list[Minder] = []
_last: list[Callable[..., None]] = []


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be told again. `given_up`: told in vain so often that somebody has to look; `error`: its last."""

    waiting: int
    oldest: datetime | None
    given_up: int
    error: str


def lateness() -> timedelta:
    """How old an event may be and still start something."""
    return timedelta(days=settings.LATENESS_DAYS)


def newest() -> int:
    """The number of the newest event, which may not be committed yet: one page, always in memory."""
    with connection.cursor() as cursor:
        cursor.execute("select last_value from profiles_event_id_seq")
        return int(cursor.fetchone()[0])


def register(minder: Minder) -> None:
    """`minder(workspace_id, names of events, whether profiles changed)` says within the batch's transaction whether
    its package minds the news: False, or what its listener would have to look up (given to it as `minded`)."""
    if minder not in _minders:
        _minders.append(minder)


def register_last(listener: Callable[..., None]) -> None:
    """Told after all receivers of events_recorded: (workspace_id, events, changed, minded, attributes)."""
    if listener not in _last:
        _last.append(listener)


def minds(workspace_id: int, names: set[str], *, changed: bool) -> Minded:
    """False: nobody does, and the batch needs no row. Else what those who do have found out."""
    return {
        minder: found for minder in _minders if (found := minder(workspace_id, names, changed)) is not False
    } or False


def number(
    cursor: CursorWrapper,
    workspace_id: int,
    now: datetime,
    *,
    events: int = 0,
    changed: Sequence[int] = (),
    people: Sequence[int] = (),
) -> tuple[int, Sequence[int]]:
    """Writes the row of a batch, in its transaction. Returns its number, and those that its events are to have."""
    cursor.execute(
        _NUMBER,
        {
            "workspace": workspace_id,
            "now": now,
            "due": now + GRACE,
            "count": events,
            "people": _array(people),
            "changed": _array(changed),
        },
    )
    id_, first, ids = cursor.fetchone()
    return id_, ids or range(first or 0, (first or 0) + events)


def announce(
    number: int | None,
    workspace_id: int,
    events: Sequence[RecordedEvent],
    changed: Sequence[int],
    minded: Minded = None,
    attributes: frozenset[str] | None = None,
) -> None:
    """Tells the listeners after commit. What came is stored by then: none of them can fail it."""

    def send() -> None:
        try:
            error = tell(workspace_id, events, changed, minded, attributes)
            if number is None:
                return
            if error is None:
                done(number)
            else:
                keep(number, error)
        except Error:  # the database has gone: the row is found when it is back
            log.exception("announcement_kept", announcement=number, workspace_id=workspace_id)

    transaction.on_commit(send)


def tell(
    workspace_id: int,
    events: Sequence[RecordedEvent],
    changed: Sequence[int],
    minded: Minded = None,
    attributes: frozenset[str] | None = None,
) -> Exception | None:
    """Tells every listener; returns what one of them raised, if any did."""
    failed = None
    answers = events_recorded.send_robust(
        sender=None,
        workspace_id=workspace_id,
        events=events,
        profiles_changed=changed,
        minded=minded,
        attributes=attributes,
    )
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            failed = answer
            name = getattr(receiver, "__qualname__", repr(receiver))
            log.error("receiver_failed", receiver=name, workspace_id=workspace_id, exc_info=answer)
    for listener in _last:
        try:
            listener(workspace_id, events, changed, minded, attributes)
        except Exception as error:
            failed = failed or error
            log.exception("receiver_failed", receiver=listener.__qualname__, workspace_id=workspace_id)
    return failed


def done(*numbers: int) -> None:
    """The listeners have heard it."""
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(_DONE, [_array(numbers)])


def tell_again(now: datetime, seconds: float = 20.0, clock: Callable[[], datetime] | None = None) -> int:
    """Tells what was left behind, the oldest first, until none is due or `seconds` are over; returns how much."""
    stop, told = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        with connection.cursor() as cursor:
            values: list[Any] = [now, list(PAUSES), ATTEMPTS, now, now, OVER]
            cursor.execute(_CLAIM, values)
            found = cursor.fetchone()
        if found is None:
            break
        id_, workspace_id, created_at, attempts, first, last, people, changed = found
        error = _tell_again(id_, workspace_id, created_at, attempts, first, last, people, changed)
        if error is None:
            done(id_)
        else:
            keep(id_, error, given_up=attempts >= ATTEMPTS)
        told += 1
        now = clock() if clock else now
    return told


def _tell_again(
    id_: int,
    workspace_id: int,
    created_at: datetime,
    attempts: int,
    first: int | None,
    last: int | None,
    people: Sequence[int] | None,
    changed: Sequence[int],
) -> Exception | None:
    if attempts > ATTEMPTS:
        return RuntimeError("whoever tells it dies of it")
    try:
        events = _events(workspace_id, created_at, first, last, people)
        log.info("announcement_told_again", announcement=id_, events=len(events), attempt=attempts)
        return tell(workspace_id, events, changed)
    except Error as failed:
        return failed


def retry(now: datetime, workspace_id: int | None = None) -> int:
    """Those that were given up, of one workspace or of all, are told again; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update profiles_announcement set due_at = %s, attempts = 0, owner = null where due_at is null "
            "and (%s::bigint is null or workspace_id = %s)",
            [now, workspace_id, workspace_id],
        )
        return int(cursor.rowcount)


def backlog(now: datetime, workspace_id: int | None = None) -> Backlog:
    """What should have been told by now, of one workspace or of all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) filter (where due_at is not null), min(created_at), "
            "count(*) filter (where due_at is null), coalesce(max(error) filter (where due_at is null), '') "
            "from profiles_announcement where (due_at is null or created_at <= %s) "
            "and (%s::bigint is null or workspace_id = %s)",
            [now - GRACE, workspace_id, workspace_id],
        )
        return Backlog(*cursor.fetchone())


def keep(id_: int, error: Exception, *, given_up: bool = False) -> None:
    """Keeps a row that was told in vain, for its next turn; after the last one for people to look at."""
    if given_up:
        log.error("announcement_given_up", announcement=id_, error=type(error).__name__)
    with connection.cursor() as cursor:
        cursor.execute(
            "update profiles_announcement set owner = null, error = %s, "
            "due_at = case when %s then null else due_at end where id = %s",
            [_told(error), given_up, id_],
        )


def _told(error: Exception) -> str:
    """Without what a database says of the row it stumbled over: that would outlive the person."""
    first = f"{type(error).__name__}: {error}".replace("\0", "").partition("\n")[0]
    return str(hidden(first))[:2000]


def _events(
    workspace_id: int, since: datetime, first: int | None, last: int | None, people: Sequence[int] | None
) -> list[RecordedEvent]:
    oldest, found = since - lateness(), []
    for which, asked in ((_OF_BATCH, first), (_OF_PEOPLE, people)):
        if not asked:
            continue
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"workspace": workspace_id, "since": since, "first": first, "last": last}
            cursor.execute(_EVENTS.format(which=which), values | {"people": people})
            found += [
                RecordedEvent(
                    profile_id,
                    name,
                    ts,
                    msgspec.json.decode(properties),
                    received_at,
                    late=ts < oldest,
                    id=id_,
                    again=first or id_,
                )
                for profile_id, name, ts, properties, received_at, id_ in cursor.fetchall()
            ]
    return found


def _array(ids: Sequence[int]) -> str | None:
    """As a literal: one text is sent faster than a list."""
    return "{" + ",".join(map(str, ids)) + "}" if ids else None
