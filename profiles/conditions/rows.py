"""A condition as the form shows it: rows that match all or any, with one level of groups. Pure: tree, rows, form data.

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
    if (match := _matching(tree)) is not None:
        return Form(match, [_row(part, known) for part in tree[match]], wrapped=True)
    return Form("all", [_row(tree, known)])


def _matching(tree: Any) -> str | None:
    if not isinstance(tree, dict) or len(tree) != 1:
        return None
    return next((how for how in ("all", "any") if isinstance(tree.get(how), list)), None)


def _row(tree: Any, known: Known, depth: int = 0) -> Row:
    if (
        isinstance(tree, dict)
        and set(tree) == {"not"}
        and isinstance(tree["not"], dict)
        and "not" not in tree["not"]
    ):
        row = _row(tree["not"], known, depth)
        row.negated = True
        return row
    if depth == 0 and (match := _matching(tree)) is not None:
        return Row(GROUP, match=match, rows=[_row(part, known, 1) for part in tree[match]])
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
        return cast(Json, _tree(form.rows[0]))
    if not form.rows and not form.wrapped:
        return {}
    return {form.match: [_tree(row) for row in form.rows]}


def _tree(row: Row) -> Any:
    tree = {row.match: [_tree(inner) for inner in row.rows]} if row.kind == GROUP else row.tree
    return {"not": tree} if row.negated else tree


def empty(kind: str) -> Row:
    if kind == GROUP:
        return Row(GROUP, match="any", rows=[empty("attribute")])
    return Row(kind, all_kinds()[kind].empty())


# Form data: <name>-rows holds how many rows there are, row i is <name>-i, a group's rows <name>-i-rows and <name>-i-j.


def read(data: Mapping[str, Any], name: str, known: Known, kinds: list[str]) -> Form:
    form = Form(_match(data, name), wrapped=data.get(f"{name}-wrapped") == "1")
    form.rows = _rows(data, name, known, kinds)
    act(form, str(data.get(f"{name}-do") or ""), kinds)
    return form


def _match(data: Mapping[str, Any], name: str) -> str:
    return "any" if data.get(f"{name}-match") == "any" else "all"


def _rows(data: Mapping[str, Any], name: str, known: Known, kinds: list[str], depth: int = 0) -> list[Row]:
    raw = str(data.get(f"{name}-rows") or "0")
    count = min(int(raw), MOST_ROWS) if raw.isdecimal() and len(raw) < 5 else 0
    return [_posted(data, f"{name}-{i}", known, kinds, depth) for i in range(count)]


def _posted(data: Mapping[str, Any], name: str, known: Known, kinds: list[str], depth: int) -> Row:
    was, kind = str(data.get(f"{name}-was_kind") or ""), str(data.get(f"{name}-kind") or "")
    negated = data.get(f"{name}-lead") == "not"
    if kind != was and kind in kinds:
        row = empty(kind)
    elif was == GROUP and depth == 0:
        row = Row(GROUP, match=_match(data, name), rows=_rows(data, name, known, kinds, 1))
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
    verb, _colon, at = do.partition(":")
    path = [int(part) for part in at.split(".") if part.isdecimal()][:2]
    rows = form.rows
    if verb in ("add", "group") and len(rows) < MOST_ROWS:
        new = empty(GROUP if verb == "group" else kinds[0])
        if verb == "add" and path and path[0] < len(rows) and rows[path[0]].kind == GROUP:
            rows = rows[path[0]].rows
        rows.append(new)
    if verb in ("remove", "copy") and path:
        if len(path) == 2:
            if path[0] >= len(rows):
                return
            rows = rows[path[0]].rows
        if path[-1] >= len(rows):
            return
        if verb == "copy":
            twin = rows[path[-1]]
            rows.insert(path[-1] + 1, deepcopy(twin))
        else:
            del rows[path[-1]]
            if len(path) == 2 and not rows:  # an empty group would hold for everyone, or nobody
                del form.rows[path[0]]
