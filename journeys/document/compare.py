"""What differs between two documents: what came, what went, what was set otherwise, and which roads lead elsewhere.

Steps and triggers are matched by their keys, which never change. Where cards lie on the canvas and its notes are left
out: nobody walks another way for them. Names of parts and values stay raw; `journeys.changes` puts them into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from journeys.document.shape import Document, Step, Trigger, escape, parse


class _Missing(Enum):
    MISSING = "missing"


MISSING = _Missing.MISSING

# Trees that mean one thing as a whole: a condition, the tests of an event, a calendar.
_WHOLE = frozenset({"when", "where", "condition", "audience", "exit_when", "weekdays", "schema"})
_DEFAULT_OUTLETS = ("next", "timeout", "else", "not_sent")


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting. `path` is its place ("branches/vip/when"; rows of a list go by their own key); MISSING where a side
    has none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Road:
    """A way out that leads elsewhere now; None: nowhere."""

    outlet: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A step or trigger that both have. `kind` where it became another kind of step."""

    key: str
    kind: tuple[str, str] | None = None
    settings: tuple[Difference, ...] = ()
    roads: tuple[Road, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.kind or self.settings or self.roads)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Keys in the order of their document."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[NodeChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Document
    after: Document
    steps: Nodes = field(default_factory=Nodes)
    triggers: Nodes = field(default_factory=Nodes)
    policy: tuple[Difference, ...] = ()
    journey: tuple[Difference, ...] = ()  # name, description, time_zone, stage

    @property
    def empty(self) -> bool:
        nodes = [part for n in (self.steps, self.triggers) for part in (n.added, n.removed, n.changed)]
        return not (any(nodes) or self.policy or self.journey)


def compare(before: object, after: object) -> Comparison:
    """Raises DocumentError for what is no document."""
    old, new = parse(before), parse(after)
    return Comparison(
        old,
        new,
        steps=_nodes(old.steps, new.steps),
        triggers=_nodes(old.triggers, new.triggers),
        policy=tuple(differences(old.policy, new.policy)),
        journey=tuple(
            Difference(name, old.raw.get(name, MISSING), new.raw.get(name, MISSING))
            for name in ("name", "description", "stage", "time_zone")
            if (old.raw.get(name) or None) != (new.raw.get(name) or None)
        ),
    )


def stays(old: Step, new: Step | None) -> bool:
    """Whether a visit at `old` goes on at `new` as it is: the same kind with the same settings."""
    return new is not None and old.kind == new.kind and old.settings == new.settings


def successor(before: Document, key: str, after: Document) -> str | None:
    """Where people at a step go that `after` lacks: the first step after it that is still there; None where all roads
    from it are gone. Along the way of those for whom nothing happened (time is up, otherwise) before any other: nobody
    is taken for having done what she did not do."""
    seen: set[str] = set()
    open_ = [key]
    while open_:
        here = open_.pop()
        if here in seen or here not in before.steps:
            continue
        seen.add(here)
        if here in after.steps and here != key:
            return here
        following = before.steps[here].next
        ways = sorted(
            following, key=lambda outlet: _DEFAULT_OUTLETS.index(outlet) if outlet in _DEFAULT_OUTLETS else 9
        )
        open_ += [following[outlet] for outlet in reversed(ways)]
    return None


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """Setting by setting. Numbers equal in value are equal; nothing, null and what is not there are the same."""
    if _same(before, after):
        return []
    name = path.rpartition("/")[2]
    if _are_objects(name, before, after):
        return [
            one
            for key in dict.fromkeys([*before, *after])
            for one in differences(before.get(key, MISSING), after.get(key, MISSING), _at(path, key))
        ]
    if name not in _WHOLE and (rows := _keyed(before, after)) is not None:
        old, new = rows
        found = [
            one
            for key in dict.fromkeys([*old, *new])
            for one in _row(old.get(key, MISSING), new.get(key, MISSING), _at(path, key))
        ]
        kept_before, kept_after = [k for k in old if k in new], [k for k in new if k in old]
        # The same rows in another order: the first that holds wins, so the order is a setting.
        return [*found, Difference(path, list(old), list(new))] if kept_before != kept_after else found
    return [Difference(path, before, after)]


def _row(before: Any, after: Any, path: str) -> list[Difference]:
    if before is MISSING or after is MISSING:
        return [Difference(path, before, after)]
    return differences(before, after, path)


def _nodes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Nodes:
    changes = [_changed(old[key], new[key]) for key in new if key in old]
    return Nodes(
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        changed=tuple(change for change in changes if not change.empty),
    )


def _changed(old: Step | Trigger, new: Step | Trigger) -> NodeChange:
    named = [
        Difference(f"${name}", getattr(old, name), getattr(new, name))
        for name in ("name", "team")
        if (getattr(old, name) or None) != (getattr(new, name) or None)
    ]
    before, after = _roads(old), _roads(new)
    return NodeChange(
        new.key,
        kind=(old.kind, new.kind) if old.kind != new.kind else None,
        settings=(*named, *differences(old.settings, new.settings)),
        roads=tuple(
            Road(outlet, before.get(outlet), after.get(outlet))
            for outlet in dict.fromkeys([*before, *after])
            if before.get(outlet) != after.get(outlet)
        ),
    )


def _roads(node: Step | Trigger) -> dict[str, str]:
    if isinstance(node, Step):
        return node.next
    return {"next": node.next} if node.next else {}


def _keyed(before: Any, after: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Lists of rows that carry keys of their own, by key; None for any other pair."""
    found = []
    for value in (before, after):
        if not isinstance(value, list) or not value:
            return None
        rows = {str(row["key"]): row for row in value if isinstance(row, dict) and row.get("key")}
        if len(rows) != len(value):
            return None
        found.append(rows)
    return found[0], found[1]


def _are_objects(name: str, before: Any, after: Any) -> bool:
    """Both are objects to be compared part by part: no conditions."""
    if name in _WHOLE or not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    marks = ("op", "all", "any", "not", "reachable", "near")
    return not any(mark in value for value in (before, after) for mark in marks)


def _same(before: Any, after: Any) -> bool:
    return before == after or (_none(before) and _none(after))


def _none(value: Any) -> bool:
    return value is MISSING or value is None or value == "" or (isinstance(value, dict | list) and not value)


def _at(path: str, key: object) -> str:
    return f"{path}/{escape(key)}" if path else escape(key)
