"""From a tree to SQL: each leaf a value and a result, the tree a boolean over the results."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from profiles.conditions import tree
from profiles.conditions.builder import Builder
from profiles.conditions.tree import Group, Json, Leaf


def node_sql(node: Group | Leaf, build: Builder) -> str:
    """The whole tree as one boolean expression, for filters and nested segments."""
    if isinstance(node, Leaf):
        return str(node.kind.answer(node.raw, build))
    return joined(node, [node_sql(part, build) for part in node.parts])


def joined(group: Group, parts: list[str]) -> str:
    if group.how == "not":
        return f"(not {parts[0]})"
    if not parts:
        return "true" if group.how == "all" else "false"
    return "(" + (" and " if group.how == "all" else " or ").join(parts) + ")"


@dataclass(frozen=True)
class Compiled:
    """A condition that can be read. `tree` is as in the document."""

    workspace_id: int
    tree: Json
    root: Group | Leaf

    @cached_property
    def leaf_nodes(self) -> tuple[Leaf, ...]:
        return tuple(tree.leaves(self.root))

    @property
    def leaves(self) -> list[Json]:
        return [leaf.raw for leaf in self.leaf_nodes]

    @property
    def events(self) -> frozenset[str]:
        """Events whose arrival may change the answer; those of segments as they are now."""
        return frozenset(
            name for leaf in self.leaf_nodes for name in leaf.kind.events(leaf.raw, self.workspace_id)
        )

    @property
    def uses_profile(self) -> bool:
        """Whether a change of the profile or its consents may change the answer."""
        return any(leaf.kind.of_profile for leaf in self.leaf_nodes)

    def outside_audience(self) -> Iterable[Leaf]:
        """Leaves that mean nothing outside of an enrolment."""
        return [leaf for leaf in self.leaf_nodes if not leaf.kind.in_audience]


def compile_condition(condition: Any, workspace_id: int, pointer: str = "") -> Compiled:
    """Raises ConditionError. The same condition compiled again is the same object."""
    try:
        key = json.dumps(condition, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        key = ""
    if not key or len(key) > 20_000:
        return Compiled(workspace_id, condition, tree.read(condition, pointer))
    return _compiled(workspace_id, key, pointer)


@lru_cache(maxsize=2000)
def _compiled(workspace_id: int, key: str, pointer: str) -> Compiled:
    condition = json.loads(key)
    return Compiled(workspace_id, condition, tree.read(condition, pointer))
