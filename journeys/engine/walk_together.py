"""Runs a step for crowds (engine.crowd): what comes of it is found once for all who share an outcome."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from journeys.engine import apply
from journeys.engine.crowd import Crowd, CrowdVisits
from journeys.engine.plan import Plan, PlanStep
from journeys.engine.route import visit
from journeys.engine.rows import Row
from journeys.steps.outcomes import Go, Leave, Outcome, Wait

if TYPE_CHECKING:
    from journeys.engine.run import Batch
    from journeys.engine.world import World


def run(
    batch: "Batch", world: "World", plan: Plan, here: PlanStep, crowds: Sequence[Crowd]
) -> tuple[list[Crowd], dict[str, list[Row]]]:
    """Those who go on at once: together, and each for herself by the step she goes to."""
    visits = CrowdVisits(crowds, batch.now, here.step, world, plan.journey_id, plan.version_id)
    found = apply.run_step(here, visits, batch.now)
    if visits.opened or world.odd_zones:
        batch.rows += visits.raw
        return [], apply.outcomes(batch, world, plan, here, visits.raw, found)
    onward: list[Crowd] = []
    alone: list[Row] = []
    outcomes: list[Outcome] = []
    for outcome, crowd in _alike(crowds, found):
        if crowd.small or not _settled(batch, plan, here, outcome, crowd, onward):
            rows = part_ways(batch, [crowd])
            alone += rows
            outcomes += [outcome] * len(rows)
    return onward, apply.outcomes(batch, world, plan, here, alone, outcomes)


def part_ways(batch: "Batch", crowds: Sequence[Crowd]) -> list[Row]:
    """The same people, each for herself."""
    rows = [row for crowd in crowds for row in crowd.rows(batch.now)]
    batch.rows += rows
    return rows


def _alike(crowds: Sequence[Crowd], found: Sequence[Outcome]) -> Iterator[tuple[Outcome, Crowd]]:
    """Rows share outcomes, and `found` keeps them alive: whoever shares one is moved alike."""
    start = 0
    for crowd in crowds:
        mine = found[start : start + len(crowd)]
        start += len(mine)
        marks = list(map(id, mine))
        if len(set(marks)) == 1:
            yield mine[0], crowd
            continue
        places: dict[int, list[int]] = defaultdict(list)
        for place, mark in enumerate(marks):
            places[mark].append(place)
        for chosen in places.values():
            yield mine[chosen[0]], crowd.part(chosen)
    if start != len(found):
        raise ValueError(f"{start} visits, {len(found)} outcomes")


def _settled(
    batch: "Batch", plan: Plan, here: PlanStep, outcome: Outcome, crowd: Crowd, onward: list[Crowd]
) -> bool:
    """False where each of them has to be looked at."""
    key = here.step.key
    if isinstance(outcome, Go):
        target = plan.after(here, outcome.outlet)
        if target is None:
            return False
        batch.count_on(plan, key, outcome.outlet, target, len(crowd))
        onward.append(crowd.onward(target, apply.passed(plan, key, outcome)))
        return True
    if not crowd.hops:  # when she arrived, and whether a message is held for her, is hers alone
        return False
    if isinstance(outcome, Wait):
        until = outcome.until
        if until is None or outcome.events or not apply.stays_until(batch, plan, until):
            return False
        crowd.route = (*crowd.route, visit(key, None, None, outcome.message))
        batch.waiting.append((crowd, until))
        return True
    if isinstance(outcome, Leave):
        crowd.route = (*crowd.route, visit(key, None, outcome.why, None, outcome.reason))
        batch.ended.append((crowd, outcome.reason, outcome.outcome))
        batch.count_out(plan.journey_id, plan.version_id, key, outcome.reason, len(crowd))
        return True
    return False
