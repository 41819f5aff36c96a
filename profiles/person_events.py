"""One person's events, newest first, in milliseconds even when she has a hundred thousand.

The index of the events is (profile_id, name, ts): an index that starts with the time as well would make every event
dearer to store. So her names are found by skipping from one to the next, and of each name only the newest rows are
read. Both follow the index in every month's partition and touch a few pages each.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from profiles.models import Event

MANY_NAMES = 200  # with more names than that her rows are read as they lie
LOOKED_AT = 400  # of each name, when only some sources are wanted

NAMES = """
with recursive n as (
    (select e.name, 1 as place from profiles_event e where e.profile_id = %(person)s order by e.name limit 1)
    union all
    select (select e.name from profiles_event e where e.profile_id = %(person)s and e.name > n.name
            order by e.name limit 1), n.place + 1
    from n where n.name is not null and n.place <= %(most)s
)
select name from n where name is not null
"""
FIELDS = (
    "e.id, e.workspace_id, e.profile_id, e.name, e.ts, e.received_at, e.source_id, e.message_id, e.properties, "
    "e.context"
)
NEWEST = f"""
select e.* from unnest(%(names)s::text[]) n(name) cross join lateral (
    select {FIELDS} from profiles_event e
    where e.profile_id = %(person)s and e.name = n.name {{before}}
    order by e.ts desc limit %(limit)s
) e
order by e.ts desc, e.id desc limit %(limit)s
"""
AS_THEY_LIE = f"""
select {FIELDS} from profiles_event e
where e.profile_id = %(person)s and e.name = any(%(names)s) {{before}}
order by e.ts desc, e.id desc limit %(limit)s
"""
OF_SOURCES = f"""
with looked as materialized (
    select e.*, row_number() over (partition by e.name order by e.ts desc) as place
    from unnest(%(names)s::text[]) n(name) cross join lateral (
        select {FIELDS} from profiles_event e
        where e.profile_id = %(person)s and e.name = n.name {{before}}
        order by e.ts desc limit %(looked)s
    ) e
), floor as (select max(ts) as ts from looked where place = %(looked)s)
select {FIELDS}, (select ts from floor) as floor
from looked e
where ({{wanted}}) and ((select ts from floor) is null or e.ts > (select ts from floor))
order by e.ts desc, e.id desc limit %(limit)s
"""
FLOOR = """
select max(ts) from (
    select e.ts, row_number() over (partition by n.name order by e.ts desc) as place
    from unnest(%(names)s::text[]) n(name) cross join lateral (
        select e.ts from profiles_event e
        where e.profile_id = %(person)s and e.name = n.name {before}
        order by e.ts desc limit %(looked)s
    ) e
) l where place = %(looked)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """floor: nothing at or before this moment was looked at (None: all there is)."""

    events: list[Event]
    floor: datetime | None = None


def names_of(profile_id: int) -> list[str]:
    """The names of all that she ever did, in order; at most MANY_NAMES + 1."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, {"person": profile_id, "most": MANY_NAMES})
        return [name for (name,) in cursor.fetchall()]


def newest(
    profile_id: int, names: Sequence[str], limit: int, *, before: datetime | None = None
) -> list[Event]:
    """Her newest events of these names, before a moment."""
    if not names:
        return []
    statement = NEWEST if len(names) <= MANY_NAMES else AS_THEY_LIE
    return list(
        Event.objects.raw(
            statement.format(before=_before(before)),
            {"person": profile_id, "names": list(names), "limit": limit, "before": before},
        )
    )


def of_sources(
    profile_id: int,
    names: Sequence[str],
    limit: int,
    *,
    sources: Collection[int] = (),
    without: Collection[int] | None = None,
    before: datetime | None = None,
) -> Found:
    """Her newest events from some sources, or (`without`) from none of these. The search goes a bounded way back: where
    it ended short of `limit`, `floor` says from where to go on."""
    if not names:
        return Found([])
    wanted = "e.source_id = any(%(sources)s)"
    if without is not None:
        wanted = "e.source_id is null or e.source_id <> all(%(sources)s)"
    values: dict[str, Any] = {
        "person": profile_id,
        "names": list(names),
        "limit": limit,
        "before": before,
        "sources": list(sources if without is None else without),
        "looked": LOOKED_AT,
    }
    events = list(Event.objects.raw(OF_SOURCES.format(before=_before(before), wanted=wanted), values))
    floor = events[0].floor if events else _floor(values, before)  # type: ignore[attr-defined]
    if floor is not None and before is not None and floor + timedelta(microseconds=1) >= before:
        floor -= timedelta(microseconds=1)  # hundreds at one moment: on, past them
    return Found(events, floor)


def counts(events: Iterable[Event], since: datetime) -> list[tuple[str, int]]:
    """How often what, of these events: [(name, times)], the most frequent first."""
    found: dict[str, int] = {}
    for event in events:
        if event.ts >= since:
            found[event.name] = found.get(event.name, 0) + 1
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def _before(before: datetime | None) -> str:
    return "" if before is None else "and e.ts < %(before)s"


def _floor(values: dict[str, Any], before: datetime | None) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR.format(before=_before(before)), values)
        found: datetime | None = cursor.fetchone()[0]
        return found
