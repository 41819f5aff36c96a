"""A draft as a map: which roads people can really take, and what of each step the checks need to know."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from journeys.document import walk
from journeys.document.asking import leaves
from journeys.document.problem import Context, StepLike
from journeys.document.settings import SettingsError, conditions
from journeys.document.shape import Document, Step

MOST_LOOKS = 500_000  # steps looked at by all searches of one check: beyond that it says nothing more


@dataclass(slots=True)
class Stop:
    """A step as read. `settings` null: it can't be read, and anything may be true of it."""

    step: Step
    kind: StepLike | None = None
    settings: Any = None
    error: SettingsError | None = None
    outlets: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return self.kind is not None and self.error is None

    @property
    def title(self) -> str:
        return self.step.name or str(getattr(self.kind, "label", "") or self.step.kind)

    @property
    def closes_loops(self) -> bool:
        """An unreadable one is a problem of its own: one at a time."""
        return self.error is not None or (self.kind is not None and self.kind.minute_long(self.settings))

    @property
    def pauses(self) -> bool:
        return not self.known or (self.kind is not None and self.kind.pauses(self.settings))

    @property
    def may_end(self) -> bool:
        return not self.known or (self.kind is not None and self.kind.may_end(self.settings))

    @property
    def sends(self) -> bool:
        return not self.known or hasattr(self.kind, "medium")

    def stay(self, outlet: str) -> timedelta:
        return self.kind.least_stay(self.settings, outlet) if self.known and self.kind else timedelta(0)

    def writes(self, key: str) -> bool:
        """Whether it may write this value to the context."""
        return not self.known or (self.kind is not None and key in self.kind.context_keys(self.settings))

    def asks(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(field, leaf) of its conditions."""
        for place, condition in conditions(self.settings) if self.known else ():
            for at, leaf in leaves(condition, place):
                yield at.lstrip("/"), leaf


class Roads:
    def __init__(self, document: Document, context: Context) -> None:
        self.document = document
        self.stops = {key: _read(step, context) for key, step in document.steps.items()}
        self.following: dict[str, list[tuple[str, str]]] = {}
        self.before: dict[str, list[str]] = defaultdict(list)
        for key, stop in self.stops.items():
            # A road from a way out that is gone is on the drawing only.
            taken = set(stop.outlets) if stop.known else set(stop.step.next)
            self.following[key] = [
                (outlet, target)
                for outlet, target in stop.step.next.items()
                if outlet in taken and target in document.steps
            ]
            for _outlet, target in self.following[key]:
                self.before[target].append(key)
        self.starts: dict[str, list[str]] = defaultdict(list)
        for trigger in document.triggers.values():
            if trigger.next in document.steps:
                self.starts[trigger.next].append(trigger.key)
        self.place = {key: index for index, key in enumerate(self.stops)}
        self._looks = MOST_LOOKS

    @cached_property
    def there(self) -> set[str]:
        """The steps that some trigger leads to."""
        return self.ahead(self.starts)

    @cached_property
    def groups(self) -> list[list[str]]:
        """The steps in their order, those that lead to each other together."""
        graph = {key: [target for _outlet, target in ways] for key, ways in self.following.items()}
        return list(reversed(walk.components(graph)))

    @cached_property
    def triggers_of(self) -> dict[str, frozenset[str]]:
        """By step: the triggers that lead to it."""
        numbers = {key: place for place, key in enumerate(self.document.triggers)}
        found: dict[str, int] = dict.fromkeys(self.stops, 0)
        for step, keys in self.starts.items():
            for key in keys:
                found[step] |= 1 << numbers[key]
        for group in self.groups:
            mask = 0
            for key in group:
                mask |= found[key]
            for key in group:
                found[key] = mask
                for _outlet, target in self.following[key]:
                    found[target] |= mask
        names = list(numbers)
        read: dict[int, frozenset[str]] = {}
        for mask in found.values():
            if mask not in read:
                read[mask] = frozenset(names[i] for i in range(mask.bit_length()) if mask >> i & 1)
        return {key: read[mask] for key, mask in found.items()}

    @cached_property
    def only_end(self) -> str | None:
        """The end of the journey, where it has just one."""
        ends = [key for key, stop in self.stops.items() if stop.known and not stop.outlets]
        return ends[0] if len(ends) == 1 else None

    def rings(self, closed: Callable[[Stop], bool]) -> list[list[str]]:
        """Groups of steps that lead back to themselves past no step for which `closed` holds."""
        open_ = {key for key, stop in self.stops.items() if not closed(stop)}
        graph = {
            key: [t for _o, t in self.following[key] if t in open_] for key in self.stops if key in open_
        }
        return [
            sorted(group, key=self.place.__getitem__)
            for group in walk.components(graph)
            if len(group) > 1 or group[0] in graph[group[0]]
        ]

    def ahead(self, keys: Collection[str]) -> set[str]:
        """Those steps and all that come after them."""
        seen: set[str] = set()
        open_ = list(keys)
        while open_:
            key = open_.pop()
            if key not in seen:
                seen.add(key)
                open_ += [target for _outlet, target in self.following[key]]
        return seen

    def behind(self, keys: Collection[str], past: Callable[[str], bool] = lambda key: True) -> set[str]:
        """All steps that lead to those; a search goes on only behind steps that `past` lets it through."""
        seen: set[str] = set()
        open_ = [key for start in keys for key in self.before[start]]
        while open_ and self._looks > 0:
            key = open_.pop()
            self._looks -= 1
            if key not in seen:
                seen.add(key)
                if past(key):
                    open_ += self.before[key]
        return seen

    @property
    def tired(self) -> bool:
        """The searches took too long: what they did not find says nothing."""
        return self._looks <= 0

    def enters_around(self, key: str, avoided: Collection[str]) -> bool:
        """Whether people can get to the step past none of the others."""
        if key in self.starts:
            return True
        seen, open_ = {key}, [key]
        while open_ and self._looks > 0:
            for before in self.before[open_.pop()]:
                self._looks -= 1
                if before in seen or before in avoided:
                    continue
                if before in self.starts:
                    return True
                seen.add(before)
                open_.append(before)
        return False


def _read(step: Step, context: Context) -> Stop:
    kind = context.step_kind(step.kind)
    if kind is None:
        return Stop(step)
    try:
        settings = kind.parse(step.settings)
    except SettingsError as error:
        return Stop(step, kind, error=error)
    outlets = list(kind.outlets(settings))
    labels = {outlet.key: outlet.label for outlet in outlets}
    return Stop(step, kind, settings, None, tuple(outlet.key for outlet in outlets), labels)
