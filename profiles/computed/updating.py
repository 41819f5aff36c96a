"""Bringing figures up to date: for the people of a batch, within its transaction, or for people whose events moved."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.computed.definitions import Definition, needed, of_workspace
from profiles.computed.statements import bring_up

_WRITE = """
update profiles_profile p set attributes = (p.attributes || n.given) - d.gone, updated_at = %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, given jsonb, gone jsonb)
cross join lateral (select array(select jsonb_array_elements_text(n.gone)) as gone) d
where p.id = n.id and p.erased_at is null and p.merged_into_id is null
    and (p.attributes || n.given) - d.gone is distinct from p.attributes
returning p.id
"""
FORGET = (
    "delete from profiles_computedstate where profile_id = any(%(ids)s::bigint[])",
    "delete from profiles_computedtally where profile_id = any(%(ids)s::bigint[])",
)


class Watch:
    """The figures that a batch of calls may move."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.definitions = definitions
        self.attributes = frozenset(one.name for one in definitions)

    def people(self, events: Iterable[tuple[Call, int]]) -> set[int]:
        """Whose figures it may move."""
        names = {name for one in self.definitions for name in one.events}
        return {pk for call, pk in events if call.event in names} if names else set()

    def update(self, cursor: CursorWrapper, events: Sequence[tuple[Call, int]], now: datetime) -> None:
        """After the events are stored, with their people locked."""
        values: dict[int, dict[str, Any]] = {}
        for one in self.definitions:
            names, wanted = frozenset(one.events), needed(one)
            mine = [(call, pk) for call, pk in events if call.event in names]
            if not mine:
                continue
            rows = [
                {
                    "profile_id": pk,
                    "ts": call.ts,
                    "properties": {name: call.properties[name] for name in wanted if name in call.properties},
                }
                for call, pk in mine
            ]
            people = sorted({pk for _call, pk in mine})
            _found(values, one, people, bring_up(cursor, one, people, _json(rows), now))
        write(cursor, values, now)


def watch(workspace_id: int, calls: Sequence[Call]) -> Watch:
    """Before anybody is looked up: takes computed names out of what the calls say, and marks those that need their
    person's row locked because a figure will be written."""
    definitions = of_workspace(workspace_id)
    if not definitions:
        return _NOTHING
    computed = {one.name for one in definitions}
    by_event: dict[str, list[Definition]] = {}
    for one in definitions:
        for name in one.events:
            by_event.setdefault(name, []).append(one)
    wanted: dict[int, Definition] = {}
    for call in calls:
        if call.event in by_event:
            call.writes = True
            wanted.update((one.id, one) for one in by_event[call.event])
        for values in (call.traits, call.fill):
            for name in computed & values.keys():
                del values[name]
    return Watch([wanted[pk] for pk in sorted(wanted)])


_NOTHING = Watch(())


def count_one(
    cursor: CursorWrapper,
    workspace_id: int,
    profile_id: int,
    name: str,
    properties: dict[str, Any],
    at: datetime,
) -> None:
    """One event that was stored in another way than by record_event (a simulation's), in its transaction."""
    call = Call(kind="track", ts=at, profile_id=profile_id, event=name, properties=properties)
    watch(workspace_id, [call]).update(cursor, [(call, profile_id)], at)


def recompute(cursor: CursorWrapper, workspace_id: int, people: Iterable[int], now: datetime) -> list[int]:
    """Everything anew for these people, in a transaction that has locked them: their events moved to them, or away.
    Returns those whose attributes changed."""
    ids = sorted(set(people))
    definitions = of_workspace(workspace_id)
    if not definitions or not ids:
        return []
    for statement in FORGET:
        cursor.execute(statement, {"ids": ids})
    values: dict[int, dict[str, Any]] = {}
    for one in definitions:
        _found(values, one, ids, bring_up(cursor, one, ids, "[]", now))
    return write(cursor, values, now)


def _found(
    values: dict[int, dict[str, Any]], one: Definition, people: Iterable[int], found: dict[int, Any]
) -> None:
    for pk in people:
        values.setdefault(pk, {})[one.name] = found.get(pk)


def write(cursor: CursorWrapper, values: dict[int, dict[str, Any]], now: datetime) -> list[int]:
    """values: {profile: {attribute: value, or None for none}}; the ids of those that are other than before."""
    rows = [
        {
            "id": pk,
            "given": {name: value for name, value in given.items() if value is not None},
            "gone": [name for name, value in given.items() if value is None],
        }
        for pk, given in sorted(values.items())
    ]
    if not rows:
        return []
    cursor.execute(_WRITE, {"rows": _json(rows), "now": now})
    return [pk for (pk,) in cursor.fetchall()]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
