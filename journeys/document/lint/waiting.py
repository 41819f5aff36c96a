"""Waits that are longer than the journey lets people stay, and answers looked for before they can have come."""

import math
from collections.abc import Iterator
from datetime import timedelta

from journeys.document import fixes
from journeys.document.policy import Policy
from journeys.document.problem import Context, Problem
from journeys.document.roads import Roads
from lib.durations import Duration

DAY = timedelta(days=1)


def problems(roads: Roads, policy: Policy | None, context: Context) -> Iterator[Problem]:
    if policy is not None:
        yield from _too_long(roads, policy.max_stay, context)
    yield from _too_early(roads, context)


def _too_long(roads: Roads, max_stay: Duration, context: Context) -> Iterator[Problem]:
    """At the step at which the longest way through passes the longest stay."""
    _ = context.gettext
    most = max_stay.length + DAY * (max_stay.months + max_stay.years)  # a month may have 31 days
    come = dict.fromkeys(roads.stops, timedelta(0))
    passed: list[tuple[str, timedelta]] = []
    longest = timedelta(0)
    for group in roads.groups:
        latest, members = max(come[key] for key in group), set(group)
        for key in group:
            stop = roads.stops[key]
            gone = {outlet: latest + stop.stay(outlet) for outlet in stop.outlets}
            for outlet, target in roads.following[key]:
                if target not in members:
                    come[target] = max(come[target], gone.get(outlet, latest))
            most_here = max(gone.values(), default=latest)
            if key in roads.there:
                longest = max(longest, most_here)
                if latest < most <= most_here:
                    passed.append((key, most_here))
    enough = f"P{math.ceil(longest / DAY) + 1}D"
    for key, total in passed:
        text = _(
            "People have waited %(total)s days by the end of this step; the journey lets them stay %(most)s."
        )
        yield Problem(
            "warning",
            "longer_than_stay",
            text % {"total": _days(total), "most": _days(most)},
            key,
            fix=fixes.fix(
                _("Let people stay %(days)s days") % {"days": enough[1:-1]}, {"policy": {"max_stay": enough}}
            ),
        )


def _days(length: timedelta) -> str:
    return f"{length / DAY:.1f}".removesuffix(".0")


def _too_early(roads: Roads, context: Context) -> Iterator[Problem]:
    """ "Opened?" right behind the message: it only leaves after this pass, so nothing can have become of it yet."""
    _ = context.gettext
    for key, stop in roads.stops.items():
        if stop.pauses or key not in roads.there:
            continue
        asked: dict[str, str] = {}
        for place, leaf in stop.asks():
            message = leaf.get("message")
            if isinstance(message, str) and message in roads.stops and roads.stops[message].sends:
                asked.setdefault(message, place)
        if not asked:
            continue
        near = roads.behind([key], past=lambda one: not roads.stops[one].pauses)
        for message, place in asked.items():
            if message not in near:
                continue
            straight = _straight(roads, message, near)
            links = [
                (before, outlet)
                for before in dict.fromkeys(roads.before[key])
                if before in straight
                for outlet, target in roads.following[before]
                if target == key
            ]
            yield Problem(
                "warning",
                "answer_too_early",
                _("People come here straight from “%(step)s”: nobody can have reacted to it yet.")
                % {"step": roads.stops[message].title},
                key,
                place,
                fixes.fix(_("Wait a day first"), fixes.with_wait(roads.document, links, key, "P1D")),
            )


def _straight(roads: Roads, message: str, near: set[str]) -> set[str]:
    """The message and what it leads to without a wait, among the steps near the question."""
    seen, open_ = {message}, [message]
    while open_:
        for _outlet, target in roads.following[open_.pop()]:
            if target in near and target not in seen and not roads.stops[target].pauses:
                seen.add(target)
                open_.append(target)
    return seen
