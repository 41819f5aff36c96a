"""The clock: moments at which time alone may let somebody in or out, and looks that somebody owes."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from lib.fast_sql import array, fetch
from profiles.membership import index as indexes
from profiles.membership.settle import CHUNK, settle, work

JOB = 0x5E7  # one at a time looks at moments


def look_due(now: datetime, seconds: float = 20.0) -> int:
    """Looks at all whose moment has come; how many crossed."""
    stop, crossed = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        count, moved = _moments(now)
        crossed += moved
        if count < CHUNK:
            break
    while time.monotonic() < stop:
        count, moved = _owed(now)
        crossed += moved
        if count < CHUNK:
            break
    return crossed


def _moments(now: datetime) -> tuple[int, int]:
    """A batch of them. A moment is over when its look commits, so one that died is found again."""
    with transaction.atomic():
        if not _mine():
            return 0, 0
        rows = fetch(
            "select d.segment_id, d.profile_id, s.workspace_id from profiles_segmentmoment d "
            "left join profiles_segment s on s.id = d.segment_id and s.archived_at is null "
            "and s.stale_since is null where d.due_at <= %s order by d.due_at limit %s",
            [now, CHUNK],
        )
        wanted = _by_workspace(rows)
        # Of a segment that is gone, or that is filled anew with its moments.
        _drop([(s, p) for s, p, workspace_id in rows if workspace_id is None], now)
        crossed = sum(
            settle(workspace_id, segments, now, forget=True)[0]
            for workspace_id, segments in wanted.items()
            if workspace_id is not None
        )
        left = [(s, p) for ws, segments in wanted.items() if ws is not None for s, p in _pairs(segments)]
        _drop(left, now)
    for workspace_id, segments in wanted.items():
        known = indexes.index(workspace_id) if workspace_id is not None else None
        if known is not None:
            crossed += work(known, segments, now)  # what came between the look and its commit
    return len(rows), crossed


def _owed(now: datetime) -> tuple[int, int]:
    """Gone when they are done: one that died is found again, and looked at twice it does no harm."""
    rows = fetch(
        "select id, segment_id, profile_id, workspace_id from profiles_segmentlook "
        "where due_at <= %s order by due_at limit %s",
        [now, CHUNK],
    )
    crossed = 0
    for workspace_id, some in _split(rows).items():
        known = indexes.index(workspace_id)
        if known is None:
            continue
        wanted: dict[int, set[int]] = defaultdict(set)
        for _id, segment_id, person, _workspace in some:
            every = [one.id for one in known.segments.values() if one.root is not None]
            for one in every if segment_id is None else [segment_id]:
                wanted[one].add(person)
        crossed += work(known, wanted, now)
    if rows:
        _execute(
            "delete from profiles_segmentlook where id = any(%s::bigint[])", [array(row[0] for row in rows)]
        )
    return len(rows), crossed


def _mine() -> bool:
    return bool(fetch(f"select pg_try_advisory_xact_lock({JOB}, 0)", [])[0][0])


def _by_workspace(rows: Sequence[Any]) -> dict[int | None, dict[int, set[int]]]:
    found: dict[int | None, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for segment_id, person, workspace_id in rows:
        found[workspace_id][segment_id].add(person)
    return found


def _split(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[3]].append(row)
    return found


def _pairs(segments: dict[int, set[int]]) -> list[tuple[int, int]]:
    return [(segment, person) for segment, people in segments.items() for person in people]


def _drop(pairs: Sequence[tuple[int, int]], now: datetime) -> None:
    """Of people who are gone no look is left to take them away."""
    if pairs:
        _execute(
            "delete from profiles_segmentmoment d using unnest(%s::bigint[], %s::bigint[]) x(segment, person) "
            "where d.segment_id = x.segment and d.profile_id = x.person and d.due_at <= %s",
            [array(s for s, _p in pairs), array(p for _s, p in pairs), now],
        )


def _execute(sql: str, params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
