"""Whether a condition can hold at all, and whether others leave it anything: for the checks of a draft.

A small search over the ways in which a tree may hold, each looked at with `facts`. "No" is certain; whatever the search
does not understand, or has no patience for, counts as possible, so that nobody is warned without reason.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from profiles.conditions import facts, tree
from profiles.conditions.facts import Literal, Subject
from profiles.conditions.tree import Group, Leaf

PATIENCE = 400  # ways of one question
MOST = 100_000  # leaves looked at for all questions to one Logic

Facts = dict[Subject, list[Literal]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A part of a tree that has to hold, or not to."""

    node: Group | Leaf
    positive: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these has to hold."""

    options: "tuple[Asked | tuple[Literal, ...], ...]"


Item = Asked | Choice | tuple[Literal, ...]


class _OutOfPatienceError(Exception):
    pass


class Logic:
    """Answers the questions of one draft; together they may take only so long."""

    def __init__(self) -> None:
        self._left, self._ways = MOST, 0
        self._known: dict[int, tuple[Any, Group | Leaf | None]] = {}

    def impossible(self, condition: Any) -> bool:
        """Certainly never true."""
        node = self._read(condition)
        return node is not None and not self._possible([Asked(node, positive=True)])

    def covered(self, condition: Any, earlier: Sequence[Any]) -> bool:
        """Certainly whenever it is true, one of the earlier ones is."""
        node = self._read(condition)
        others = [found for one in earlier if (found := self._read(one)) is not None]
        if node is None or not others:
            return False
        return not self._possible(
            [Asked(node, positive=True), *(Asked(one, positive=False) for one in others)]
        )

    def _read(self, condition: Any) -> Group | Leaf | None:
        known = self._known.get(id(condition))
        if known is None or known[0] is not condition:
            try:
                known = (condition, tree.read(condition))
            except tree.ConditionError:
                known = (condition, None)
            self._known[id(condition)] = known
        return known[1]

    def _possible(self, items: list[Item]) -> bool:
        self._ways = PATIENCE
        try:
            return self._search(items, {})
        except _OutOfPatienceError:
            return True

    def _search(self, items: list[Item], known: Facts) -> bool:
        self._ways -= 1
        said: Facts = defaultdict(list)
        choices: list[Choice] = []
        stack = list(reversed(items))
        while stack:
            item = stack.pop()
            self._left -= 1
            if self._ways < 0 or self._left < 0 or len(choices) > PATIENCE:
                raise _OutOfPatienceError
            if isinstance(item, Choice):
                choices.append(item)
            elif isinstance(item, tuple):
                for literal in item:
                    said[literal.subject].append(literal)
            elif isinstance(item.node, Leaf):
                groups = facts.literals(item.node.raw, item.positive)
                stack.append(groups[0] if len(groups) == 1 else Choice(groups))
            elif item.node.how == "not":
                stack.append(Asked(item.node.parts[0], not item.positive))
            else:
                parts = tuple(Asked(part, item.positive) for part in item.node.parts)
                if (item.node.how == "all") is item.positive:
                    stack += reversed(parts)
                else:
                    choices.append(Choice(parts))
        merged = self._together(known, said)
        if merged is None:
            return False
        if not choices:
            return True
        first = min(choices, key=lambda choice: len(choice.options))
        rest = [choice for choice in choices if choice is not first]
        return any(self._search([option, *rest], merged) for option in first.options)

    def _together(self, known: Facts, said: Facts) -> Facts | None:
        """What was known with what is said now; None where it contradicts itself."""
        merged = dict(known)
        for subject, new in said.items():
            both = [*known.get(subject, ()), *new]
            self._left -= len(both)
            if not facts.possible(both):
                return None
            merged[subject] = both
        return merged if facts.counts_agree(merged) else None
