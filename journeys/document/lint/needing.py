"""Conditions on what is not there yet: the message of a step that comes later, a value that no step before writes."""

from collections.abc import Callable, Iterator
from typing import Any

from journeys.document import fixes
from journeys.document.asking import leaves
from journeys.document.policy import Policy
from journeys.document.problem import Context, Problem
from journeys.document.roads import Roads


def problems(roads: Roads, policy: Policy | None, context: Context) -> Iterator[Problem]:
    senders = {key for key, stop in roads.stops.items() if stop.sends}
    for key, stop in roads.stops.items():
        asked = [(place, leaf) for place, leaf in stop.asks() if "message" in leaf or "context" in leaf]
        asked += [(place, {"context": path}) for place, path in _paths(stop.settings)]
        for place, leaf in asked:
            if isinstance(leaf.get("message"), str) and leaf["message"] and leaf["message"] not in senders:
                yield _no_message(roads, senders, leaf["message"], key, f"{place}/message", context)
        if key in roads.there:
            yield from _messages(roads, senders, key, asked, context)
            yield from _context(roads, key, asked, context)
    for place, leaf in _of_policy(policy):
        if isinstance(leaf.get("message"), str) and leaf["message"] not in senders:
            yield _no_message(roads, senders, leaf["message"], None, f"{place}/message", context)


def _paths(settings: Any) -> Iterator[tuple[str, str]]:
    """A setting that names a moment by its path, as wait_until does."""
    path = getattr(settings, "attribute", None)
    if isinstance(path, str) and path.startswith("context."):
        yield "attribute", path.removeprefix("context.")


def _of_policy(policy: Policy | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if policy is None:
        return
    for i, rule in enumerate(policy.exit_when):
        yield from leaves(rule.condition, f"policy/exit_when/{i}/condition")
    if policy.goal:
        yield from leaves(policy.goal.condition, "policy/goal/condition")


def _no_message(
    roads: Roads, senders: set[str], named: str, key: str | None, place: str, context: Context
) -> Problem:
    _ = context.gettext
    known = [one for one in senders if roads.stops[one].known]
    mend = None
    if len(known) == 1:
        label = _("Ask about “%(step)s”") % {"step": roads.stops[known[0]].title}
        mend = fixes.fix(label, fixes.setting(roads.document, key, place, known[0]))
    text = _("The condition asks about a message of “%(step)s”, and no such step sends one.")
    return Problem("error", "unknown_message", text % {"step": named[:80]}, key, place, mend)


def _messages(
    roads: Roads, senders: set[str], key: str, asked: list[tuple[str, dict[str, Any]]], context: Context
) -> Iterator[Problem]:
    named = {leaf["message"]: place for place, leaf in reversed(asked) if leaf.get("message") in senders}
    yield from _missing(
        roads,
        key,
        dict(reversed(named.items())),
        lambda step, message: step == message,
        context.gettext("“%(name)s” comes later, or on another road: nobody here has got its message."),
        context.gettext("Some people come here without passing “%(name)s”, so they have no message of it."),
        "message",
        lambda message: roads.stops[message].title,
    )


def _context(
    roads: Roads, key: str, asked: list[tuple[str, dict[str, Any]]], context: Context
) -> Iterator[Problem]:
    named: dict[str, str] = {}
    for place, leaf in asked:
        if isinstance(leaf.get("context"), str) and leaf["context"]:
            named.setdefault(leaf["context"].split(".")[0], place)
    yield from _missing(
        roads,
        key,
        named,
        lambda step, name: roads.stops[step].writes(name),
        context.gettext("No step before this one writes the value “%(name)s”."),
        context.gettext("Some people come here without passing a step that writes the value “%(name)s”."),
        "context",
        str,
    )


def _missing(
    roads: Roads,
    key: str,
    named: dict[str, str],
    gives: Callable[[str, str], bool],
    never: str,
    seldom: str,
    what: str,
    called: Callable[[str], str],
) -> Iterator[Problem]:
    """Warns where none of the steps before gives what is named; and where people can come past all who give any of it:
    ways that rejoin behind a split ask about the messages of both, and that is fine."""
    if not named:
        return
    before = roads.behind([key])
    givers = {name: [step for step in before if gives(step, name)] for name in named}
    if roads.tired:
        return
    for name, place in named.items():
        if not givers[name]:
            yield Problem("warning", f"{what}_never", never % {"name": called(name)}, key, place)
    some = {step for steps in givers.values() for step in steps}
    if some and key not in some and roads.enters_around(key, some):
        name = next(name for name in named if givers[name])
        yield Problem("warning", f"{what}_maybe", seldom % {"name": called(name)}, key, named[name])
