"""Properties of what started the journey, asked for where what starts it does not bring them."""

from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext as _

from journeys.checks.draft import Draft, WayIn
from journeys.checks.names import Names
from journeys.document import fixes
from journeys.document.asking import leaves
from journeys.document.problem import Problem


class Brought:
    """What each way in brings along."""

    def __init__(self, draft: Draft, names: Names) -> None:
        self.draft, self.names = draft, names
        self._known: dict[str, Collection[str] | None] = {}

    def by(self, trigger: str) -> Collection[str] | None:
        """None: not known, for nothing of the kind has come in yet."""
        if trigger not in self._known:
            way = self.draft.ways_in.get(trigger)
            self._known[trigger] = self._of(way) if way else None
        return self._known[trigger]

    def _of(self, way: WayIn) -> Collection[str] | None:
        given: Collection[str] | None = way.kind.entry_names(way.settings)
        event = way.kind.event(way.settings)
        return given if given is not None else self.names.properties.get(event) if event else None

    def lacking(self, name: str, triggers: Collection[str]) -> tuple[list[str], bool]:
        """(the triggers that do not bring it, whether none does)."""
        lack = [
            key
            for key in self.draft.ways_in
            if key in triggers and (known := self.by(key)) is not None and name not in known
        ]
        return lack, len(lack) == len(triggers)

    def likely(self, name: str, triggers: Collection[str]) -> str | None:
        return self.names.like(name, {one for key in triggers for one in self.by(key) or ()})


def problems(draft: Draft, brought: Brought) -> Iterator[Problem]:
    for key, place, condition in draft.conditions():
        triggers = _triggers(draft, key)
        for at, leaf in leaves(condition):
            if isinstance(leaf.get("entry"), str) and leaf["entry"]:
                may_lack = leaf.get("op") in ("exists", "missing")
                yield from _asked(
                    draft, brought, key, f"{place}{at}/entry", leaf["entry"], triggers, may_lack
                )
    for key, stop in draft.roads.stops.items():
        path: Any = getattr(stop.settings, "attribute", None)
        if isinstance(path, str) and path.startswith("entry."):
            name = path.removeprefix("entry.")
            yield from _asked(draft, brought, key, "attribute", name, _triggers(draft, key), may_lack=False)
    if draft.policy and draft.policy.reentry.key:
        triggers = frozenset(draft.ways_in)
        place, name = "policy/reentry/key", draft.policy.reentry.key
        yield from _asked(draft, brought, None, place, name, triggers, may_lack=False)


def _triggers(draft: Draft, key: str | None) -> frozenset[str]:
    if key is None:
        return frozenset(draft.document.triggers)
    return (
        frozenset({key}) if key in draft.document.triggers else draft.roads.triggers_of.get(key, frozenset())
    )


def _asked(
    draft: Draft,
    brought: Brought,
    key: str | None,
    place: str,
    path: str,
    triggers: frozenset[str],
    may_lack: bool,
) -> Iterator[Problem]:
    name, dot, rest = path.partition(".")
    lack, never = brought.lacking(name, triggers)
    if not triggers or not lack:
        return
    if never:
        text = _("Nothing that starts this journey has ever brought “%(name)s” along.") % {"name": name}
        meant, mend = brought.likely(name, triggers), None
        if meant:
            prefix = "entry." if place == "attribute" else ""
            patch = fixes.setting(draft.document, key, place, prefix + meant + dot + rest)
            mend = fixes.fix(_("Use “%(name)s”") % {"name": meant}, patch)
        yield Problem("warning", "entry_never", text, key, place, mend)
    elif not may_lack:
        text = _("Who comes in by “%(trigger)s” brings no “%(name)s” along.")
        words = {"trigger": draft.ways_in[lack[0]].title, "name": name}
        yield Problem("warning", "entry_maybe", text % words, key, place)
