"""Reading a condition: JSON to a tree of all, any, not and leaves. Every fault is found, each with its place."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

Json = dict[str, Any]
MAX_DEPTH = 30
MAX_LEAVES = 200
MAX_VALUES = 10_000


class ConditionError(ValueError):
    """`problems`: [(JSON pointer, sentence)]."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {message}" for pointer, message in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Leaf:
    kind: Any
    raw: Json
    pointer: str


@dataclass(frozen=True, slots=True)
class Group:
    """`how`: "all", "any" or "not" (of exactly one)."""

    how: str
    parts: tuple["Group | Leaf", ...] = ()


@dataclass(slots=True)
class Reader:
    problems: list[tuple[str, str]] = field(default_factory=list)
    leaves: int = 0

    def refuse(self, pointer: str, message: str) -> None:
        self.problems.append((pointer, message))

    def read(self, tree: Any, pointer: str, depth: int = 0) -> "Group | Leaf":
        from profiles.conditions.registry import kind_of, kinds_of

        if not isinstance(tree, dict):
            self.refuse(pointer, _("A condition must be an object."))
            return Group("all")
        if depth > MAX_DEPTH:
            self.refuse(pointer, _("This condition is nested too deeply."))
            return Group("all")
        if {"all", "any", "not"} & set(tree) and len(tree) > 1:
            self.refuse(pointer, _("Either all, any or not: one of them alone."))
            return Group("all")
        for how in ("all", "any"):
            if how in tree:
                parts = tree[how]
                if not isinstance(parts, list):
                    self.refuse(f"{pointer}/{how}", _("This must be a list of conditions."))
                    return Group(how)
                return Group(
                    how, tuple(self.read(p, f"{pointer}/{how}/{i}", depth + 1) for i, p in enumerate(parts))
                )
        if "not" in tree:
            return Group("not", (self.read(tree["not"], f"{pointer}/not", depth + 1),))
        self.leaves += 1
        if self.leaves == MAX_LEAVES + 1:
            self.refuse(pointer, _("A condition can have at most %(most)s parts.") % {"most": MAX_LEAVES})
        kind = kind_of(tree)
        if kind is not None and len(kinds_of(tree)) > 1:
            self.refuse(pointer, _("A condition looks at one thing: join several with all or any."))
            return Group("all")
        if kind is None:
            text = _("Choose what to look at.") if not tree else _("This kind of condition is unknown.")
            self.refuse(pointer, text)
            return Group("all")
        if self.leaves <= MAX_LEAVES:
            for at, message in kind.faults(tree):
                self.refuse(pointer + at, message)
        return Leaf(kind, tree, pointer)


def read(tree: Any, pointer: str = "") -> "Group | Leaf":
    """Raises ConditionError with all faults."""
    reader = Reader()
    if trouble := _unstorable(tree):
        raise ConditionError([(pointer, trouble)])
    root = reader.read(tree, pointer)
    if reader.problems:
        raise ConditionError(reader.problems)
    return root


def _unstorable(tree: Any) -> str:
    """What no database could keep or no reader should follow; looked for by level, without recursion."""
    level: list[Any] = [tree]
    for _depth in range(2 * MAX_DEPTH + 8):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                deeper += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                deeper += value
            elif isinstance(value, str) and ("\0" in value or not _encodable(value)):
                return _("Text may not hold NUL or broken characters.")
            elif isinstance(value, float) and not math.isfinite(value):
                return _("Numbers must be finite.")
            elif isinstance(value, int) and abs(value) >= 10**30:
                return _("This number is too large.")
        level = deeper
        if not level:
            return ""
        if len(level) > 10 * MAX_VALUES:
            return _("This condition is too large.")
    return _("This condition is nested too deeply.")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def leaves(node: "Group | Leaf") -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for part in node.parts:
            yield from leaves(part)
