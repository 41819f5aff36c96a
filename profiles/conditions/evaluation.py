"""Asking the database: conditions over the rows of a batch, or over everyone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from profiles.conditions.base import Builder
from profiles.conditions.compiling import Compiled, joined, node_sql
from profiles.conditions.tree import Group, Json, Leaf


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


def evaluate(conditions: Sequence[Compiled], rows: Rows) -> list[Verdicts]:
    """One statement for all conditions and rows. A person who is gone fails everything that must hold of her."""
    if not conditions:
        return []
    count = len(rows.profile_ids)
    if not count:
        return [Verdicts(c, [], [[] for _leaf in c.leaf_nodes], [[] for _leaf in c.leaf_nodes]) for c in conditions]
    build = Builder(rows.workspace_id)
    laterals: list[str] = []
    columns: list[str] = []
    for condition in conditions:
        names = []
        for leaf in condition.leaf_nodes:
            name = f"l{len(laterals)}"
            laterals.append(f"cross join lateral (select {leaf.kind.value(leaf.raw, build)} as v) {name}")
            names.append(leaf.kind.result(leaf.raw, build, f"{name}.v"))
            columns += [f"{name}.v::text", names[-1]]
        columns.append(_tree_sql(condition.root, iter(names)))
    sql = (
        f"select {', '.join(columns)} from {_batch(conditions, rows, build)} "
        "left join profiles_profile p on p.id = b.profile_id " + " ".join(laterals) + " order by b.n"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, build.params | {"now": rows.now, "zone": rows.zone, "workspace": rows.workspace_id})
        found = list(zip(*cursor.fetchall(), strict=True))
    return _read(conditions, found)


def _read(conditions: Sequence[Compiled], found: list[tuple[Any, ...]]) -> list[Verdicts]:
    at, verdicts = 0, []
    for condition in conditions:
        values, results = [], []
        for _leaf in condition.leaf_nodes:
            values.append([None if raw is None else msgspec.json.decode(raw) for raw in found[at]])
            results.append(list(found[at + 1]))
            at += 2
        verdicts.append(Verdicts(condition, list(found[at]), values, results))
        at += 1
    return verdicts


def _tree_sql(node: Group | Leaf, results: Any) -> str:
    if isinstance(node, Leaf):
        return str(next(results))
    return joined(node, [_tree_sql(part, results) for part in node.parts])


def _batch(conditions: Sequence[Compiled], rows: Rows, build: Builder) -> str:
    """The rows as a relation b(profile_id, enrolment_id, entered_at, entry, context, n); what is not needed is null."""
    arrays = [f"{build.param(list(rows.profile_ids), 'bigint[]')}"]
    names = ["profile_id"]

    def add(name: str, values: Sequence[Any] | None, cast: str) -> str:
        if values is None:
            return f"null::{cast} as {name}"
        arrays.append(build.param(list(values), f"{cast}[]"))
        names.append(name)
        return name

    picked = [
        "profile_id",
        add("enrolment_id", rows.enrolment_ids, "bigint"),
        add("entered_at", rows.entered_at, "timestamptz"),
        _json_column("entry", rows.entry if any(c.needs_entry for c in conditions) else None, build),
        _json_column("context", rows.context if any(c.needs_context for c in conditions) else None, build),
        "n",
    ]
    return f"(select {', '.join(picked)} from unnest({', '.join(arrays)}) with ordinality u({', '.join(names)}, n)) b"


def _json_column(name: str, values: Sequence[Json] | None, build: Builder) -> str:
    """One JSON document for the whole column: far cheaper than an array of texts."""
    if values is None:
        return f"null::jsonb as {name}"
    document = build.param(msgspec.json.encode(list(values)).decode(), "jsonb")
    return f"({document} -> (n - 1)::int) as {name}"


_EVERYONE = (
    "from profiles_profile p cross join (select null::bigint enrolment_id, null::timestamptz entered_at, "
    "null::jsonb entry, null::jsonb context) b "
    "where p.workspace_id = %(workspace)s and p.erased_at is null and p.merged_into_id is null"
)


def audience(
    compiled: Compiled | None, workspace_id: int, now: datetime, after_id: int = 0, limit: int | None = None, zone: str = "UTC"
) -> list[int]:
    """Ids of the workspace's people for whom it holds (None: everyone), in their order, after `after_id`."""
    build = Builder(workspace_id)
    test = f" and {node_sql(compiled.root, build)}" if compiled else ""
    sql = f"select p.id {_EVERYONE} and p.id > %(after)s{test} order by p.id" + (f" limit {int(limit)}" if limit else "")
    params = {"now": now, "zone": zone, "workspace": workspace_id, "after": after_id}
    with connection.cursor() as cursor:
        cursor.execute(sql, build.params | params)
        return [row[0] for row in cursor.fetchall()]


def audience_count(compiled: Compiled | None, workspace_id: int, now: datetime, zone: str = "UTC") -> int:
    build = Builder(workspace_id)
    test = f" and {node_sql(compiled.root, build)}" if compiled else ""
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) {_EVERYONE}{test}", build.params | {"now": now, "zone": zone, "workspace": workspace_id})
        return int(cursor.fetchone()[0])
