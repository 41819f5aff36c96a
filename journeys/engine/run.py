"""One pass of many people: each group that stands at one step is run at once, in memory, until all of them stop."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from journeys.engine import apply, rules, walk_together
from journeys.engine.apply import end, stay_ends
from journeys.engine.crowd import Crowd
from journeys.engine.plan import Plan, PlanStep
from journeys.engine.route import visit
from journeys.engine.rows import EPOCH, Row
from journeys.engine.world import Store, World
from journeys.steps.outcomes import DUE, Wake
from journeys.steps.visits import Visits

MAX_VISITS = 1000


_entered = attrgetter("entered_at")


@dataclass(slots=True)
class Batch:
    """What a pass adds up to. `counts`: (journey, version, step, outlet) -> [entered, completed]."""

    plans: dict[int, Plan]
    store: Store
    rows: list[Row] = field(default_factory=list)
    waiting: list[tuple[Crowd, datetime]] = field(default_factory=list)  # crowds, and until when they wait
    ended: list[tuple[Crowd, str, str]] = field(default_factory=list)  # crowds, reason, outcome
    counts: dict[tuple[int, int, str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )
    failed: list[tuple[Row, str, str]] = field(default_factory=list)  # row, step, error
    warnings: list[str] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)  # of the aftermath
    stays: dict[tuple[int, datetime], datetime] = field(default_factory=dict)
    earliest: datetime = EPOCH  # when the first of them entered

    @property
    def now(self) -> datetime:
        return self.store.now

    @property
    def crowds(self) -> list[Crowd]:
        """Those who stayed together to the end of the pass."""
        return [crowd for crowd, _until in self.waiting] + [crowd for crowd, _reason, _outcome in self.ended]

    @property
    def people(self) -> int:
        return len(self.rows) + sum(map(len, self.crowds))

    def count_on(self, plan: Plan, key: str, outlet: str, target: str | None, people: int) -> None:
        """They left a step by this outlet; `target`: the next one, unless the road ends in the air."""
        of = (plan.journey_id, plan.version_id)
        self.counts[*of, key, outlet][1] += people
        if target is not None:
            self.counts[*of, target, ""][0] += people

    def count_out(self, journey_id: int, version_id: int, key: str, reason: str, people: int) -> None:
        """They left the journey at this step."""
        for at in (key, ""):
            self.counts[journey_id, version_id, at, f"!{reason}"][1] += people


def run(batch: Batch, rows: Sequence[Row], crowds: Sequence[Crowd] = ()) -> None:
    """Moves them as far as they go. Nothing is written but what steps themselves write (profiles)."""
    batch.rows += rows
    entered = [*map(_entered, rows), *(crowd.claimed.first_entered_at for crowd in crowds)]
    batch.earliest = min(entered, default=batch.now)
    worlds = {key: World(batch.store, plan) for key, plan in batch.plans.items()}
    pending: dict[tuple[int, str], tuple[list[Row], list[Crowd]]] = defaultdict(lambda: ([], []))
    for row in rows:
        pending[row.version_id, row.step][0].append(row)
    for crowd in crowds:
        pending[crowd.claimed.version_id, crowd.step][1].append(crowd)
    while pending:
        # Lower ranks first: roads that join have joined before their common step is run.
        key = (
            min(pending, key=lambda at: _rank(batch.plans[at[0]], at[1]))
            if len(pending) > 1
            else next(iter(pending))
        )
        (group, many), plan, world = pending.pop(key), batch.plans[key[0]], worlds[key[0]]
        if many and not _walk_on(batch, plan, key[1]):
            group += walk_together.part_ways(batch, many)
        elif many:
            onward, alone = walk_together.run(batch, world, plan, plan.steps[key[1]], many)
            for crowd in onward:
                pending[key[0], crowd.step][1].append(crowd)
            for target, following in alone.items():
                pending[key[0], target][0].extend(following)
        if group:
            for target, following in _run_group(batch, world, plan, key[1], group).items():
                pending[key[0], target][0].extend(following)


def _walk_on(batch: Batch, plan: Plan, key: str) -> bool:
    """Nothing is to be looked at with each of them before the step runs."""
    here = plan.steps.get(key)
    return here is not None and not here.ringed and not _may_overstay(batch, plan)


def _may_overstay(batch: Batch, plan: Plan) -> bool:
    return batch.now >= plan.rules.policy.max_stay.after(batch.earliest)


def _rank(plan: Plan, step: str) -> int:
    found = plan.steps.get(step)
    return found.rank if found else -1


def _run_group(batch: Batch, world: World, plan: Plan, key: str, group: list[Row]) -> dict[str, list[Row]]:
    """Runs one step for a group; those who go on at once, by the step they go to."""
    here = plan.steps.get(key)
    if here is None:
        for row in group:
            batch.warnings.append(key)
            end(batch, row, "failed", "unreadable_step")
        return {}
    group = _ruled(batch, world, plan, here, group)
    if group and _may_overstay(batch, plan):
        group = [row for row in group if not _overstayed(batch, plan, here, row)]
    if here.ringed:
        group = [row for row in group if not _ran_in_circles(batch, row)]
    if not group:
        return {}
    visits = Visits(here.step, group, world, plan.journey_id, plan.version_id)
    found = apply.run_step(here, visits, batch.now)
    return apply.outcomes(batch, world, plan, here, group, found)


def _ruled(batch: Batch, world: World, plan: Plan, here: PlanStep, group: list[Row]) -> list[Row]:
    """Ends those whom their events make leave, and keeps those for whom the step itself has something to do."""
    woken = [row for row in group if row.wake is not None and row.wake is not DUE]
    if not woken:
        return group
    looked = [row for row in woken if row.wake is not None and (row.wake.rules or row.wake.rules_changed)]
    gone: set[int] = set()
    if looked and (plan.exits or plan.goal):
        visits = Visits(here.step, looked, world, plan.journey_id, plan.version_id)
        events = [row.wake.rules if row.wake else () for row in looked]
        for row, found in zip(
            looked, rules.check(world, plan, visits, events, batch.now, conditions=True), strict=True
        ):
            if found.reached and not found.leave:
                _reached(batch, row)
            if found.leave:
                gone.add(row.id)
                end(batch, row, found.leave.reason, found.leave.outcome, found.leave.why)
    return [
        row
        for row in group
        if (row.wake is None or row.wake is DUE or _concerns_step(row.wake)) and row.id not in gone
    ]


def _concerns_step(wake: Wake) -> bool:
    return bool(wake.due or wake.events or wake.profile_changed)


def _reached(batch: Batch, row: Row) -> None:
    """The goal counts once an enrolment."""
    if not row.whole_context.get("$goal"):
        row.set_context({**row.whole_context, "$goal": True})
        row.moved = True
        batch.counts[row.journey_id, row.version_id, "$goal", ""][0] += 1
        if not row.route:
            row.route.append(visit(row.step, None, None, None, None, goal=True))


def _overstayed(batch: Batch, plan: Plan, here: PlanStep, row: Row) -> bool:
    if batch.now < stay_ends(batch, plan, row):
        return False
    end(batch, row, "max_stay")
    return True


def _ran_in_circles(batch: Batch, row: Row) -> bool:
    if row.wake is not None:
        return False
    seen = dict(row.whole_context.get("$visits", {}))
    seen[row.step] = seen.get(row.step, 0) + 1
    if seen[row.step] > MAX_VISITS:
        end(batch, row, "failed", "too_many_visits")
        return True
    row.set_context({**row.whole_context, "$visits": seen})
    return False
