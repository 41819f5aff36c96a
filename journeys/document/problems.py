"""What is wrong with a document. Every problem is a value with a place and a sentence; `error` stops publishing."""

from journeys.document import fixes, lint
from journeys.document.policy import Policy, read_policy
from journeys.document.problem import Context, OutletLike, Problem, Severity, StepLike, faults, pointer
from journeys.document.roads import Roads, Stop
from journeys.document.settings import Fault, SettingsError
from journeys.document.shape import Document, Trigger
from lib.localtime import zone

MAX_STEPS = 2000

__all__ = [
    "MAX_STEPS",
    "Context",
    "OutletLike",
    "Problem",
    "Severity",
    "StepLike",
    "faults",
    "find",
    "pointer",
]


def find(document: Document, context: Context) -> list[Problem]:
    """All problems that the document itself tells, in order."""
    _ = context.gettext
    found: list[Problem] = []
    if not document.name.strip():
        found.append(Problem("error", "no_name", _("Give the journey a name."), field="name"))
    if document.time_zone and zone(document.time_zone) is None:
        text = _("“%(zone)s” is no time zone.") % {"zone": document.time_zone}
        found.append(Problem("error", "bad_zone", text, field="time_zone"))
    if len(document.steps) > MAX_STEPS:
        text = _("A journey can have %(most)s steps; this one has %(count)s.")
        counts = {"most": MAX_STEPS, "count": len(document.steps)}
        return [*found, Problem("error", "too_many_steps", text % counts)]
    policy, wrong = _policy(document, context)
    found += wrong
    if not document.triggers:
        found.append(Problem("error", "no_trigger", _("Nobody can enter yet: add a trigger.")))
    for trigger in document.triggers.values():
        found += _trigger(trigger, document, context)
    roads = Roads(document, context)
    for stop in roads.stops.values():
        found += _step(stop, roads, context)
    found += lint.find(roads, policy, context)
    return in_order(found, document)


def in_order(found: list[Problem], document: Document) -> list[Problem]:
    """Errors first, each step's together in the document's order."""
    places = {key: place for place, key in enumerate([*document.triggers, *document.steps])}
    return sorted(
        found, key=lambda one: (one.severity != "error", places.get(one.step, -1) if one.step else -1)
    )


def _policy(document: Document, context: Context) -> tuple[Policy | None, list[Problem]]:
    try:
        policy = read_policy(document.policy).policy
    except SettingsError as error:
        moved = (Fault(f"/policy{f.pointer}", f.template, f.params) for f in error.faults)
        return None, faults(moved, context, None, "bad_policy")
    places = [(f"policy/exit_when/{i}/condition", e.condition) for i, e in enumerate(policy.exit_when)]
    if policy.goal:
        places.append(("policy/goal/condition", policy.goal.condition))
    return policy, [
        Problem("error", "bad_condition", message, None, place + at)
        for place, condition in places
        if condition is not None
        for at, message in context.condition_faults(condition)
    ]


def _trigger(trigger: Trigger, document: Document, context: Context) -> list[Problem]:
    _ = context.gettext
    found = []
    if trigger.next is None:
        text = _("This trigger leads nowhere: connect it to a step.")
        found.append(Problem("error", "unconnected", text, trigger.key))
    elif trigger.next not in document.steps:
        found.append(_no_target(document, trigger.key, "next", trigger.next, context))
    kind = context.trigger_kind(trigger.kind)
    if kind is None:
        return [*found, _unknown(trigger.key, trigger.kind, context)]
    try:
        settings = kind.parse(trigger.settings)
    except SettingsError as error:
        return found + faults(error.faults, context, trigger.key)
    return [*found, *kind.problems(trigger, settings, context)]


def _step(stop: Stop, roads: Roads, context: Context) -> list[Problem]:
    _ = context.gettext
    step, document = stop.step, roads.document
    found = [
        _no_target(document, step.key, outlet, target, context)
        for outlet, target in step.next.items()
        if target not in document.steps
    ]
    if stop.kind is None:
        return [*found, _unknown(step.key, step.kind, context)]
    if stop.error is not None:
        return found + faults(stop.error.faults, context, step.key)
    for key in sorted({key for key in stop.outlets if stop.outlets.count(key) > 1}):
        text = _("Two ways out have the same key “%(key)s”.") % {"key": key}
        found.append(Problem("error", "duplicate_outlet", text, step.key))
    for outlet in stop.outlets:
        if outlet not in step.next:
            text = (
                _("The way out “%(outlet)s” leads nowhere: connect it to a step.")
                % {"outlet": stop.labels[outlet]}
                if len(stop.outlets) > 1
                else _("This step leads nowhere: connect it to the next one.")
            )
            link, end = (step.key, outlet), roads.only_end
            patch = fixes.lead(document, [link], end) if end else fixes.with_end(document, link)
            mend = fixes.fix(_("End the journey here"), patch)
            found.append(Problem("error", "unconnected", text, step.key, fix=mend))
    for left in step.next:
        if left not in stop.outlets:
            text = _("A road starts at “%(outlet)s”, a way out that is gone.") % {"outlet": left}
            mend = fixes.fix(_("Remove this road"), fixes.lead(document, [(step.key, left)], None))
            found.append(Problem("warning", "stale_outlet", text, step.key, fix=mend))
    return [*found, *stop.kind.problems(step, stop.settings, context)]


def _no_target(document: Document, key: str, outlet: str, target: str, context: Context) -> Problem:
    _ = context.gettext
    text = _("It leads to “%(key)s”, which does not exist.") % {"key": target}
    mend = fixes.fix(_("Remove this road"), fixes.lead(document, [(key, outlet)], None))
    return Problem("error", "unknown_target", text, key, None, mend)


def _unknown(key: str, kind: str, context: Context) -> Problem:
    _ = context.gettext
    if not kind:
        return Problem("error", "unknown_kind", _("The kind of this step is missing."), key)
    text = _("This product has no step of the kind “%(kind)s”.") % {"kind": kind}
    return Problem("error", "unknown_kind", text, key)
