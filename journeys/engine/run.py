"""One pass of many people: each group that stands at one step is run at once, in memory, until all of them stop."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

import msgspec

from journeys.engine import rules
from journeys.engine.plan import Plan, PlanStep
from journeys.engine.route import visit
from journeys.engine.rows import EPOCH, Row
from journeys.engine.world import Store, World
from journeys.steps.outcomes import DUE, Fail, Go, Json, Leave, Outcome, Stay, Wait, Wake
from journeys.steps.visits import Visits

MAX_VISITS = 1000
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
ATTEMPTS = len(BACKOFF) + 1


_entered = attrgetter("entered_at")


class StepError(Exception):
    """A step raised: `step` says which. The whole batch is rolled back and run again in smaller parts."""

    def __init__(self, step: str, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:2000])
        self.step = step


@dataclass(slots=True)
class Batch:
    """What a pass adds up to. `counts`: (journey, version, step, outlet) -> [entered, completed]."""

    plans: dict[int, Plan]
    store: Store
    rows: list[Row] = field(default_factory=list)
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


def run(batch: Batch, rows: Sequence[Row]) -> None:
    """Moves the rows as far as they go. Nothing is written but what steps themselves write (profiles)."""
    batch.rows += rows
    batch.earliest = min(map(_entered, rows), default=batch.now)
    worlds = {key: World(batch.store, plan) for key, plan in batch.plans.items()}
    pending: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        pending[row.version_id, row.step].append(row)
    while pending:
        # Lower ranks first: roads that join have joined before their common step is run.
        key = (
            min(pending, key=lambda at: _rank(batch.plans[at[0]], at[1]))
            if len(pending) > 1
            else next(iter(pending))
        )
        group, plan = pending.pop(key), batch.plans[key[0]]
        for target, following in _run_group(batch, worlds[key[0]], plan, key[1], group).items():
            pending[key[0], target] += following


def arrive(batch: Batch, row: Row, step: str) -> None:
    row.step, row.arrived_at, row.due_at, row.wake, row.moved = step, batch.now, None, None, True
    batch.counts[row.journey_id, row.version_id, step, ""][0] += 1


def end(batch: Batch, row: Row, reason: str, outcome: str = "", why: list[Json] | None = None) -> None:
    """The enrolment ends where it stands."""
    _end_all(batch, [row], reason, outcome, why)


def _end_all(batch: Batch, rows: list[Row], reason: str, outcome: str, why: list[Json] | None) -> None:
    """All of them stand at one step."""
    first, over = rows[0], (reason, outcome)
    entry = visit(first.step, None, why, None, reason)
    for row in rows:
        row.end, row.moved = over, True
        row.route.append(entry)
        if reason == "goal" and '"$goal"' in row.context_text:  # a step has counted it: once an enrolment
            batch.counts[row.journey_id, row.version_id, "$goal", ""][0] -= 1
    batch.counts[first.journey_id, first.version_id, first.step, f"!{reason}"][1] += len(rows)
    batch.counts[first.journey_id, first.version_id, "", f"!{reason}"][1] += len(rows)


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
    if group and batch.now >= plan.rules.policy.max_stay.after(batch.earliest):
        group = [row for row in group if not _overstayed(batch, plan, here, row)]
    if here.ringed:
        group = [row for row in group if not _ran_in_circles(batch, row)]
    if not group:
        return {}
    visits = Visits(here.step, group, world, plan.journey_id, plan.version_id)
    try:
        outcomes = here.kind.run(here.settings, visits, batch.now)
    except Exception as error:
        raise StepError(key, error) from error
    # Rows share outcomes, and `outcomes` keeps them alive: whoever shares one is moved alike.
    alike: dict[int, tuple[Outcome, list[Row]]] = {}
    for row, outcome in zip(group, outcomes, strict=True):
        found = alike.get(id(outcome))
        if found is None:
            alike[id(outcome)] = (outcome, [row])
        else:
            found[1].append(row)
    onward: dict[str, list[Row]] = defaultdict(list)
    for outcome, rows in alike.values():
        if isinstance(outcome, Go):
            _go(batch, plan, here, outcome, rows, onward)
        elif isinstance(outcome, Wait):
            _hold(batch, plan, here, outcome, rows)
        elif isinstance(outcome, Leave):
            _end_all(batch, rows, outcome.reason, outcome.outcome, outcome.why)
        else:
            for row in rows:
                _stop(batch, plan, here, row, outcome)
    if world.odd_zones:
        _warn_of_zones(world, group)
    return onward


def _warn_of_zones(world: World, group: list[Row]) -> None:
    """Notes with the visit whose zone the step asked for and could not read."""
    for row in group:
        name = world.odd_zones.get(row.profile_id)
        if name is not None and row.route:
            row.route[-1] = f'{row.route[-1][:-1]},"z":{msgspec.json.encode(name).decode()}}}'
    world.odd_zones.clear()


def _go(
    batch: Batch, plan: Plan, here: PlanStep, outcome: Go, rows: list[Row], onward: dict[str, list[Row]]
) -> None:
    key, outlet, now = here.step.key, outcome.outlet, batch.now
    entry = visit(
        key,
        outlet,
        outcome.why,
        outcome.message,
        leaves=plan.leaves(key) if outcome.why else (),
        note=outcome.note,
    )
    target = here.step.next.get(outlet)
    batch.counts[plan.journey_id, plan.version_id, key, outlet][1] += len(rows)
    if target is None or target not in plan.document.steps:
        for row in rows:
            row.route.append(entry)
            _drop_off(batch, row, key, outlet)
        return
    batch.counts[plan.journey_id, plan.version_id, target, ""][0] += len(rows)
    for row in rows:
        row.route.append(entry)
        row.seq += 1
        row.step, row.arrived_at, row.due_at, row.wake, row.moved = target, now, None, None, True
    onward[target] += rows


def _hold(batch: Batch, plan: Plan, here: PlanStep, outcome: Wait, rows: list[Row]) -> None:
    until, events = outcome.until, outcome.events
    entry = visit(here.step.key, None, None, outcome.message)
    # Whoever came first has to leave first: if the wait ends before that, nobody's stay cuts it short.
    free = until is not None and until <= plan.rules.policy.max_stay.after(batch.earliest)
    for row in rows:
        row.waits, row.moved = events, True
        row.route.append(entry)
        if free:
            row.due_at = until
        else:
            limit = _stay_ends(batch, plan, row)
            row.due_at = min(until, limit) if until else limit


def _stop(batch: Batch, plan: Plan, here: PlanStep, row: Row, outcome: Outcome) -> None:
    if isinstance(outcome, Fail):
        fail(batch, row, here.step.key, outcome.error)
    else:
        assert isinstance(outcome, Stay)
        if row.wake is not None and row.wake.due:
            # Woken for nothing that this step knows (a resumed failure): wait on, to the end of her stay.
            row.due_at, row.moved = _stay_ends(batch, plan, row), True


def fail(batch: Batch, row: Row, step: str, error: str) -> None:
    """Sets one person aside where she stands, for a while; after the last attempt until somebody resumes her."""
    row.attempts += 1
    row.moved = row.failed = True
    if row.wake is None:
        row.set_context({**row.whole_context, "$retry": True})
        if not row.retry:
            row.route.append(visit(row.step, None, None, None))
    else:
        row.remember(row.wake)
    if row.attempts >= ATTEMPTS:
        row.status, row.due_at = 1, None
    else:
        row.due_at = batch.now + BACKOFF[row.attempts - 1]
    batch.failed.append((row, step, error))


def _stay_ends(batch: Batch, plan: Plan, row: Row) -> datetime:
    """When the longest stay that the journey allows is over; many rows of a batch entered together."""
    key = (row.version_id, row.entered_at)
    found = batch.stays.get(key)
    if found is None:
        found = batch.stays[key] = plan.rules.policy.max_stay.after(row.entered_at)
    return found


def _drop_off(batch: Batch, row: Row, key: str, outlet: str) -> None:
    """The road ends in the air: only a draft that is simulated has such."""
    batch.warnings.append(f"{key}/{outlet}")
    row.end, row.moved = ("failed", "unconnected"), True
    batch.counts[row.journey_id, row.version_id, "", "!failed"][1] += 1


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
    if batch.now < _stay_ends(batch, plan, row):
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
