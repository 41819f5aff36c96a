"""Who enters and leaves the segments that somebody follows (a journey that starts with one).

Two ways to notice it. `refresh` looks at the people of a batch of events or profile changes, right after its commit.
`sweep`, by the clock, compares everyone with the members in one statement, so that rules about time ("in the last 30
days") come true within a minute, and hands those who differ to `refresh`. Every change is a row of SegmentChange,
written with the membership: noticed once, and there until `take` gives it to whoever acts on it.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from profiles.conditions import Compiled, ConditionError, Rows, compile_condition, evaluate
from profiles.conditions.evaluation import audience_sql
from profiles.models import Segment, TrackedSegment
from profiles.signals import announce_segment
from workspaces.models import Workspace

CHUNK = 2000
SWEEP = timedelta(seconds=30)  # between two looks at everyone; longer where a look takes long
LEASE = timedelta(minutes=5)  # of a look that died


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody entered (else left) a segment at `at`."""

    id: int
    segment_id: int
    profile_id: int
    entered: bool
    at: datetime


def track(segment: Segment, now: datetime) -> None:
    """Follows a segment from now on, in the caller's transaction: whoever is in it now is no news."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_trackedsegment (segment_id, workspace_id, since, next_at) values (%s, %s, %s, %s) "
            "on conflict (segment_id) do update set next_at = profiles_trackedsegment.next_at returning xmax = 0",
            [segment.pk, segment.workspace_id, now, now + SWEEP],
        )
        if not cursor.fetchone()[0]:  # followed already; its row is ours now, so that nobody gives it up
            return
        compiled = _compiled(segment.condition, segment.workspace_id)
        if compiled is not None:
            inside, params = _inside(compiled, segment.workspace_id, now)
            cursor.execute(
                f"insert into profiles_segmentmember (segment_id, profile_id, since) "
                f"select %(segment)s, i.id, %(now)s from ({inside}) i on conflict do nothing",
                params | {"segment": segment.pk, "now": now},
            )


def untrack(segment_ids: Iterable[int]) -> None:
    """Nobody follows these any more. In the caller's transaction, after `lock`."""
    TrackedSegment.objects.filter(pk__in=list(segment_ids)).delete()


def lock(segment_ids: Iterable[int]) -> list[int]:
    """Those of them that are followed, kept from changing hands until the transaction ends."""
    rows = TrackedSegment.objects.select_for_update().filter(pk__in=list(segment_ids)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


_APPLY = """
with truth as (
    select * from unnest(%(segments)s::bigint[], %(people)s::bigint[], %(inside)s::boolean[]) t(segment, person, inside)
), came as (
    insert into profiles_segmentmember (segment_id, profile_id, since)
    select t.segment, t.person, %(now)s from truth t
    join profiles_profile p on p.id = t.person and p.workspace_id = %(workspace)s
        and p.erased_at is null and p.merged_into_id is null
    where t.inside order by t.segment, t.person
    on conflict do nothing returning segment_id, profile_id
), gone as (
    delete from profiles_segmentmember m using truth t
    where not t.inside and m.segment_id = t.segment and m.profile_id = t.person
    returning m.segment_id, m.profile_id
)
insert into profiles_segmentchange (workspace_id, segment_id, profile_id, entered, at)
select %(workspace)s, segment_id, profile_id, entered, %(now)s from (
    select segment_id, profile_id, true as entered from came
    union all select segment_id, profile_id, false from gone
) c order by segment_id, profile_id
returning segment_id, profile_id, entered
"""


def refresh(
    workspace_id: int, people: Iterable[int], now: datetime, segment_ids: Sequence[int] | None = None
) -> int:
    """Looks at these people again, for all followed segments of the workspace or for some; how many changes there were.
    The news goes out after commit (signals.segment_changed)."""
    ids, changes = sorted(set(people)), 0
    for start in range(0, len(ids), CHUNK):
        changes += _refresh(workspace_id, ids[start : start + CHUNK], now, segment_ids)
    return changes


@transaction.atomic
def _refresh(workspace_id: int, ids: list[int], now: datetime, segment_ids: Sequence[int] | None) -> int:
    rows = TrackedSegment.objects.select_for_update(of=("self",)).filter(workspace_id=workspace_id)
    if segment_ids is not None:
        rows = rows.filter(pk__in=segment_ids)
    tracked = list(rows.order_by("pk").values_list("pk", "segment__condition", "workspace__time_zone"))
    known = [
        (pk, compiled, zone)
        for pk, condition, zone in tracked
        if (compiled := _compiled(condition, workspace_id)) is not None
    ]
    if not known:
        return 0
    at = Rows(workspace_id=workspace_id, profile_ids=ids, now=now, zone=known[0][2])
    verdicts = evaluate([compiled for _pk, compiled, _zone in known], at)
    segments, persons, inside = [], [], []
    for (pk, _condition, _zone), verdict in zip(known, verdicts, strict=True):
        segments += [pk] * len(ids)
        persons += ids
        inside += verdict.results
    with connection.cursor() as cursor:
        cursor.execute(
            _APPLY,
            {
                "segments": segments,
                "people": persons,
                "inside": inside,
                "now": now,
                "workspace": workspace_id,
            },
        )
        changes = cursor.fetchall()
    for pk, _condition, _zone in known:
        came = [person for segment, person, entered in changes if segment == pk and entered]
        left = [person for segment, person, entered in changes if segment == pk and not entered]
        announce_segment(workspace_id, pk, came, left)
    return len(changes)


def sweep(now: datetime, seconds: float = 20.0) -> int:
    """Looks at everyone for each followed segment whose time has come; how many changes there were."""
    stop, changes = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        claimed = _claim(now)
        if claimed is None:
            break
        begun = time.monotonic()
        segment_id, workspace_id = claimed
        changes += refresh(workspace_id, _suspects(segment_id, now), now, [segment_id])
        pause = max(SWEEP, timedelta(seconds=20 * (time.monotonic() - begun)))
        TrackedSegment.objects.filter(pk=segment_id).update(next_at=now + pause)
    return changes


def _claim(now: datetime) -> tuple[int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update profiles_trackedsegment set next_at = %s where segment_id = (select segment_id from "
            "profiles_trackedsegment where next_at <= %s order by next_at limit 1 for update skip locked) "
            "returning segment_id, workspace_id",
            [now + LEASE, now],
        )
        found = cursor.fetchone()
        return (found[0], found[1]) if found else None


def _suspects(segment_id: int, now: datetime) -> list[int]:
    """Those who are in but no members, or members but not in. Read without a lock: `refresh` looks again."""
    segment = Segment.objects.filter(pk=segment_id).first()
    compiled = _compiled(segment.condition, segment.workspace_id) if segment else None
    if segment is None or compiled is None:
        return []
    inside, params = _inside(compiled, segment.workspace_id, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select coalesce(i.id, m.profile_id) from ({inside}) i full join (select profile_id from "
            f"profiles_segmentmember where segment_id = %(segment)s) m on m.profile_id = i.id "
            f"where i.id is null or m.profile_id is null",
            params | {"segment": segment_id},
        )
        return [row[0] for row in cursor.fetchall()]


def _inside(compiled: Compiled, workspace_id: int, now: datetime) -> tuple[str, dict[str, Any]]:
    zone = Workspace.objects.values_list("time_zone", flat=True).get(pk=workspace_id)
    return audience_sql(compiled, workspace_id, now, zone=zone)


def _compiled(condition: Any, workspace_id: int) -> Compiled | None:
    """None for a condition that can't be read: nobody enters or leaves such a segment."""
    try:
        return compile_condition(condition, workspace_id)
    except ConditionError:
        return None


def take(limit: int = CHUNK, workspace_id: int | None = None) -> list[Change]:
    """The oldest changes, gone with the caller's transaction. Call it in the one that acts on them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from profiles_segmentchange where id = any(array(select id from profiles_segmentchange "
            "where %(workspace)s::bigint is null or workspace_id = %(workspace)s "
            "order by id limit %(limit)s for update skip locked)) returning id, segment_id, profile_id, entered, at",
            {"workspace": workspace_id, "limit": limit},
        )
        return [Change(*row) for row in sorted(cursor.fetchall())]


def members(segment_id: int, until: datetime, after_id: int, limit: int) -> list[int]:
    """Those who were in at `until` and still are, by their ids after `after_id`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select profile_id from profiles_segmentmember where segment_id = %s and profile_id > %s and since <= %s "
            "order by profile_id limit %s",
            [segment_id, after_id, until, limit],
        )
        return [row[0] for row in cursor.fetchall()]
