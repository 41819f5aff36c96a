"""Asking the database: conditions over the rows of a batch, or over everyone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from lib.fast_sql import bigints, fetch
from profiles.conditions.builder import Builder, pick, zones
from profiles.conditions.compiling import Compiled, joined, node_sql
from profiles.conditions.tree import Group, Json, Leaf

MANY = 50


@dataclass(slots=True)
class Rows:
    """A batch: one entry a row, in order; lists that no condition needs may be None. `zone`: for people without one."""

    workspace_id: int
    profile_ids: Sequence[int]
    now: datetime
    enrolment_ids: Sequence[int] | None = None
    entered_at: Sequence[datetime] | None = None
    entry: Sequence[Json] | None = None
    context: Sequence[Json] | None = None
    zone: str = "UTC"


@dataclass(slots=True)
class Verdicts:
    """The answers to one condition: by row; values and results of each leaf by leaf, then row."""

    compiled: Compiled
    results: list[bool]
    values: list[list[Any]]
    leaf_results: list[list[bool]]

    def why(self, row: int) -> list[Json]:
        """[{"condition": leaf, "value": v, "result": true|false}] in the document's order."""
        return [
            {"condition": leaf.raw, "value": self.values[i][row], "result": self.leaf_results[i][row]}
            for i, leaf in enumerate(self.compiled.leaf_nodes)
        ]


def evaluate(conditions: Sequence[Compiled], rows: Rows, many: int = MANY) -> list[Verdicts]:
    """One statement for all conditions and rows; the answer comes back by columns, one database row in all. From `many`
    rows on they are looked up as a set.

    The innermost query finds each leaf's value once, the next one what it says, the outermost joins them into answers;
    `offset 0` keeps the planner from merging the three and looking things up again for every mention.
    """
    if not conditions:
        return []
    if not rows.profile_ids:
        return [
            Verdicts(c, [], [[] for _leaf in c.leaf_nodes], [[] for _leaf in c.leaf_nodes])
            for c in conditions
        ]
    count = len(rows.profile_ids)
    build = Builder(rows.workspace_id, rows.now, many=count if count >= many else 0)
    leaves = [leaf for condition in conditions for leaf in condition.leaf_nodes]
    values = [f"{leaf.kind.value(leaf.raw, build)} as v{i}" for i, leaf in enumerate(leaves)]
    inner_zone, build.zone_sql = build.zone_sql, "v.zone"
    results = [f"{leaf.kind.result(leaf.raw, build, f'v.v{i}')} as r{i}" for i, leaf in enumerate(leaves)]
    answers = [
        f"string_agg(case when r.r{i} then '1' else '0' end, '' order by r.n)" for i in range(len(leaves))
    ]
    answers += [f"json_agg(r.s{i} order by r.n)::text" for i in range(len(leaves))]
    numbers = iter(range(len(leaves)))
    answers += [
        f"string_agg(case when {_tree_sql(c.root, numbers)} then '1' else '0' end, '' order by r.n)"
        for c in conditions
    ]
    if build.uses_zone:
        values.append(f"{inner_zone} as zone")
    shown = [f"{leaf.kind.shown(f'v.v{i}')} as s{i}" for i, leaf in enumerate(leaves)]
    inside = ", ".join(["v.n", *results, *shown])
    found_out = (
        f"select {', '.join(['b.n', *values])} from {_batch(leaves, rows, build)} {build.people()} offset 0"
    )
    sql = f"{build.front()}select {', '.join(answers)} from (select {inside} from ({found_out}) v offset 0) r"
    found = fetch(sql, build.params | _common(rows.workspace_id, rows.zone))
    return _read(conditions, found[0], len(leaves))


def _read(conditions: Sequence[Compiled], found: Sequence[str], count: int) -> list[Verdicts]:
    flags = [[flag == "1" for flag in text] for text in (*found[:count], *found[2 * count :])]
    values = [msgspec.json.decode(text) for text in found[count : 2 * count]]
    verdicts, at = [], 0
    for index, condition in enumerate(conditions):
        end = at + len(condition.leaf_nodes)
        verdicts.append(Verdicts(condition, flags[count + index], values[at:end], flags[at:end]))
        at = end
    return verdicts


def _tree_sql(node: Group | Leaf, numbers: Iterator[int]) -> str:
    if isinstance(node, Leaf):
        return f"r.r{next(numbers)}"
    return joined(node, [_tree_sql(part, numbers) for part in node.parts])


def _batch(leaves: Sequence[Leaf], rows: Rows, build: Builder) -> str:
    """The rows as a relation b(profile_id, enrolment_id, entered_at, g0 ..., n). Lists travel as one text each: far
    cheaper than one parameter a value."""
    count = len(rows.profile_ids)
    build.params["people"] = bigints(rows.profile_ids)
    columns = ["unnest(%(people)s::bigint[])"]
    names = ["profile_id"]
    nothing = []

    def add(name: str, values: Sequence[Any] | None, cast: str) -> None:
        if values is None or not any(leaf.kind.needs_enrolment(leaf.raw) for leaf in leaves):
            nothing.append(f"null::{cast} as {name}")
            return
        columns.append(f"unnest({build.param(_list(values), f'{cast}[]')})")
        names.append(name)

    add("enrolment_id", rows.enrolment_ids, "bigint")
    add("entered_at", rows.entered_at, "timestamptz")
    for i, (source, path) in enumerate(build.given):
        brought = rows.entry if source == "entry" else rows.context
        picked = [pick(one, path) for one in brought] if brought is not None else [None] * count
        columns.append(f"jsonb_array_elements({build.param(msgspec.json.encode(picked).decode(), 'jsonb')})")
        names.append(f"g{i}")
    listed = ", ".join([*names, *nothing, "n"])
    return (
        f"(select {listed} from rows from ({', '.join(columns)}) with ordinality u({', '.join(names)}, n)) b"
    )


def _list(values: Sequence[Any]) -> str:
    return (
        "{"
        + ",".join(
            "NULL" if one is None else one.isoformat() if isinstance(one, datetime) else str(one)
            for one in values
        )
        + "}"
    )


def _common(workspace_id: int, zone: str) -> dict[str, Any]:
    return {"zone": zone if zone == "UTC" or zone in zones() else "UTC", "workspace": workspace_id}


def _everyone(compiled: Compiled | None, build: Builder) -> str:
    test = f" and {node_sql(compiled.root, build)}" if compiled else ""
    return (
        "from profiles_profile p cross join (select null::bigint enrolment_id, null::timestamptz entered_at) b "
        f"{build.people()} "
        f"where p.workspace_id = %(workspace)s and p.erased_at is null and p.merged_into_id is null{test}"
    )


def audience(
    compiled: Compiled | None,
    workspace_id: int,
    now: datetime,
    after_id: int = 0,
    limit: int | None = None,
    zone: str = "UTC",
) -> list[int]:
    """Ids of the workspace's people for whom it holds (None: everyone), in their order, after `after_id`. Without a
    limit one grouped pass a count finds them all; with one people are looked at in their order until it is reached."""
    build = Builder(workspace_id, now, everyone=True, paged=limit is not None)
    found = _everyone(compiled, build)
    sql = f"{build.front()}select p.id {found} and p.id > %(after)s order by p.id"
    if limit is not None:
        sql += f" limit {int(limit)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, build.params | _common(workspace_id, zone) | {"after": after_id})
        return [row[0] for row in cursor.fetchall()]


def audience_sql(
    compiled: Compiled, workspace_id: int, now: datetime, zone: str = "UTC"
) -> tuple[str, dict[str, Any]]:
    """A query of the ids (column `id`) of those for whom it holds, and its parameters: for statements that go on."""
    build = Builder(workspace_id, now, everyone=True)
    found = _everyone(compiled, build)
    return f"{build.front()}select p.id {found}", build.params | _common(workspace_id, zone)


def audience_count(compiled: Compiled | None, workspace_id: int, now: datetime, zone: str = "UTC") -> int:
    build = Builder(workspace_id, now, everyone=True)
    with connection.cursor() as cursor:
        found = _everyone(compiled, build)
        cursor.execute(f"{build.front()}select count(*) {found}", build.params | _common(workspace_id, zone))
        return int(cursor.fetchone()[0])
