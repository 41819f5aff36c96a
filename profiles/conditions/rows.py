"""A condition as the form shows it: rows that match all or any, with groups among them. Pure: tree, rows, form data.

The tree is the only state. What a row can't hold (deeper groups, rare settings) stays in it as JSON, untouched.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, cast

from profiles.conditions.blanks import Known
from profiles.conditions.registry import all_kinds, kind_of
from profiles.conditions.tree import Json

GROUP, JSON = "group", "json"
MOST_ROWS = 100
DEEPEST = 1  # levels of groups within a row, where the form says nothing else


@dataclass(slots=True)
class Row:
    """`kind`: the key of a leaf kind, "group" or "json". `tree` is what stands in the document, without its "not"."""

    kind: str
    tree: Any = None
    negated: bool = False
    match: str = "all"
    rows: list["Row"] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """`wrapped`: whether a single row stands in a list of its own."""

    match: str = "all"
    rows: list[Row] = field(default_factory=list)
    wrapped: bool = False


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def from_tree(tree: Any, known: Known) -> Form:
    if tree is None or tree == {} or tree == "":
        return Form()
    if (match := matching(tree)) is not None:
        return Form(match, [row_of(part, known) for part in tree[match]], wrapped=True)
    return Form("all", [row_of(tree, known)])


def matching(tree: Any) -> str | None:
    if not isinstance(tree, dict) or len(tree) != 1:
        return None
    return next((how for how in ("all", "any") if isinstance(tree.get(how), list)), None)


def row_of(tree: Any, known: Known, deep: int = DEEPEST) -> Row:
    if (
        isinstance(tree, dict)
        and set(tree) == {"not"}
        and isinstance(tree["not"], dict)
        and "not" not in tree["not"]
    ):
        row = row_of(tree["not"], known, deep)
        row.negated = True
        return row
    if deep > 0 and (match := matching(tree)) is not None:
        return Row(GROUP, match=match, rows=[row_of(part, known, deep - 1) for part in tree[match]])
    return _leaf(tree, known)


def _leaf(tree: Any, known: Known) -> Row:
    kind = kind_of(tree) if isinstance(tree, dict) and not {"all", "any", "not"} & set(tree) else None
    if kind is None or not kind.label:
        return Row(JSON, tree)
    try:
        kept = same(kind.read(kind.fields(tree), known), tree)
    except (TypeError, ValueError, AttributeError, KeyError):
        kept = False
    return Row(kind.key if kept else JSON, tree)


def to_tree(form: Form) -> Json:
    if len(form.rows) == 1 and not form.wrapped:
        return cast(Json, tree_of(form.rows[0]))
    if not form.rows and not form.wrapped:
        return {}
    return {form.match: [tree_of(row) for row in form.rows]}


def tree_of(row: Row) -> Any:
    tree = {row.match: [tree_of(inner) for inner in row.rows]} if row.kind == GROUP else row.tree
    return {"not": tree} if row.negated else tree


def empty(kind: str) -> Row:
    if kind == GROUP:
        return Row(GROUP, match="any", rows=[empty("attribute")])
    return Row(kind, all_kinds()[kind].empty())


# Form data: <name>-rows holds how many rows there are, row i is <name>-i, a group's rows <name>-i-rows and <name>-i-j.


def read(data: Mapping[str, Any], name: str, known: Known, kinds: list[str]) -> Form:
    form = Form(match_of(data, name), wrapped=data.get(f"{name}-wrapped") == "1")
    form.rows = rows_of(data, name, known, kinds)
    act(form, str(data.get(f"{name}-do") or ""), kinds)
    return form


def match_of(data: Mapping[str, Any], name: str) -> str:
    """A row that is joined by the other word turns the match of all of them."""
    match = "any" if data.get(f"{name}-match") == "any" else "all"
    other = "all" if match == "any" else "any"
    turned = any(data.get(f"{name}-{i}-lead") == other for i in range(1, count_of(data, f"{name}-rows")))
    return other if turned else match


def count_of(data: Mapping[str, Any], name: str) -> int:
    raw = str(data.get(name) or "0")
    return min(int(raw), MOST_ROWS) if raw.isdecimal() and len(raw) < 5 else 0


def rows_of(
    data: Mapping[str, Any], name: str, known: Known, kinds: list[str], deep: int = DEEPEST
) -> list[Row]:
    return [_posted(data, f"{name}-{i}", known, kinds, deep) for i in range(count_of(data, f"{name}-rows"))]


def _posted(data: Mapping[str, Any], name: str, known: Known, kinds: list[str], deep: int) -> Row:
    was, kind = str(data.get(f"{name}-was_kind") or ""), str(data.get(f"{name}-kind") or "")
    negated = data.get(f"{name}-lead") == "not"
    if kind != was and kind in kinds:
        row = empty(kind)
    elif was == GROUP and deep > 0:
        row = Row(GROUP, match=match_of(data, name), rows=rows_of(data, name, known, kinds, deep - 1))
    elif was == JSON:
        row = Row(JSON, _json(data, name))
    else:
        found = all_kinds().get(was)
        row = (
            Row(was, found.read(found.posted(data, name), known))
            if found and found.label
            else empty(kinds[0])
        )
        if found and was == "event":
            _tests(row, str(data.get(f"{name}-do") or ""))
    row.negated = negated
    return row


def _json(data: Mapping[str, Any], name: str) -> Any:
    """A text that is no JSON is kept as a text: the check of the condition tells where it is wrong."""
    raw = str(data.get(f"{name}-json") or "").replace("\0", "")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def _tests(row: Row, do: str) -> None:
    verb, _colon, at = do.partition(":")
    tests = list(row.tree.get("where", []))
    if verb == "where":
        tests.append({"property": "", "op": "is", "value": ""})
    elif verb == "unwhere" and at.isdecimal() and int(at) < len(tests):
        del tests[int(at)]
    row.tree.pop("where", None)
    if tests:
        row.tree["where"] = tests


def act(form: Form, do: str, kinds: list[str]) -> None:
    """add, group, add:2 (into the group at 2), remove:2, remove:2.0, copy:2.0."""
    verb, path = verb_of(do)
    if verb == "group":
        put(form.rows, empty(GROUP))
    elif verb == "add":
        group = group_at(form.rows, path)
        put(form.rows if group is None else group, empty(kinds[0]))
    else:
        change_at(form.rows, verb, path)


def verb_of(do: str) -> tuple[str, list[int]]:
    verb, _colon, at = do.partition(":")
    return verb, [int(part) for part in at.split(".") if part.isdecimal() and len(part) < 5]


def put(rows: list[Row], new: Row) -> None:
    if len(rows) < MOST_ROWS:
        rows.append(new)


def group_at(rows: list[Row], path: list[int]) -> list[Row] | None:
    """The rows of the group there."""
    found: list[Row] | None = None
    for at in path:
        if at >= len(rows) or rows[at].kind != GROUP:
            return None
        rows = found = rows[at].rows
    return found


def change_at(rows: list[Row], verb: str, path: list[int]) -> None:
    """Remove or copy the row there. A group goes with its last row: empty it would hold for everyone, or nobody."""
    if not path or path[0] >= len(rows) or verb not in ("remove", "copy"):
        return
    at = path[0]
    if len(path) > 1:
        had = len(rows[at].rows)
        change_at(rows[at].rows, verb, path[1:])
        if had and not rows[at].rows:
            del rows[at]
    elif verb == "remove":
        del rows[at]
    elif len(rows) < MOST_ROWS:
        rows.insert(at + 1, deepcopy(rows[at]))
