"""Remembers the names of events, properties and attributes that really came, for the sentence builder to offer."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

Name = tuple[int, str, str, str]  # workspace, kind, event, name

# What this process has written already. Losing it costs one look at the table a name.
_seen: set[tuple[Any, ...]] = set()
_shapes: set[tuple[Any, ...]] = set()
MOST = 50_000
LONGEST = 200
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")

WRITE = """
insert into profiles_knownname (workspace_id, kind, event, name, type, first_seen)
select %(workspace)s, n.kind, n.event, n.name, n.type, %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as n(kind text, event text, name text, type text)
order by n.kind, n.event, n.name
on conflict (workspace_id, kind, event, name) do nothing
"""


def guess(value: Any) -> str:
    """text, number, date, yes_no, list, object."""
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    if isinstance(value, dict):
        return "object"
    return "date" if isinstance(value, str) and _DATE.fullmatch(value) else "text"


def note(
    cursor: CursorWrapper,
    workspace_id: int,
    events: Iterable[tuple[str, dict[str, Any]]],
    attributes: Iterable[dict[str, Any]],
    now: datetime,
) -> set[tuple[Any, ...]]:
    """Writes the names that are new to this process; give what it returns to `remember` once that is committed."""
    new: dict[Name, str] = {}
    shapes: set[tuple[Any, ...]] = set()
    for event, properties in events:
        shape = (workspace_id, event, *properties)
        if shape in _shapes or shape in shapes:
            continue
        shapes.add(shape)
        _note(new, (workspace_id, "event", "", event), "")
        for name, value in properties.items():
            _note(new, (workspace_id, "property", event, name), value)
    for values in attributes:
        for name, value in values.items():
            if (workspace_id, "attribute", "", name) not in _seen:
                _note(new, (workspace_id, "attribute", "", name), value)
    if new:
        rows = [{"kind": k, "event": e, "name": n, "type": kind} for (_, k, e, n), kind in new.items()]
        cursor.execute(
            WRITE, {"workspace": workspace_id, "now": now, "rows": msgspec.json.encode(rows).decode()}
        )
    return {*new, *(("shape", *shape) for shape in shapes)}


def _note(new: dict[Name, str], name: Name, value: Any) -> None:
    if name not in _seen and name not in new and len(name[3]) <= LONGEST and value is not None:
        new[name] = "" if name[1] == "event" else guess(value)


def remember(noted: set[tuple[Any, ...]]) -> None:
    if len(_seen) + len(_shapes) > MOST:
        forget()
    for name in noted:
        if name[0] == "shape":
            _shapes.add(name[1:])
        else:
            _seen.add(name)


def forget() -> None:
    _seen.clear()
    _shapes.clear()
