"""One statement that looks at some people for some segments, and gives only what is other than it is written down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.fast_sql import array, fetch
from profiles.conditions.builder import Builder, zones
from profiles.conditions.compiling import joined
from profiles.conditions.tree import Group, Leaf
from profiles.membership.index import Index, Kept

LEAVES = 60  # of one statement


@dataclass(frozen=True, slots=True)
class Found:
    """She is in it (or not), and has to be looked at again at `moment`; `crosses`: that is other than was known."""

    segment_id: int
    profile_id: int
    inside: bool
    crosses: bool
    moment: datetime | None


def look(known: Index, segments: Sequence[Kept], people: Sequence[int], now: datetime) -> list[Found]:
    found: list[Found] = []
    if people:
        for some in _portions([one for one in segments if one.root is not None and not one.is_list]):
            found += [Found(*row) for row in _look(known, some, people, now)]
    return found


def _portions(segments: Sequence[Kept]) -> Iterator[list[Kept]]:
    some: list[Kept] = []
    size = 0
    for one in segments:
        if some and size + len(one.leaves) > LEAVES:
            yield some
            some, size = [], 0
        some.append(one)
        size += len(one.leaves)
    if some:
        yield some


def _look(known: Index, segments: Sequence[Kept], people: Sequence[int], now: datetime) -> list[Any]:
    """The innermost query finds each leaf's value once, the next one what it says (see conditions.evaluation)."""
    build = Builder(known.workspace_id, now, everyone=True, paged=True)
    leaves = [leaf for one in segments for leaf in one.leaves]
    numbers: dict[str, int] = {}  # what several segments ask for is looked up once
    places = [numbers.setdefault(_text(leaf), len(numbers)) for leaf in leaves]
    distinct = [leaves[places.index(number)] for number in range(len(numbers))]
    columns, of = _values(distinct, build)
    inner_zone, build.zone_sql, build.person_sql = build.zone_sql, "v.zone", "v.id"
    results, moments = [], []
    for n, leaf in enumerate(distinct):
        kind, shared = leaf.kind, leaf.kind.shared(leaf.raw) is not None
        results.append(f"{(kind.shared_result if shared else kind.result)(leaf.raw, build, of[n])} as r{n}")
        moments.append((kind.shared_moment if shared else kind.moment)(leaf.raw, build, of[n]))
    if build.uses_zone:
        columns.append(f"{inner_zone} as zone")
    through = ["v.id", *results, *(f"{moment} as t{n}" for n, moment in enumerate(moments) if moment)]
    answers, at = [], iter(places)
    for one in segments:
        mine = [next(at) for _leaf in one.leaves]
        assert one.root is not None
        times = ", ".join(f"r.t{n}" for n in dict.fromkeys(mine) if moments[n])
        moment = f"least({times})" if times else "null::timestamptz"
        answers.append(f"({one.id}::bigint, {_said(one.root, iter(mine))}, {moment})")
    sql = (
        "select x.segment, r.id, x.inside, x.inside is distinct from (m.profile_id is not null), x.moment "
        f"from (select {', '.join(through)} from (select {', '.join(columns)} from profiles_profile p "
        "cross join (select null::bigint enrolment_id, null::timestamptz entered_at) b "
        f"{build.people()} where p.id = any(%(people)s::bigint[]) and p.workspace_id = %(workspace)s "
        "and p.erased_at is null and p.merged_into_id is null offset 0) v offset 0) r "
        f"cross join lateral (values {', '.join(answers)}) x(segment, inside, moment) "
        # `limit` keeps them look-ups by key: just after a million were written the planner knows of none, and joined
        # freely it reads all of them once a person.
        "left join lateral (select m.profile_id from profiles_segmentmember m "
        "where m.segment_id = x.segment and m.profile_id = r.id limit 1) m on true "
        "left join lateral (select d.due_at from profiles_segmentmoment d "
        "where d.segment_id = x.segment and d.profile_id = r.id and x.moment is not null limit 1) d on true "
        "where x.inside is distinct from (m.profile_id is not null) "
        "or x.moment < coalesce(d.due_at, 'infinity')"
    )
    values_of = build.params | {
        "people": array(people),
        "workspace": known.workspace_id,
        "zone": known.zone if known.zone in zones() else "UTC",
    }
    return fetch(sql, values_of)


def _values(leaves: Sequence[Leaf], build: Builder) -> tuple[list[str], list[str]]:
    """The columns of the innermost query, and in which of them each leaf finds its value."""
    together: dict[tuple[str, str], list[int]] = {}
    for n, leaf in enumerate(leaves):
        shared = leaf.kind.shared(leaf.raw)
        together.setdefault((leaf.kind.key, f"v{n}" if shared is None else f"shared {shared}"), []).append(n)
    columns, of = ["p.id"], [""] * len(leaves)
    for numbers in together.values():
        first = leaves[numbers[0]]
        if first.kind.shared(first.raw) is None:
            value = first.kind.value(first.raw, build)
        else:
            value = first.kind.shared_value([leaves[n].raw for n in numbers], build)
        columns.append(f"{value} as v{numbers[0]}")
        for n in numbers:
            of[n] = f"v.v{numbers[0]}"
    return columns, of


def _text(leaf: Leaf) -> str:
    return f"{leaf.kind.key} {sorted(leaf.raw.items(), key=lambda item: item[0])!r}"


def _said(node: Group | Leaf, places: Iterator[int]) -> str:
    if isinstance(node, Leaf):
        return f"r.r{next(places)}"
    return joined(node, [_said(part, places) for part in node.parts])
