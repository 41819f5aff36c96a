"""A version as the engine walks it: parsed once a process, for a version never changes."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from journeys.document import walk
from journeys.document.policy import Exit, Goal, Rules, read_policy
from journeys.document.settings import SettingsError, conditions
from journeys.document.shape import Document, Step, Trigger, parse
from journeys.steps.base import StepKind
from journeys.steps.registry import steps
from journeys.triggers.base import TriggerKind
from journeys.triggers.registry import triggers
from profiles.conditions import compile_condition

MOST = 2000
PROFILE = "$profile"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step that runs: its kind, its settings read, and its rank in the document's order."""

    step: Step
    kind: StepKind[Any]
    settings: Any
    rank: int
    ringed: bool


@dataclass(frozen=True, slots=True)
class PlanTrigger:
    trigger: Trigger
    kind: TriggerKind[Any]
    settings: Any


class Plan:
    """`steps` and `triggers` lack what can't be read (only a simulated draft has such)."""

    def __init__(self, version_id: int, journey_id: int, workspace_id: int, document: Any) -> None:
        self.version_id, self.journey_id, self.workspace_id = version_id, journey_id, workspace_id
        self.document: Document = parse(document)
        self.unread: dict[str, str] = {}
        ranks = walk.order(self.document)
        ringed = {key for ring in walk.rings(self.document, lambda key: False) for key in ring}
        self.steps: dict[str, PlanStep] = {}
        for step in self.document.steps.values():
            kind = steps.get(step.kind)
            if kind is None:
                self.unread[step.key] = step.kind
                continue
            try:
                settings = kind.parse(step.settings)
            except SettingsError as error:
                self.unread[step.key] = str(error)
                continue
            self.steps[step.key] = PlanStep(step, kind, settings, ranks[step.key], step.key in ringed)
        self.triggers: dict[str, PlanTrigger] = {}
        for trigger in self.document.triggers.values():
            way = triggers.get(trigger.kind)
            if way is None:
                self.unread[trigger.key] = trigger.kind
                continue
            try:
                self.triggers[trigger.key] = PlanTrigger(trigger, way, way.parse(trigger.settings))
            except SettingsError as error:
                self.unread[trigger.key] = str(error)
        try:
            self.rules: Rules = read_policy(self.document.policy)
        except SettingsError as error:
            self.unread["policy"] = str(error)
            self.rules = read_policy({})
        self.holdout_of = str(journey_id)  # a sandbox draws as the journey would that it stands for
        self._compiled: dict[int, tuple[Any, Any]] = {}
        self._leaves: dict[str, list[dict[str, Any]]] = {}

    @property
    def exits(self) -> tuple[Exit, ...]:
        return self.rules.policy.exit_when

    @property
    def ruling(self) -> list[Exit | Goal]:
        """Goal and exits together; of two at one moment the goal counts."""
        return [*([self.goal] if self.goal else []), *self.exits]

    @property
    def goal(self) -> Goal | None:
        return self.rules.policy.goal

    def compiled(self, condition: dict[str, Any]) -> Any:
        """The compiled form of a condition that stands in this plan."""
        known = self._compiled.get(id(condition))
        if known is None or known[0] is not condition:
            known = (condition, compile_condition(condition, self.workspace_id))
            self._compiled[id(condition)] = known
        return known[1]

    def listens(self, condition: dict[str, Any]) -> tuple[str, ...]:
        compiled = self.compiled(condition)
        return (*sorted(compiled.events), *((PROFILE,) if compiled.uses_profile else ()))

    def leaves(self, step: str) -> list[dict[str, Any]]:
        """The leaves of a step's conditions in the document's order: the log names them by their place."""
        found = self._leaves.get(step)
        if found is None:
            here, found = self.steps.get(step), []
            for _place, condition in conditions(here.settings) if here else []:
                found += self.compiled(condition).leaves
            self._leaves[step] = found
        return found

    def after(self, here: "PlanStep", outlet: str) -> str | None:
        """The step behind an outlet; None where the road ends in the air."""
        target = here.step.next.get(outlet)
        return target if target in self.document.steps else None

    def event_triggers(self) -> Iterable[tuple[str, PlanTrigger]]:
        for way in self.triggers.values():
            name = way.kind.event(way.settings)
            if name and way.trigger.next:
                yield name, way

    def rule_names(self) -> set[str]:
        """The events after which its exits or goal may hold."""
        names: set[str] = set()
        for rule in self.ruling:
            names.update([rule.event] if rule.event else self.listens(rule.condition or {}))
        return names

    def wait_names(self) -> set[str]:
        """The events that some step of it may wait for."""
        names: set[str] = set()
        for step in self.steps.values():
            for condition in step.kind.wait_conditions(step.settings):
                names.update(self.listens(condition))
            names.update(step.kind.wait_events(step.settings))
        return names


_plans: OrderedDict[int, Plan] = OrderedDict()
_lock = threading.Lock()


def load(version_ids: Iterable[int]) -> dict[int, Plan]:
    """The plans of these versions in the order of their ids; one query for those this process has not read yet."""
    wanted = sorted(set(version_ids))
    with _lock:
        found = {key: _plans[key] for key in wanted if key in _plans}
    missing = [key for key in wanted if key not in found]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "select v.id, v.journey_id, j.workspace_id, v.document::text from journeys_version v "
                "join journeys_journey j on j.id = v.journey_id where v.id = any(%s)",
                [missing],
            )
            for version_id, journey_id, workspace_id, document in cursor.fetchall():
                found[version_id] = Plan(version_id, journey_id, workspace_id, msgspec.json.decode(document))
        with _lock:
            _plans.update({key: found[key] for key in missing if key in found})
            while len(_plans) > MOST:
                _plans.popitem(last=False)
        found = {key: found[key] for key in wanted if key in found}
    return found


def forget(version_id: int) -> None:
    """A simulation's version is rolled back; its number must not be found again."""
    with _lock:
        _plans.pop(version_id, None)
