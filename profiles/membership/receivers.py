"""What membership hears of: news of people, people who become one, people who are erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from lib import clock
from lib.fast_sql import array
from profiles.membership import noticing, settle
from profiles.signals import RecordedEvent

_OF_WORKSPACE = "any(array(select id from profiles_segment where workspace_id = %(workspace)s))"
_PAIRS = "jsonb_to_recordset(%(pairs)s::jsonb) as m(merged bigint, target bigint)"
_MERGED = (
    # Who was in under either name is in: that is no news. What the merge changes shows at the look that is owed.
    f"""with gone as (
            delete from profiles_segmentmember s using {_PAIRS}
            where s.profile_id = m.merged and s.segment_id = {_OF_WORKSPACE}
            returning s.segment_id, m.target, s.since
        ), came as (
            insert into profiles_segmentmember (segment_id, profile_id, since)
            select segment_id, target, min(since) from gone group by segment_id, target
            order by segment_id, target on conflict do nothing returning segment_id
        )
        insert into profiles_segmentdelta (segment_id, delta)
        select segment_id, sum(n) from (
            select segment_id, -1 n from gone union all select segment_id, 1 from came
        ) d group by segment_id having sum(n) <> 0""",
    f"""delete from profiles_segmentmoment s using {_PAIRS}
        where s.profile_id = m.merged and s.segment_id = {_OF_WORKSPACE}""",
    f"update profiles_segmentchange c set profile_id = m.target from {_PAIRS} where c.profile_id = m.merged",
    f"""insert into profiles_segmentlook (workspace_id, segment_id, profile_id, due_at)
        select distinct %(workspace)s::bigint, null::bigint, m.target, %(now)s::timestamptz from {_PAIRS}""",
)
_ERASED = (
    f"""with gone as (
            delete from profiles_segmentmember where profile_id = any(%(ids)s::bigint[])
            and segment_id = {_OF_WORKSPACE} returning segment_id
        )
        insert into profiles_segmentdelta (segment_id, delta) select segment_id, -count(*) from gone group by 1""",
    f"delete from profiles_segmentmoment where profile_id = any(%(ids)s::bigint[]) and segment_id = {_OF_WORKSPACE}",
    "delete from profiles_segmentlook where workspace_id = %(workspace)s and profile_id = any(%(ids)s::bigint[])",
    "delete from profiles_segmentchange where workspace_id = %(workspace)s and profile_id = any(%(ids)s::bigint[])",
)


def hear(
    workspace_id: int,
    events: Sequence[RecordedEvent],
    profiles_changed: Sequence[int],
    minded: Any = None,
    attributes: frozenset[str] | None = None,
) -> None:
    """After everybody else: the journeys that an event moves at once come first."""
    if minded is None or (minded is not False and noticing.minder in minded):
        noticing.notice(workspace_id, events, profiles_changed, clock.now(), attributes=attributes)


def join(
    sender: Any, workspace_id: int, pairs: Sequence[tuple[int, int]], now: datetime, **_rest: Any
) -> None:
    rows = msgspec.json.encode([{"merged": a, "target": b} for a, b in pairs]).decode()
    _run(_MERGED, {"pairs": rows, "workspace": workspace_id, "now": now})


def erase(sender: Any, workspace_id: int, profile_ids: Sequence[int], **_rest: Any) -> None:
    _run(_ERASED, {"ids": array(profile_ids), "workspace": workspace_id})


def look_later(workspace_id: int, people: Sequence[int], now: datetime) -> None:
    """At everything about them, within seconds: for changes that no news tells of."""
    settle.owe([(None, person) for person in people], workspace_id, now)


def _run(statements: Sequence[str], values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
