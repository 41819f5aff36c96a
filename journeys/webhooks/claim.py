"""The calls that are this worker's until a lease ends, and what became of them.

Every statement commits for itself; no transaction is open while anything is called. A worker may die at any point:
its calls come back when the lease ends, with the same key.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from journeys.webhooks.hosts import FEW, MOST, Hosts

LEASE = timedelta(seconds=120)
GIVE_UP = timedelta(hours=12)  # a host that was down for so long: she goes on by the failed way
MOST_CLAIMS = 20  # that never came to an end: the call kills its callers

# A few of each host, the longest due first; with little room, the first of every host before anybody's second.
_CLAIM = """
with recursive hosts(host) as (
    (select host from journeys_call where outlet = '' and not frozen order by host limit 1)
    union all
    select (select c.host from journeys_call c where c.outlet = '' and not c.frozen and c.host > h.host
            order by c.host limit 1)
    from hosts h where h.host is not null
), room as (
    select h.host, case when h.host = any(%(slow)s) then 1
        when h.host = '' or h.host = any(%(proven)s) then %(most)s else %(few)s end
        - (select count(*) from journeys_call c where c.host = h.host and c.calling and c.due_at > %(now)s) n
    from hosts h where h.host is not null and h.host <> all(%(shut)s)
        and (h.host = any(%(proven)s)) = %(known)s
), due as (
    select c.id, r.host, c.due_at from room r cross join lateral (
        select id, due_at from journeys_call c
        where c.host = r.host and c.outlet = '' and not c.frozen and c.due_at <= %(now)s
        order by c.due_at limit greatest(r.n, 0) for update skip locked
    ) c
), chosen as (
    select id from (select id, row_number() over (partition by host order by due_at) place from due) d
    order by place, random() limit %(limit)s
)
update journeys_call c set calling = true, due_at = %(lease)s, attempts = c.attempts + 1
from chosen where c.id = chosen.id
returning c.id
"""

_LOAD = """
select c.id, c.public_id, c.host, c.step, c.attempts, c.request, e.id is not null, e.status, e.version_id,
    e.workspace_id, e.entry::text, e.context::text, p.public_id::text, p.attributes::text
from journeys_call c
left join journeys_enrolment e on e.id = c.enrolment_id and e.seq = c.seq and e.step = c.step
left join profiles_profile p on p.id = e.profile_id
where c.id = any(%s)
"""

_SETTLE = """
update journeys_call c set outlet = r.outlet, result = r.result, answer = r.answer, calling = false, request = ''
from jsonb_to_recordset(%s::jsonb) r(id bigint, outlet text, result json, answer json)
where c.id = r.id and c.outlet = ''
"""

_AGAIN = """
update journeys_call c set calling = false, due_at = r.due_at, host = r.host, result = r.result,
    request = case when c.request = '' then r.request else c.request end
from jsonb_to_recordset(%s::jsonb)
    r(id bigint, attempts smallint, due_at timestamptz, host text, result json, request text)
where c.id = r.id and c.outlet = '' and c.attempts = r.attempts
"""

_DEFER = """
update journeys_call c set calling = false, due_at = r.due_at, host = r.host, attempts = c.attempts - 1
from jsonb_to_recordset(%s::jsonb) r(id bigint, attempts smallint, due_at timestamptz, host text)
where c.id = r.id and c.outlet = '' and c.attempts = r.attempts
"""

_EXPIRE = """
update journeys_call c set outlet = 'failed', calling = false, request = '', result = %(late)s
where c.id in (
    select id from journeys_call where outlet = '' and not frozen and not calling and asked_at < %(before)s
    order by asked_at limit 5000 for update skip locked
)
"""

_SWEEP = """
delete from journeys_call c where (c.outlet <> '' or not c.calling or c.due_at < %(now)s) and not exists (
    select 1 from journeys_enrolment e where e.id = c.enrolment_id and e.seq = c.seq and e.step = c.step
) and id = any(array(select id from journeys_call where id >= %(start)s order by id limit %(page)s))
"""
SWEPT = 20_000  # so many calls are looked at in one sweep


@dataclass(frozen=True, slots=True)
class Task:
    """One call to make, with all that its templates may read."""

    id: int
    key: UUID
    host: str
    step: str
    attempts: int
    request: str
    version_id: int
    workspace_id: int
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settled:
    """`outlet` "": again at `due_at`, with the very same `request`."""

    task: Task
    outlet: str
    note: dict[str, Any]
    answer: Any = None
    due_at: datetime | None = None
    host: str = ""
    request: str = ""


def claim(now: datetime, limit: int, hosts: Hosts, *, known: bool) -> list[Task]:
    """Calls of people who still stand there, to hosts that answer (`known`) or to the others; those of people who have
    left are gone with this."""
    with connection.cursor() as cursor:
        room: dict[str, Any] = {"limit": limit, "known": known, "most": MOST, "few": FEW}
        room |= {"shut": hosts.shut(), "slow": hosts.slow(), "proven": hosts.proven()}
        cursor.execute(_CLAIM, room | {"now": now, "lease": now + LEASE})
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        rows = _rows(ids)
        gone = [row[0] for row in rows if not row[6]]
        if gone:
            cursor.execute("delete from journeys_call where id = any(%s)", [gone])
        frozen = [row[0] for row in rows if row[6] and row[7] == 2]
        if frozen:  # paused right now: the resumption lets them go
            cursor.execute(
                "update journeys_call set calling = false, frozen = true, due_at = %s, attempts = attempts - 1 "
                "where id = any(%s)",
                [now, frozen],
            )
    return [_task(row) for row in rows if row[6] and row[7] != 2]


def load(ids: Sequence[int]) -> list[Task]:
    """The calls as they are, claimed or not: for simulations, in whose transaction nobody else sees them."""
    return [_task(row) for row in _rows(ids) if row[6]]


def _rows(ids: Sequence[int]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [list(ids)])
        return list(cursor.fetchall())


def _task(row: Sequence[Any]) -> Task:
    (
        id_,
        key,
        host,
        step,
        attempts,
        request,
        _there,
        _status,
        version_id,
        workspace_id,
        entry,
        context,
        person,
        attributes,
    ) = row
    variables = {
        "person": {**msgspec.json.decode(attributes or "{}"), "id": person or ""},
        "entry": msgspec.json.decode(entry),
        "context": {n: v for n, v in msgspec.json.decode(context).items() if not n.startswith("$")},
    }
    return Task(id_, key, host, step, attempts, request, version_id, workspace_id, variables)


def record(results: Sequence[Settled]) -> None:
    """A result counts once, whoever brings it; "again" only from whoever holds the lease."""
    done = [
        {"id": one.task.id, "outlet": one.outlet, "result": one.note, "answer": one.answer}
        for one in results
        if one.outlet
    ]
    again = [
        {"id": one.task.id, "attempts": one.task.attempts, "due_at": one.due_at, "host": one.host, "result": one.note,
         "request": one.request}
        for one in results
        if not one.outlet
    ]  # fmt: skip
    with connection.cursor() as cursor:
        if done:
            cursor.execute(_SETTLE, [msgspec.json.encode(done).decode()])
        if again:
            cursor.execute(_AGAIN, [msgspec.json.encode(again).decode()])


def defer(tasks: Sequence[tuple[Task, str]], until: datetime) -> None:
    """Not now, and no try: (task, its host) whose host has no place."""
    rows = [{"id": t.id, "attempts": t.attempts, "due_at": until, "host": host} for t, host in tasks]
    with connection.cursor() as cursor:
        cursor.execute(_DEFER, [msgspec.json.encode(rows).decode()])


def expire(now: datetime) -> int:
    """Those who have waited for half a day go on by the failed way."""
    with connection.cursor() as cursor:
        note = json.dumps({"state": "call_failed", "reason": "too_late"})
        cursor.execute(_EXPIRE, {"before": now - GIVE_UP, "late": note})
        return int(cursor.rowcount)


def sweep(now: datetime) -> int:
    """Calls of people who have left meanwhile. A part of them each time, anywhere: whatever is due is looked at when it
    is claimed, too."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(min(id), 0), coalesce(max(id), 0) from journeys_call")
        first, last = cursor.fetchone()
        start = random.randint(first, max(first, last - SWEPT + 1))  # noqa: S311 - no secret
        cursor.execute(_SWEEP, {"now": now, "start": start, "page": SWEPT})
        return int(cursor.rowcount)
