"""Conditions that nobody can fulfil, and ways that nobody takes because those before them leave nobody."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from journeys.checks.draft import Draft
from journeys.document import fixes
from journeys.document.problem import Problem
from journeys.steps.base import Rival
from profiles.conditions.logic import Logic


def problems(draft: Draft) -> Iterator[Problem]:
    logic = Logic()
    never: set[tuple[str | None, str]] = set()
    for key, place, condition in draft.conditions():
        if logic.impossible(condition):
            never.add((key, place))
            yield Problem(
                "warning",
                "contradictory",
                _("Nobody can ever fulfil this: the conditions rule each other out."),
                key,
                place,
                _without(draft, key, place.rpartition("/")[0]) if key else None,
            )
    for key, stop in draft.roads.stops.items():
        for rivals in stop.kind.rivals(stop.settings) if stop.known and stop.kind else ():
            yield from _shadowed(draft, key, rivals, logic, never)


def _shadowed(
    draft: Draft, key: str, rivals: Sequence[Rival], logic: Logic, never: set[tuple[str | None, str]]
) -> Iterator[Problem]:
    earlier: list[Any] = []
    for rival in rivals:
        place = f"{rival.place}/{rival.field}"
        if (key, place) in never:
            continue
        if rival.field == "where" and logic.impossible(rival.condition):
            text = _("Nobody can ever fulfil this: the conditions rule each other out.")
            mend = _without(draft, key, rival.place)
            yield Problem("warning", "contradictory", text, key, place, mend)
            continue
        if logic.covered(rival.condition, earlier):
            text = _("Nobody takes this way: all for whom it is have taken one before it.")
            yield Problem("warning", "shadowed", text, key, place, _without(draft, key, rival.place))
            continue
        earlier.append(rival.condition)


def _without(draft: Draft, key: str, place: str) -> fixes.Fix | None:
    """The way goes, with its road; not the last one of a step."""
    name, _slash, number = place.partition("/")
    stop = draft.roads.stops.get(key)
    ways = stop.step.settings.get(name) if stop is not None else None
    if stop is None or not isinstance(ways, list) or len(ways) < 2 or not number.isdigit():
        return None
    gone = ways[int(number)]
    patch = fixes.setting(draft.document, key, name, [way for way in ways if way is not gone])
    others = [way.get("key") for way in ways if way is not gone and isinstance(way, dict)]
    if gone.get("key") in stop.step.next and gone.get("key") not in others:
        patch["steps"][key]["next"] = {gone["key"]: None}
    return fixes.fix(_("Remove this way"), patch)
