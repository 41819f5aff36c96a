"""Remembers the names of events, properties and attributes that really came: the catalogue's rows.

A source that sends ever new names is broken. Beyond LIMITS its new names are left out of the catalogue: events are
stored as they are, attributes are refused, and the source's errors tell (profiles.source_notes).
"""

import re
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles import source_notes
from profiles.call import Call
from profiles.catalogue import tally

Name = tuple[int, str, str, str]  # workspace, kind, event, name

# What this process has written already. Losing it costs one look at the table a name.
_seen: set[Name] = set()
_shapes: set[tally.Shape] = set()
_full: dict[tuple[int, int, str], float] = {}  # limits that were reached, until when that is believed
MOST = 50_000
LONGEST = 200
# New names that one source may bring.
LIMITS = {"attribute": 1000, "event": 1000, "property": 5000}
BELIEVED = 60.0
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")

# Names that are known come back, and as many of the new ones as the source has room for.
WRITE = """
with asked as (
    select n.kind, n.event, n.name, n.type from jsonb_to_recordset(%(rows)s::jsonb)
        as n(kind text, event text, name text, type text)
), known as (
    select k.kind, k.event, k.name from profiles_knownname k join asked n using (kind, event, name)
    where k.workspace_id = %(workspace)s
), room as (
    select l.key as kind, l.value::text::int - (
        select count(*) from profiles_knownname k
        where k.workspace_id = %(workspace)s and k.kind = l.key and k.first_source_id = %(source)s
    ) as free
    from jsonb_each(%(limits)s::jsonb) l
), added as (
    insert into profiles_knownname as k (workspace_id, kind, event, name, type, types, first_seen, first_source_id)
    select %(workspace)s, f.kind, f.event, f.name, f.type, case f.type when '' then '{}'::jsonb else
        jsonb_build_object(f.type, jsonb_build_object('at', %(now)s::timestamptz, 'source', %(source)s::bigint)) end,
        %(now)s, %(source)s
    from (
        select n.*, row_number() over (partition by n.kind order by n.event, n.name) as place
        from asked n where not exists (select from known w where (w.kind, w.event, w.name) = (n.kind, n.event, n.name))
    ) f join room r on r.kind = f.kind and (f.place <= r.free or %(source)s::bigint is null)
    order by f.kind, f.event, f.name
    on conflict (workspace_id, kind, event, name) do update set name = k.name
    returning k.kind, k.event, k.name
)
select kind, event, name from known union all select kind, event, name from added
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


def admit(
    cursor: CursorWrapper, workspace_id: int, source_id: int | None, calls: Sequence[Call], now: datetime
) -> "Noted":
    """Writes the attributes that are new to this process, and takes those beyond the limit out of the calls."""
    noted = Noted(workspace_id, source_id)
    new: dict[Name, str] = {}
    for call in calls:
        for values in (call.traits, call.fill):
            for name, value in values.items():
                if (workspace_id, "attribute", "", name) not in _seen:
                    _note(new, (workspace_id, "attribute", "", name), value)
    if not new:
        return noted
    refused = {name[3] for name in _write(cursor, noted, new, now)}
    if not refused:
        return noted
    for call in calls:
        for values in (call.traits, call.fill):
            lost = [name for name in values if name in refused]
            for name in lost:
                del values[name]
            if lost:
                noted.refused.append({"attributes": sorted(lost)[:20], "userId": call.user_id})
    return noted


class Noted:
    """What a batch brought; `remember` it once that is committed."""

    def __init__(self, workspace_id: int, source_id: int | None) -> None:
        self.workspace_id, self.source_id = workspace_id, source_id
        self.names: set[Name] = set()
        self.shapes: dict[tally.Shape, tally.Count] = {}
        self.refused: list[dict[str, Any]] = []  # calls that lost attributes
        self.uncatalogued = 0  # events and properties beyond the limit


def note(
    cursor: CursorWrapper,
    noted: Noted,
    events: Iterable[tuple[str, dict[str, Any]]],
    attributes: Iterable[dict[str, Any]],
    now: datetime,
) -> None:
    """Counts what came, and writes the names of events and properties that are new to this process."""
    workspace_id, source, shapes = noted.workspace_id, noted.source_id or 0, noted.shapes
    new: dict[Name, str] = {}
    shape: tally.Shape
    for event, properties in events:
        shape = (workspace_id, source, event, tuple(properties), tuple(map(type, properties.values())))
        count = shapes.get(shape)
        if count is not None:
            count.n += 1
            count.sample = properties
            continue
        shapes[shape] = tally.Count(properties, now)
        if shape in _shapes:
            continue
        _note(new, (workspace_id, "event", "", event), "")
        for name, value in properties.items():
            _note(new, (workspace_id, "property", event, name), value)
    for values in attributes:
        if values:
            shape = (workspace_id, source, None, tuple(values), tuple(map(type, values.values())))
            count = shapes.get(shape)
            if count is None:
                shapes[shape] = tally.Count(values, now)
            else:
                count.n += 1
                count.sample = values
    if new:
        noted.uncatalogued += len(_write(cursor, noted, new, now))


def _note(new: dict[Name, str], name: Name, value: Any) -> None:
    if name not in _seen and name not in new and len(name[3]) <= LONGEST and value is not None:
        new[name] = "" if name[1] == "event" else guess(value)


def _write(cursor: CursorWrapper, noted: Noted, new: dict[Name, str], now: datetime) -> set[Name]:
    """Returns the names for which there was no room."""
    workspace_id, source_id = noted.workspace_id, noted.source_id
    kinds = {name[1] for name in new}
    limits = {kind: limit for kind, limit in LIMITS.items() if kind in kinds}
    for kind in kinds:
        if _full.get((workspace_id, source_id or 0, kind), 0.0) > time.monotonic():
            limits[kind] = 0
    rows = [{"kind": k, "event": e, "name": n, "type": kind} for (_, k, e, n), kind in new.items()]
    cursor.execute(
        WRITE,
        {
            "workspace": workspace_id,
            "source": source_id,
            "now": now,
            "limits": msgspec.json.encode(limits).decode(),
            "rows": msgspec.json.encode(rows).decode(),
        },
    )
    admitted: set[Name] = {(workspace_id, kind, event, name) for kind, event, name in cursor.fetchall()}
    noted.names |= admitted
    refused = new.keys() - admitted
    for kind in {name[1] for name in refused}:
        _full.setdefault((workspace_id, source_id or 0, kind), time.monotonic() + BELIEVED)
    return refused


def remember(noted: Noted, now: datetime) -> None:
    """After the commit of what brought it."""
    if len(_seen) + len(_shapes) > MOST:
        forget()
    if len(_full) and min(_full.values()) < time.monotonic():
        _full.clear()
    _seen.update(noted.names)
    if not noted.uncatalogued:
        _shapes.update(noted.shapes)
    tally.add(noted.shapes)
    if noted.source_id is not None:
        for lost in noted.refused:
            reason = f"more than {LIMITS['attribute']} attributes of this source: new ones are left out"
            source_notes.refused(noted.source_id, noted.workspace_id, reason, lost, now)
        if noted.uncatalogued:
            reason = (
                "too many different events or properties of this source: stored, but not in the catalogue"
            )
            shape = next(iter(noted.shapes))
            sample = {"event": shape[2], "properties": list(shape[3])[:20]}
            source_notes.refused(noted.source_id, noted.workspace_id, reason, sample, now)


def forget() -> None:
    _seen.clear()
    _shapes.clear()
    _full.clear()
