"""Names that never came in: no fault, for they may come yet, but most likely a slip."""

from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from journeys.checks.draft import Draft
from journeys.document import fixes
from journeys.document.asking import leaves
from journeys.document.problem import Problem
from profiles.conditions.names import known_names, unknown_names
from profiles.models import KnownName
from workspaces.models import Workspace

# What the product itself says of people, whether it has happened yet or not.
OURS = frozenset(
    f"message_{what}"
    for what in ("sent", "delivered", "opened", "clicked", "replied", "bounced", "failed", "unsubscribed")
)
ENOUGH = 50  # so many slips are helped with: looking for what was meant costs


class Names:
    """What the workspace has seen, read when somebody asks."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._all: frozenset[tuple[str, str]] | None = None
        self._properties: dict[str, set[str]] | None = None
        self._helped = 0

    @property
    def all(self) -> frozenset[tuple[str, str]]:
        if self._all is None:
            self._all = known_names(self.workspace)
        return self._all

    @property
    def properties(self) -> dict[str, set[str]]:
        """By event; without an entry: it never came in."""
        if self._properties is None:
            self._properties = defaultdict(set)
            rows = KnownName.objects.filter(workspace=self.workspace, kind="property")
            for event, name in rows.values_list("event", "name"):
                self._properties[event].add(name)
        return self._properties

    def like(self, name: str, among: set[str]) -> str | None:
        """The known name that was most likely meant."""
        self._helped += 1
        if self._helped > ENOUGH or len(name) > 100:
            return None
        return next(iter(get_close_matches(name, sorted(among), 1, 0.75)), None)

    def of_kind(self, kind: str) -> set[str]:
        return {name for known, name in self.all if known == kind}


def problems(draft: Draft, names: Names) -> Iterator[Problem]:
    yield from _in_conditions(draft, names)
    yield from _events(draft, names)


def _in_conditions(draft: Draft, names: Names) -> Iterator[Problem]:
    for key, place, condition in draft.conditions():
        for at, message in unknown_names(condition, names.workspace, names.all):
            yield _never_seen(draft, names, key, place + at, message, condition)
        for at, leaf in leaves(condition):
            tests = leaf.get("where") if "event" in leaf else None
            for i, test in enumerate(tests if isinstance(tests, list) else []):
                name = test.get("property") if isinstance(test, dict) else None
                if isinstance(name, str) and isinstance(leaf["event"], str):
                    where = f"{place}{at}/where/{i}/property"
                    yield from _property(draft, names, key, where, leaf["event"], name)


def _never_seen(
    draft: Draft, names: Names, key: str | None, place: str, message: str, condition: dict[str, Any]
) -> Problem:
    kind = place.rpartition("/")[2]
    name = _at(draft, key, place)
    root, dot, rest = name.partition(".") if kind == "attribute" else (name, "", "")
    meant = names.like(root, names.of_kind(kind)) if root else None
    return Problem(
        "warning", "never_seen", message, key, place, _instead(draft, key, place, meant, dot + rest)
    )


def _events(draft: Draft, names: Names) -> Iterator[Problem]:
    """In a workspace in which nothing has come in yet, no name is less likely than another."""
    places = list(draft.events())
    if not places:
        return
    known = names.of_kind("event")
    recorded = {
        stop.settings.event
        for stop in draft.roads.stops.values()
        if stop.known and stop.step.kind == "record_event"
    }
    for key, place, event, tests in places:
        if known and event not in known and event not in OURS and event not in recorded:
            text = _("The event “%(name)s” has never come in yet.") % {"name": event}
            meant = names.like(event, known)
            yield Problem("warning", "never_seen", text, key, place, _instead(draft, key, place, meant))
        for where, name in tests:
            yield from _property(draft, names, key, where, event, name)


def _property(
    draft: Draft, names: Names, key: str | None, place: str, event: str, name: str
) -> Iterator[Problem]:
    known = names.properties.get(event)
    root, dot, rest = name.partition(".")
    if known and root and root not in known:
        text = _("The event “%(event)s” has never carried “%(name)s”.") % {"event": event, "name": root}
        mend = _instead(draft, key, place, names.like(root, known), dot + rest)
        yield Problem("warning", "never_seen", text, key, place, mend)


def _instead(
    draft: Draft, key: str | None, place: str, meant: str | None, rest: str = ""
) -> fixes.Fix | None:
    if meant is None:
        return None
    label = _("Use “%(name)s”") % {"name": meant}
    return fixes.fix(label, fixes.setting(draft.document, key, place, meant + rest))


def _at(draft: Draft, key: str | None, place: str) -> str:
    """What stands at a problem's place."""
    document = draft.document
    there: Any = (
        document.raw
        if key is None
        else document.triggers[key].settings
        if key in document.triggers
        else document.steps[key].settings
    )
    for part in place.split("/"):
        there = there[int(part)] if isinstance(there, list) else there.get(part)
    return there if isinstance(there, str) else ""
