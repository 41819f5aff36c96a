"""What is wrong with a document. Every problem is a value with a place and a sentence; `error` stops publishing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from journeys.document import walk
from journeys.document.policy import read_policy
from journeys.document.settings import Fault, SettingsError
from journeys.document.shape import Document, Step, Trigger, escape
from lib.localtime import zone

MAX_STEPS = 2000
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`step` is the key of the step or trigger, `field` a path in its settings ("branches/0/when"); both null for
    the journey as a whole (then `field` may be "name" or a path in "policy")."""

    severity: Severity
    code: str
    message: str
    step: str | None = None
    field: str | None = None
    fix: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "severity": self.severity,
            "code": self.code,
            "step": self.step,
            "field": self.field,
            "message": self.message,
            "fix": self.fix,
        }


class OutletLike(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...


class StepLike(Protocol):
    """What the checks ask of a step kind."""

    def parse(self, settings: dict[str, Any]) -> Any: ...
    def outlets(self, settings: Any) -> Iterable[OutletLike]: ...
    def problems(self, step: Step, settings: Any, context: Any) -> Iterable[Problem]: ...
    def minute_long(self, settings: Any) -> bool: ...


class TriggerLike(Protocol):
    def parse(self, settings: dict[str, Any]) -> Any: ...
    def problems(self, trigger: Trigger, settings: Any, context: Any) -> Iterable[Problem]: ...


class Context(Protocol):
    """What the checks need to know of the world: the kinds, the workspace's contents, the language."""

    workspace_id: int | None
    gettext: Callable[[str], str]

    def step_kind(self, kind: str) -> StepLike | None: ...
    def trigger_kind(self, kind: str) -> TriggerLike | None: ...
    def medium_of(self, content: str) -> str | None: ...
    def condition_faults(self, condition: dict[str, Any]) -> list[tuple[str, str]]: ...


def find(document: Document, context: Context) -> list[Problem]:
    """All problems, errors first, each step's together in the document's order."""
    _ = context.gettext
    found: list[Problem] = []
    if not document.name.strip():
        found.append(Problem("error", "no_name", _("Give the journey a name."), field="name"))
    if document.time_zone and zone(document.time_zone) is None:
        found.append(
            Problem(
                "error",
                "bad_zone",
                _("“%(zone)s” is no time zone.") % {"zone": document.time_zone},
                field="time_zone",
            )
        )
    if len(document.steps) > MAX_STEPS:
        found.append(
            Problem(
                "error",
                "too_many_steps",
                _("A journey can have %(most)s steps; this one has %(count)s.")
                % {"most": MAX_STEPS, "count": len(document.steps)},
            )
        )
        return found
    found += _policy(document, context)
    if not document.triggers:
        found.append(Problem("error", "no_trigger", _("Nobody can enter yet: add a trigger.")))
    for trigger in document.triggers.values():
        found += _trigger(trigger, document, context)
    there = walk.reachable(document)
    stops: dict[str, bool] = {}
    for step in document.steps.values():
        found += _step(step, document, context, stops)
        if step.key not in there and document.triggers:
            found.append(
                Problem(
                    "warning", "unreachable", _("Nobody gets here: no road leads to this step."), step.key
                )
            )
    for ring in walk.rings(document, lambda key: stops.get(key, False)):
        found.append(
            Problem(
                "error",
                "loop_without_wait",
                _("This road leads back here without a wait of at least a minute."),
                ring[0],
            )
        )
    return sorted(found, key=lambda problem: problem.severity != "error")


def faults(
    found: Iterable[Fault], context: Context, step: str | None, code: str = "bad_setting"
) -> list[Problem]:
    """Settings that can't be read, as problems."""
    return [
        Problem(
            "error",
            code,
            context.gettext(fault.template) % fault.params
            if fault.params
            else context.gettext(fault.template),
            step,
            fault.pointer.lstrip("/") or None,
        )
        for fault in found
    ]


def pointer(problem: Problem, document: Document) -> str:
    """The JSON pointer of a problem's place in the document."""
    if problem.step is None:
        return f"/{problem.field}" if problem.field else ""
    if problem.step in document.triggers:
        base = f"/triggers/{escape(problem.step)}"
    else:
        base = f"/steps/{escape(problem.step)}" + ("/settings" if problem.field else "")
    return f"{base}/{problem.field}" if problem.field else base


def _policy(document: Document, context: Context) -> list[Problem]:
    try:
        rules = read_policy(document.policy)
    except SettingsError as error:
        return faults(
            (Fault(f"/policy{f.pointer}", f.template, f.params) for f in error.faults),
            context,
            None,
            "bad_policy",
        )
    found = []
    places = [(f"policy/exit_when/{i}/condition", e.condition) for i, e in enumerate(rules.policy.exit_when)]
    if rules.policy.goal:
        places.append(("policy/goal/condition", rules.policy.goal.condition))
    for place, condition in places:
        if condition is not None:
            found += [
                Problem("error", "bad_condition", message, None, place + at)
                for at, message in context.condition_faults(condition)
            ]
    return found


def _trigger(trigger: Trigger, document: Document, context: Context) -> list[Problem]:
    _ = context.gettext
    found = []
    if trigger.next is None:
        found.append(
            Problem(
                "error", "unconnected", _("This trigger leads nowhere: connect it to a step."), trigger.key
            )
        )
    elif trigger.next not in document.steps:
        found.append(
            Problem(
                "error",
                "unknown_target",
                _("It leads to “%(key)s”, which does not exist.") % {"key": trigger.next},
                trigger.key,
            )
        )
    kind = context.trigger_kind(trigger.kind)
    if kind is None:
        return [*found, _unknown(trigger.key, trigger.kind, context)]
    try:
        settings = kind.parse(trigger.settings)
    except SettingsError as error:
        return found + faults(error.faults, context, trigger.key)
    return [*found, *kind.problems(trigger, settings, context)]


def _step(step: Step, document: Document, context: Context, stops: dict[str, bool]) -> list[Problem]:
    _ = context.gettext
    found = [
        Problem(
            "error",
            "unknown_target",
            _("It leads to “%(key)s”, which does not exist.") % {"key": target},
            step.key,
            None,
        )
        for target in step.next.values()
        if target not in document.steps
    ]
    kind = context.step_kind(step.kind)
    if kind is None:
        return [*found, _unknown(step.key, step.kind, context)]
    try:
        settings = kind.parse(step.settings)
    except SettingsError as error:
        stops[step.key] = True  # what it is set to is unknown: one problem at a time
        return found + faults(error.faults, context, step.key)
    stops[step.key] = kind.minute_long(settings)
    outlets = list(kind.outlets(settings))
    keys = [outlet.key for outlet in outlets]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    found += [
        Problem(
            "error",
            "duplicate_outlet",
            _("Two ways out have the same key “%(key)s”.") % {"key": key},
            step.key,
        )
        for key in twice
    ]
    for outlet in outlets:
        if outlet.key not in step.next:
            text = (
                _("The way out “%(outlet)s” leads nowhere: connect it to a step.") % {"outlet": outlet.label}
                if len(outlets) > 1
                else _("This step leads nowhere: connect it to the next one.")
            )
            found.append(Problem("error", "unconnected", text, step.key))
    found += [
        Problem(
            "warning",
            "stale_outlet",
            _("A road starts at “%(outlet)s”, a way out that is gone.") % {"outlet": left},
            step.key,
        )
        for left in step.next
        if left not in keys
    ]
    return [*found, *kind.problems(step, settings, context)]


def _unknown(key: str, kind: str, context: Context) -> Problem:
    _ = context.gettext
    if not kind:
        return Problem("error", "unknown_kind", _("The kind of this step is missing."), key)
    return Problem(
        "error", "unknown_kind", _("This product has no step of the kind “%(kind)s”.") % {"kind": kind}, key
    )
