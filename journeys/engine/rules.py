"""Exits and goals (rule 8): looked at on every event they name, and before every send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from journeys.document.policy import Exit, Goal
from journeys.engine.plan import Plan
from journeys.steps.outcomes import Happened, Json, Leave
from journeys.steps.visits import Visits
from journeys.steps.ways import where_test

if TYPE_CHECKING:
    from journeys.engine.world import World


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules say of one visit: she leaves, or (a goal that lets her go on) has reached it."""

    leave: Leave | None = None
    reached: bool = False


def before_send(world: "World", plan: Plan, visits: Visits, now: datetime) -> list[Leave | None]:
    """Asks the database itself: an event may be stored and not yet looked at."""
    if not plan.ruling:
        return [None] * len(visits)
    names = sorted({rule.event for rule in plan.ruling if rule.event})
    # An enrolment's own start is no exit from it: only what came later.
    since = [moment + timedelta(microseconds=1) for moment in visits.entered_at]
    events = (
        world.happened(visits, range(len(visits)), names, since)
        if names
        else [[] for _row in range(len(visits))]
    )
    return [found.leave for found in check(world, plan, visits, events, now, conditions=True)]


def check(
    world: "World",
    plan: Plan,
    visits: Visits,
    events: Sequence[Sequence[Happened]],
    now: datetime,
    *,
    conditions: bool,
) -> list[Found]:
    """One answer a visit, from its `events` and, where asked, from the rules' conditions as things stand now."""
    size = len(visits)
    options: list[list[tuple[datetime, int, Found]]] = [[] for _row in range(size)]
    for place, rule in enumerate(plan.ruling):
        reason = "goal" if isinstance(rule, Goal) else "exit_rule"
        if rule.event:
            for row, event, why in _passing(world, plan, rule, visits, events):
                if _in_time(rule, visits.entered_at[row], event.ts) and not _began(
                    plan, visits.raw[row], event
                ):
                    cause: Json = {
                        "condition": {"event": event.name},
                        "value": event.ts.isoformat(),
                        "result": True,
                    }
                    options[row].append((event.ts, place, _found(rule, reason, [cause, *why])))
        elif conditions and rule.condition is not None:
            (verdict,) = world.evaluate([rule.condition], visits)
            for row in range(size):
                if verdict.results[row] and _in_time(rule, visits.entered_at[row], now):
                    options[row].append((now, place, _found(rule, reason, verdict.why(row))))
    answers = []
    for row in range(size):
        ordered = [found for _at, _place, found in sorted(options[row], key=lambda option: option[:2])]
        leave = next((found.leave for found in ordered if found.leave), None)
        answers.append(Found(leave, any(found.reached for found in ordered)))
    return answers


def _found(rule: Exit | Goal, reason: str, why: list[Json]) -> Found:
    if isinstance(rule, Goal) and rule.on_reach == "continue":
        return Found(reached=True)
    return Found(Leave(reason, why=why), reached=isinstance(rule, Goal))


def _in_time(rule: Exit | Goal, entered_at: datetime, at: datetime) -> bool:
    if at < entered_at:
        return False
    return not isinstance(rule, Goal) or rule.within is None or at <= rule.within.after(entered_at)


def _began(plan: Plan, row: Any, event: Happened) -> bool:
    """The event that started an enrolment, told once more, is no exit from it."""
    way = plan.triggers.get(row.trigger) if event.ts == row.entered_at else None
    return way is not None and way.kind.event(way.settings) == event.name


def _passing(
    world: "World", plan: Plan, rule: Exit | Goal, visits: Visits, events: Sequence[Sequence[Happened]]
) -> list[tuple[int, Happened, list[Json]]]:
    key = plan.rules.policy.reentry.key
    pairs = []
    for row, mine in enumerate(events):
        for event in mine:
            if event.name != rule.event:
                continue
            mine_only = isinstance(rule, Exit) and rule.match_key and key
            if (
                not mine_only
                or instance(event.properties, key) == visits.raw[row].instance_key.partition("#")[0]
            ):
                pairs.append((row, event))
    test = where_test(rule.where)
    if test is None or not pairs:
        return [(row, event, []) for row, event in pairs]
    whys = world.match(test, visits, [row for row, _e in pairs], [event.properties for _r, event in pairs])
    return [(row, event, why) for (row, event), why in zip(pairs, whys, strict=True) if why is not None]


def instance(properties: Any, key: str | None) -> str:
    """The instance key that `policy.reentry.key` (a dotted path) finds in what started an enrolment; "" for none."""
    value = properties
    for part in key.split(".") if key else ():
        value = value.get(part) if isinstance(value, dict) else None
    if not key or value is None or isinstance(value, dict | list):
        return ""
    # "#" divides the key from the number that every_time adds.
    return str(value).replace("#", "＃")[:200]
