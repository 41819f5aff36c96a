"""Whom a way in turned away last, and why: one row a journey, trigger and person, for "why is she not in it?".

Written a statement a turn of events, and only for triggers that ask a condition; others can be explained without.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from journeys.steps.outcomes import Json

KEPT = timedelta(days=90)
CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody who was turned away. `why`: the condition's leaves with value and result; `kind` as in the table."""

    profile_id: int
    journey_id: int
    version_id: int
    trigger: str
    at: datetime
    kind: str
    why: list[Json]


# In the order of the key, so that two batches never wait for each other.
_WRITE = """
insert into journeys_refused (profile_id, journey_id, trigger, version_id, at, kind, why)
select p, j, t, v, a, k, w
from json_to_recordset(%s::json) r(p bigint, j bigint, t text, v bigint, a timestamptz, k text, w json)
order by p, j, t
on conflict (profile_id, journey_id, trigger) do update
set version_id = excluded.version_id, at = excluded.at, kind = excluded.kind, why = excluded.why
where journeys_refused.at <= excluded.at
"""


def remember(turned: Iterable[Turned]) -> None:
    last: dict[tuple[int, int, str], Turned] = {}
    for one in turned:
        key = (one.profile_id, one.journey_id, one.trigger)
        if key not in last or last[key].at <= one.at:
            last[key] = one
    if not last:
        return
    rows = [
        {
            "p": one.profile_id,
            "j": one.journey_id,
            "t": one.trigger,
            "v": one.version_id,
            "a": one.at,
            "k": one.kind,
            "w": [[leaf["value"], leaf["result"]] for leaf in one.why],
        }
        for one in last.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [msgspec.json.encode(rows).decode()])


def forget(profile_ids: Collection[int]) -> None:
    """Erased, or merged into somebody else: in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("delete from journeys_refused where profile_id = any(%s)", [list(profile_ids)])


def forget_old(now: datetime) -> int:
    """What is older than `KEPT`, in chunks that each commit."""
    gone = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "delete from journeys_refused where ctid = any(array("
                "select ctid from journeys_refused where at < %s limit %s))",
                [now - KEPT, CHUNK],
            )
            gone += int(cursor.rowcount)
            if cursor.rowcount < CHUNK:
                return gone
