"""Several questions about one event, answered by one look at the newest of a person's: "twice in 30 days", "never in
10", "at most once ever" all follow from when the last few were.

The value is an array of their moments, newest first; what it holds beyond a question's time is not counted by it. Of
events of all times no moment is asked for, so there it is only how many there are, up to the number that decides.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from lib.durations import parse as parse_duration
from profiles.conditions import comparing
from profiles.conditions.builder import Builder
from profiles.conditions.tree import Json

MOST = 100  # counted so far it is quicker than counting each by itself


def key(leaf: Json) -> str | None:
    """The same for what one look answers; None: a look of its own."""
    if _needed(leaf) > MOST or leaf.get("since"):
        return None
    return json.dumps([leaf["event"], leaf.get("where") or [], bool(leaf.get("within"))], sort_keys=True)


def value(leaves: Sequence[Json], where: str, build: Builder) -> str:
    """`where`: which of the events `e` are meant, whenever they were."""
    found = f"from profiles_event e where e.profile_id = {build.person} and {where}"
    most = max(map(_needed, leaves))
    edges = [_edge(leaf, build) for leaf in leaves if leaf.get("within")]
    if not edges:
        return f"(select count(*) from (select {found} limit {most}) few)"
    begin = build.moment(min(edges))
    return f"array(select e.ts {found} and e.ts >= {begin} order by e.ts desc limit {most})"


def result(leaf: Json, build: Builder, v: str) -> str:
    op, times = leaf.get("op", "at_least"), _times(leaf)
    at_least, more = (_at_least(leaf, number, build, v) for number in (times, times + 1))
    if op == "at_least":
        return at_least
    return f"(not {more})" if op in ("at_most", "never") else f"({at_least} and not {more})"


def moment(leaf: Json, build: Builder, v: str) -> str:
    """When the event that decides falls out of the time that counts."""
    places = deciding(leaf)
    if not leaf.get("within") or not places:
        return ""
    span = parse_duration(leaf["within"])
    length = build.param(str(span), "interval")
    at = f"{v}[{places[-1]}]"
    if len(places) > 1:  # the one before it, where that counts too
        at = f"case when {_at_least(leaf, places[0], build, v)} then {v}[{places[0]}] else {at} end"
    if span.months or span.years:
        edges = comparing.after_span("w.ts", length, calendar=True)
        out = comparing.first_after(build.moment(build.now), edges, f"(select {at} as ts) w")
    else:
        out = f"{at} + {length} + interval '1 microsecond'"
    return f"case when {_at_least(leaf, places[-1], build, v)} then {out} end"


def deciding(leaf: Json) -> list[int]:
    """Of the newest events the how manieth decides: those of them there are, the furthest first."""
    times = int(leaf.get("times", 1))
    which = {"at_least": [times], "at_most": [times + 1], "exactly": [times + 1, times], "never": [1]}
    return [place for place in which[leaf.get("op", "at_least")] if place]


def _at_least(leaf: Json, number: int, build: Builder, v: str) -> str:
    if number == 0:
        return "true"
    if not leaf.get("within"):
        return f"{v} >= {number}"
    return f"coalesce({v}[{number}] >= {build.moment(_edge(leaf, build))}, false)"


def _edge(leaf: Json, build: Builder) -> datetime:
    return parse_duration(leaf["within"]).before(build.now)


def _times(leaf: Json) -> int:
    return 0 if leaf.get("op") == "never" else int(leaf.get("times", 1))


def _needed(leaf: Json) -> int:
    return max([*deciding(leaf), 1])
