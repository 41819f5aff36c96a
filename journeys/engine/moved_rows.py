"""Statements that moving people and putting them back have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from lib.fast_sql import array


def write_log(
    cursor: Any, ids: Sequence[int], version_id: int, route: str, *, seqs: int, now: datetime
) -> None:
    """`seqs`: from her number now to that of the first visit in the route."""
    cursor.execute(
        "insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route) "
        "select workspace_id, journey_id, %s, id, profile_id, seq + %s, %s, %s::json from journeys_enrolment "
        "where id = any(%s::bigint[])",
        [version_id, seqs, now, route, array(ids)],
    )


def count(cursor: Any, journey_id: int, deltas: Sequence[tuple[int, str, str, int, int]]) -> None:
    """(version, step, outlet, entered, completed)"""
    cursor.executemany(
        "insert into journeys_countdelta (journey_id, version_id, step, outlet, entered, completed) "
        "values (%s, %s, %s, %s, %s, %s)",
        [(journey_id, *delta) for delta in deltas],
    )


def set_contexts(cursor: Any, contexts: Sequence[tuple[int, Any]]) -> None:
    if contexts:
        cursor.execute(
            "update journeys_enrolment e set context = r.context from json_to_recordset(%s::json) "
            "r(id bigint, context json) where e.id = r.id",
            [msgspec.json.encode([{"id": id_, "context": context} for id_, context in contexts]).decode()],
        )


def register(cursor: Any, waits: Sequence[tuple[int, str, int, datetime | None]]) -> None:
    """(profile, event name, enrolment, expires)"""
    if waits:
        profiles, events, ids, expires = zip(*waits, strict=True)
        cursor.execute(
            "insert into journeys_eventwait (profile_id, name, enrolment_id, expires_at) "
            "select * from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[]) on conflict do nothing",
            [array(profiles), list(events), array(ids), list(expires)],
        )
