"""Which events matter to whom: the live journeys of a workspace, looked up anew (one small query) for every batch of
events, and read only when one of them has changed."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from journeys.engine import plan
from journeys.engine.plan import Plan, PlanTrigger
from lib.fast_sql import array, fetch


@dataclass(slots=True)
class Index:
    """`triggers` and `rules` by event name; `names` is every event that matters to any journey that runs, `entrances`
    are those that do nothing but let in whomever they happen to. A sandbox has no part in `dates`: their tables are not
    its own."""

    stamp: tuple[tuple[int, str, int], ...]
    triggers: dict[str, list[tuple[Plan, PlanTrigger]]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    names: set[str] = field(default_factory=set)
    entrances: set[str] = field(default_factory=set)
    dates: bool = False  # whether people enter on dates of their own

    def minds(self, names: set[str], *, changed: bool) -> bool:
        """Whether such events, or changes of profiles, matter to any of them."""
        return not self.names.isdisjoint(names) or (changed and (self.dates or plan.PROFILE in self.names))


_known: dict[int, Index] = {}
_lock = threading.Lock()
_alone: ContextVar[Index | None] = ContextVar("alone", default=None)


@contextmanager
def only(index: Index) -> Iterator[None]:
    """Within it, only the journeys of this index hear of anything: those of a sandbox."""
    before = _alone.set(index)
    try:
        yield
    finally:
        _alone.reset(before)


def in_sandbox() -> bool:
    return _alone.get() is not None


def index(workspace_id: int) -> Index:
    """Of the workspace's live and paused journeys. People may walk older versions: those count for rules and waits."""
    if (alone := _alone.get()) is not None:
        return alone
    stamp = tuple(
        fetch(
            "select id, state, live_id from journeys_journey where workspace_id = %s::bigint "
            "and state in ('live', 'paused') and live_id is not null order by id",
            [workspace_id],
        )
    )
    known = _known.get(workspace_id)
    if known is not None and known.stamp == stamp:
        return known
    versions = fetch(
        "select id from journeys_version where journey_id = any(%s::bigint[])",
        [array(row[0] for row in stamp)],
    )
    plans = plan.load(row[0] for row in versions)
    found = build(plans, stamp)
    ways = [
        way for _id, state, live_id in stamp if state == "live" for way in plans[live_id].triggers.values()
    ]
    found.dates = any(way.kind.date_of(way.settings) for way in ways)
    with _lock:
        _known[workspace_id] = found
    return found


def minder(workspace_id: int, names: set[str], changed: bool) -> Index | bool:
    """For profiles.announcements: the index where it is needed, else False."""
    found = index(workspace_id)
    return found if found.minds(names, changed=changed) else False


def build(plans: dict[int, Plan], stamp: tuple[tuple[int, str, int], ...]) -> Index:
    found = Index(stamp)
    entered = {live_id for _id, state, live_id in stamp if state == "live"}
    waited: set[str] = set()
    for version_id, each in plans.items():
        for name in each.rule_names():
            found.rules[name].add(each.journey_id)
        waited |= each.wait_names()
        if version_id in entered:
            for name, way in each.event_triggers():
                found.triggers[name].append((each, way))
    waited |= set(found.rules)
    found.names = waited | set(found.triggers)
    found.entrances = {
        name
        for name, ways in found.triggers.items()
        if name not in waited and all(way.kind.where(way.settings) is None for _plan, way in ways)
    }
    return found
