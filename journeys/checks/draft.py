"""A draft as the checks of the workspace read it: its roads, its ways in, every condition with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from journeys.document import settings as codec
from journeys.document.policy import Policy, read_policy
from journeys.document.problem import Context
from journeys.document.roads import Roads
from journeys.document.settings import SettingsError
from journeys.document.shape import Document, Trigger


@dataclass(slots=True)
class WayIn:
    trigger: Trigger
    kind: Any
    settings: Any

    @property
    def title(self) -> str:
        return self.trigger.name or str(self.kind.label)


class Draft:
    """`ways_in` and `policy` lack what can't be read: that is a problem of its own."""

    def __init__(self, document: Document, context: Context) -> None:
        self.document = document
        self.roads = Roads(document, context)
        self.ways_in: dict[str, WayIn] = {}
        for trigger in document.triggers.values():
            kind = context.trigger_kind(trigger.kind)
            try:
                if kind is not None:
                    self.ways_in[trigger.key] = WayIn(trigger, kind, kind.parse(trigger.settings))
            except SettingsError:
                continue
        try:
            self.policy: Policy | None = read_policy(document.policy).policy
        except SettingsError:
            self.policy = None

    def conditions(self) -> Iterator[tuple[str | None, str, dict[str, Any]]]:
        """(step or trigger, field, condition); of the journey's own rules with null and a path in the document."""
        for way in self.ways_in.values():
            for place, condition in codec.conditions(way.settings):
                yield way.trigger.key, place.lstrip("/"), condition
        for key, stop in self.roads.stops.items():
            for place, condition in codec.conditions(stop.settings) if stop.known else ():
                yield key, place.lstrip("/"), condition
        if self.policy is None:
            return
        for i, rule in enumerate(self.policy.exit_when):
            if rule.condition is not None:
                yield None, f"policy/exit_when/{i}/condition", rule.condition
        if self.policy.goal and self.policy.goal.condition is not None:
            yield None, "policy/goal/condition", self.policy.goal.condition

    def events(self) -> Iterator[tuple[str | None, str, str, list[tuple[str, str]]]]:
        """(step or trigger, field, event, [(field, property)]) of all that waits for, starts by or ends by an event."""
        for way in self.ways_in.values():
            name = way.kind.event(way.settings)
            if name and name == way.trigger.settings.get("event"):
                yield way.trigger.key, "event", name, []
        for key, stop in self.roads.stops.items():
            if not stop.known or not hasattr(stop.kind, "wait_events"):
                continue
            for i, branch in enumerate(getattr(stop.settings, "branches", ())):
                if getattr(branch, "event", None):
                    place = f"branches/{i}"
                    yield key, f"{place}/event", branch.event, _tests(branch.where, f"{place}/where")
        if self.policy is None:
            return
        for i, rule in enumerate(self.policy.exit_when):
            if rule.event:
                place = f"policy/exit_when/{i}"
                yield None, f"{place}/event", rule.event, _tests(rule.where, f"{place}/where")
        if self.policy.goal and self.policy.goal.event:
            where = _tests(self.policy.goal.where, "policy/goal/where")
            yield None, "policy/goal/event", self.policy.goal.event, where


def _tests(where: Any, place: str) -> list[tuple[str, str]]:
    return [
        (f"{place}/{i}/property", test["property"])
        for i, test in enumerate(where)
        if isinstance(test, dict) and isinstance(test.get("property"), str) and test["property"]
    ]
