"""Writing down who entered and left.

Nobody holds a lock while people are looked at. Where something differs, the rows of those few people are locked, they
are looked at once more under the lock, and what is then found is written; after the commit they are looked at again,
for what others committed between that look and the commit. Whoever commits last looks last: it ends right.

A segment that is being filled is left to the one who fills it: what it should hear of is queued (SegmentLook).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from lib.fast_sql import array, fetch
from profiles.membership import index as indexes
from profiles.membership.index import Index, Kept
from profiles.membership.look import Found, look
from profiles.signals import announce_segment

CHUNK = 2000
ROUNDS = 4
FILLING = (
    0x5E6  # the class of advisory locks: shared by those who write members, alone for who fills a segment
)
SOON = timedelta(seconds=2)

Wanted = Mapping[int, Iterable[int]]  # people by segment

_APPLY = """
with truth as materialized (
    select * from unnest(%(segments)s::bigint[], %(people)s::bigint[], %(inside)s::boolean[],
        %(crosses)s::boolean[], %(moments)s::timestamptz[]) t(segment, person, inside, crosses, moment)
), came as (
    insert into profiles_segmentmember (segment_id, profile_id, since)
    select segment, person, %(now)s from truth where inside and crosses order by segment, person
    on conflict do nothing returning segment_id, profile_id
), gone as (
    delete from profiles_segmentmember m using truth t
    where not t.inside and t.crosses and m.segment_id = t.segment and m.profile_id = t.person
    returning m.segment_id, m.profile_id
), times as (
    insert into profiles_segmentmoment as d (segment_id, profile_id, due_at)
    select segment, person, moment from truth where moment is not null order by segment, person
    on conflict (segment_id, profile_id) do update set due_at = excluded.due_at where excluded.due_at < d.due_at
), crossed as (
    select segment_id, profile_id, true as entered from came
    union all select segment_id, profile_id, false from gone
), sizes as (
    insert into profiles_segmentdelta (segment_id, delta)
    select segment_id, sum(case when entered then 1 else -1 end) from crossed group by segment_id
), news as (
    insert into profiles_segmentchange (workspace_id, segment_id, profile_id, entered, at)
    select %(workspace)s, segment_id, profile_id, entered, %(now)s from crossed
    where not %(quiet)s and segment_id in (select segment_id from profiles_trackedsegment)
    order by segment_id, profile_id returning segment_id
)
select segment_id, profile_id, entered, segment_id in (select segment_id from news) from crossed
"""


def work(known: Index, wanted: Wanted, now: datetime, *, quiet: bool = False) -> int:
    """Looks at these people for these segments, and writes down what is other than known; how many crossed."""
    crossed = 0
    for segments, people in _groups(known, wanted):
        for start in range(0, len(people), CHUNK):
            crossed += _work(known, segments, people[start : start + CHUNK], now, quiet)
    return crossed


def _work(known: Index, segments: list[Kept], people: list[int], now: datetime, quiet: bool) -> int:
    waiting = [one for one in segments if one.stale]
    if waiting:
        owe([(one.id, person) for one in waiting for person in people], known.workspace_id, now + SOON)
    found = look(known, [one for one in segments if not one.stale], people, now)
    crossed = 0
    for _round in range(ROUNDS):
        if not found:
            return crossed
        wanted = _wanted(found)
        moved, left = settle(known.workspace_id, wanted, now, quiet=quiet)
        crossed += moved
        wanted = {segment: these for segment, these in wanted.items() if segment not in left}
        fresh = indexes.index(known.workspace_id)
        if fresh is None:
            return crossed
        found = [
            again
            for some, these in _groups(fresh, wanted)
            for again in look(fresh, [one for one in some if not one.stale], these, now)
        ]
    owe([(one.segment_id, one.profile_id) for one in found], known.workspace_id, now + SOON)
    return crossed


@transaction.atomic
def settle(
    workspace_id: int, wanted: Wanted, now: datetime, *, quiet: bool = False, forget: bool = False
) -> tuple[int, set[int]]:
    """Under the locks; how many crossed, and which segments are left to whoever fills them. `forget`: moments that are
    due are over."""
    wanted = {segment: sorted(set(people)) for segment, people in sorted(wanted.items())}
    free = {
        segment
        for segment, mine in fetch(
            f"select s, pg_try_advisory_xact_lock_shared({FILLING}, s::int) "
            "from unnest(%s::bigint[]) s order by s",
            [array(wanted)],
        )
        if mine
    }
    known = indexes.index(workspace_id)  # under the lock: nobody fills, so what is not stale now stays so
    if known is None:
        return 0, set(wanted)
    held = {s: p for s, p in wanted.items() if s in free and s in known.segments}
    ready = {s: p for s, p in held.items() if not known.segments[s].stale}
    owed = [
        (s, person)
        for s, people in wanted.items()
        if s in known.segments and s not in ready and not known.segments[s].is_list
        for person in people
    ]
    people = sorted({person for persons in ready.values() for person in persons})
    if people:
        fetch(
            "select id from profiles_profile where id = any(%s::bigint[]) order by id for no key update",
            [array(people)],
        )
    if forget:
        _forget(ready, now)
    found = [
        one for segments, persons in _groups(known, ready) for one in look(known, segments, persons, now)
    ]
    if owed:
        owe(owed, workspace_id, now + SOON)
    return apply(workspace_id, found, now, quiet=quiet), set(wanted) - set(ready)


def apply(workspace_id: int, found: Sequence[Found], now: datetime, *, quiet: bool) -> int:
    """In the caller's transaction, which holds the people's rows."""
    if not found:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _APPLY,
            {
                "segments": array(one.segment_id for one in found),
                "people": array(one.profile_id for one in found),
                "inside": [one.inside for one in found],
                "crosses": [one.crosses for one in found],
                "moments": [one.moment for one in found],
                "workspace": workspace_id,
                "now": now,
                "quiet": quiet,
            },
        )
        rows = cursor.fetchall()
    by_segment: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    told = set()
    for segment_id, profile_id, entered, is_news in rows:
        by_segment[segment_id][0 if entered else 1].append(profile_id)
        if is_news:
            told.add(segment_id)
    if not quiet:
        for segment_id, (came, left) in by_segment.items():
            announce_segment(workspace_id, segment_id, came, left, followed=segment_id in told)
    return len(rows)


def owe(pairs: Iterable[tuple[int | None, int]], workspace_id: int, at: datetime) -> None:
    """Queues looks; a segment of None means all of them."""
    pairs = list(pairs)
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_segmentlook (workspace_id, segment_id, profile_id, due_at) "
            "select %s, x.segment, x.person, %s from unnest(%s::bigint[], %s::bigint[]) x(segment, person)",
            [workspace_id, at, [segment for segment, _p in pairs], [person for _s, person in pairs]],
        )


def _forget(wanted: Wanted, now: datetime) -> None:
    pairs = [(segment, person) for segment, people in wanted.items() for person in people]
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from profiles_segmentmoment d using unnest(%s::bigint[], %s::bigint[]) x(segment, person) "
            "where d.segment_id = x.segment and d.profile_id = x.person and d.due_at <= %s",
            [array(s for s, _p in pairs), array(p for _s, p in pairs), now],
        )


def _groups(known: Index, wanted: Wanted) -> list[tuple[list[Kept], list[int]]]:
    """Segments that ask for the same people are looked at in one statement."""
    together: dict[tuple[int, ...], list[Kept]] = defaultdict(list)
    for segment_id, people in wanted.items():
        kept = known.segments.get(segment_id)
        if kept is not None:
            together[tuple(sorted(set(people)))].append(kept)
    return [(segments, list(people)) for people, segments in together.items() if people]


def _wanted(found: Sequence[Found]) -> dict[int, list[int]]:
    wanted: dict[int, list[int]] = defaultdict(list)
    for one in found:
        wanted[one.segment_id].append(one.profile_id)
    return wanted
