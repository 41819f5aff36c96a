"""What each segment of a workspace minds: kept by every process, and read anew when a number says that it changed.

Nested segments are put in place of their names here, so that a batch of events reads no segment at all.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lib import clock
from lib.fast_sql import fetch
from profiles.conditions import tree
from profiles.conditions.builder import Builder
from profiles.conditions.leaves.segment import DEEPEST, Members
from profiles.conditions.tree import Group, Leaf
from profiles.models import Segment

Key = tuple[str, str]
ANYTHING: Key = ("profile", "*")
CONSENTS: Key = ("profile", "consents")
NEWCOMERS: Key = ("profile", "new")
NOBODY = Group("any")


@dataclass(frozen=True)
class Kept:
    """A segment in memory. `root`: its condition with nested ones in place; None for one that can't be read."""

    id: int
    public_id: Any
    slug: str
    name: str
    is_list: bool
    stale: bool
    root: Group | Leaf | None
    inner: frozenset[int]  # the segments that it is made of, however deep

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(tree.leaves(self.root)) if self.root is not None else ()

    @cached_property
    def text(self) -> str:
        return json.dumps([leaf.raw for leaf in self.leaves], sort_keys=True)


@dataclass
class Index:
    workspace_id: int
    number: int = 0
    zone: str = "UTC"
    segments: dict[int, Kept] = field(default_factory=dict)
    minding: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(list))
    guessing: set[int] = field(default_factory=set)  # time, or others, may move people without any news
    cycles: set[int] = field(default_factory=set)

    def minds(self, names: Iterable[str], *, changed: bool) -> bool:
        if changed and any(kind != "event" and found for (kind, _n), found in self.minding.items()):
            return True
        return any(("event", name) in self.minding for name in names)


_known: dict[int, Index] = {}
_lock = threading.Lock()


def index(workspace_id: int) -> Index | None:
    """As of now, by one look-up of a key; None for a workspace without segments."""
    stamp = fetch("select number from profiles_segmentstamp where workspace_id = %s::bigint", [workspace_id])
    if not stamp:
        return None
    known = _known.get(workspace_id)
    if known is not None and known.number == stamp[0][0]:
        return known
    found = _read(workspace_id)
    with _lock:
        _known[workspace_id] = found
    return found


def forget() -> None:
    """For tests: what a rolled back transaction numbered is numbered again."""
    with _lock:
        _known.clear()


def _read(workspace_id: int) -> Index:
    # In one statement: the number is that of the rows it comes with.
    rows = fetch(
        "select n.number, w.time_zone, s.id, s.public_id, s.slug, s.name, s.kind, s.condition::text, s.stale_since "
        "from profiles_segmentstamp n join workspaces_workspace w on w.id = n.workspace_id "
        "left join profiles_segment s on s.workspace_id = w.id and s.archived_at is null "
        "where n.workspace_id = %s::bigint order by s.id",
        [workspace_id],
    )
    found = Index(workspace_id, rows[0][0] if rows else 0, rows[0][1] if rows else "UTC")
    by_name: dict[str, tuple[int, str, Any]] = {}
    read: dict[int, tuple[str, Group | Leaf | None]] = {}
    for _number, _zone, id_, public_id, slug, _name, kind, condition, _stale in rows:
        if id_ is None:
            continue
        read[id_] = (kind, _tree(json.loads(condition)) if kind != Segment.LIST else None)
        by_name[slug] = by_name[str(public_id)] = id_
    for _number, _zone, id_, public_id, slug, name, kind, _condition, stale in rows:
        if id_ is None:
            continue
        root = read[id_][1]
        inner: set[int] = set()
        if root is not None:
            try:
                root = _resolved(root, by_name, read, (id_,), inner)
            except RecursionError:
                root = None
        is_list = kind == Segment.LIST
        kept = Kept(
            id_,
            public_id,
            slug,
            name,
            is_list,
            stale is not None and not is_list,
            root,
            frozenset(inner),
        )
        found.segments[id_] = kept
        if id_ in inner:
            found.cycles.add(id_)
        _note(found, kept)
    return found


def _tree(condition: Any) -> Group | Leaf | None:
    """None for a condition that can't be read, or that says nothing: nobody enters or leaves such a segment."""
    try:
        return tree.read(condition) if condition else None
    except tree.ConditionError:
        return None


def _resolved(
    node: Group | Leaf,
    by_name: dict[str, Any],
    read: dict[int, tuple[str, Group | Leaf | None]],
    path: tuple[int, ...],
    inner: set[int],
) -> Group | Leaf:
    if isinstance(node, Group):
        return Group(node.how, tuple(_resolved(part, by_name, read, path, inner) for part in node.parts))
    if node.kind.key != "segment":
        return node
    id_ = by_name.get(node.raw["segment"])
    found: Group | Leaf = NOBODY
    if id_ is not None:
        kind, root = read[id_]
        inner.add(id_)
        if kind == Segment.LIST:
            found = Leaf(Members(), {"segment_id": id_}, node.pointer)
        elif root is not None and id_ not in path and len(path) <= DEEPEST:
            found = _resolved(root, by_name, read, (*path, id_), inner)
    return found if node.raw.get("op", "in") == "in" else Group("not", (found,))


def _note(found: Index, kept: Kept) -> None:
    if kept.root is None:
        return
    keys: set[Key] = set()
    scratch = Builder(found.workspace_id, clock.now(), everyone=True, paged=True)
    for leaf in kept.leaves:
        keys.update(leaf.kind.reads(leaf.raw, found.workspace_id))
        leaf.kind.answer(leaf.raw, scratch)
        if leaf.kind.untold or leaf.kind.guesses(leaf.raw):
            found.guessing.add(kept.id)
    if scratch.uses_zone:
        keys.add(("attribute", "time_zone"))
    if of_nobody(kept.root) is not False:
        keys.add(NEWCOMERS)
    for key in keys:
        found.minding[key].append(kept.id)


def of_nobody(node: Group | Leaf) -> bool | None:
    """Whether somebody of whom nothing is known is in: True, False, or None where it can't be said."""
    if isinstance(node, Leaf):
        answer: bool | None = node.kind.of_nobody(node.raw)
        return answer
    answers = [of_nobody(part) for part in node.parts]
    if node.how == "not":
        return None if answers[0] is None else not answers[0]
    decisive = node.how == "any"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def dependents(found: Index, segment_id: int) -> Iterator[Kept]:
    """The segments that are made of this one, however deep."""
    return (kept for kept in found.segments.values() if segment_id in kept.inner)
