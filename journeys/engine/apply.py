"""What the outcomes of a step make of the people who stand there."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from journeys.engine.plan import Plan, PlanStep
from journeys.engine.route import visit
from journeys.engine.rows import Row
from journeys.steps.outcomes import Fail, Go, Json, Leave, Outcome, Outcomes, Stay, Wait
from journeys.steps.visits import Visits

if TYPE_CHECKING:
    from journeys.engine.run import Batch
    from journeys.engine.world import World

BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
ATTEMPTS = len(BACKOFF) + 1


class StepError(Exception):
    """A step raised: `step` says which. The whole batch is rolled back and run again in smaller parts."""

    def __init__(self, step: str, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:2000])
        self.step = step


def run_step(here: PlanStep, visits: Visits, now: datetime) -> Outcomes:
    try:
        return here.kind.run(here.settings, visits, now)
    except Exception as error:
        raise StepError(here.step.key, error) from error


def outcomes(
    batch: "Batch", world: "World", plan: Plan, here: PlanStep, group: Sequence[Row], found: Sequence[Outcome]
) -> dict[str, list[Row]]:
    """One outcome a row. Those who go on at once, by the step they go to."""
    # Rows share outcomes, and `found` keeps them alive: whoever shares one is moved alike.
    alike: dict[int, tuple[Outcome, list[Row]]] = {}
    for row, outcome in zip(group, found, strict=True):
        known = alike.get(id(outcome))
        if known is None:
            alike[id(outcome)] = (outcome, [row])
        else:
            known[1].append(row)
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


def arrive(batch: "Batch", row: Row, step: str) -> None:
    row.step, row.arrived_at, row.due_at, row.wake, row.moved = step, batch.now, None, None, True
    batch.counts[row.journey_id, row.version_id, step, ""][0] += 1


def end(batch: "Batch", row: Row, reason: str, outcome: str = "", why: list[Json] | None = None) -> None:
    """The enrolment ends where it stands."""
    _end_all(batch, [row], reason, outcome, why)


def _end_all(batch: "Batch", rows: list[Row], reason: str, outcome: str, why: list[Json] | None) -> None:
    """All of them stand at one step."""
    first, over = rows[0], (reason, outcome)
    entry = visit(first.step, None, why, None, reason)
    for row in rows:
        row.end, row.moved = over, True
        row.route.append(entry)
        if reason == "goal" and '"$goal"' in row.context_text:  # a step has counted it: once an enrolment
            batch.counts[row.journey_id, row.version_id, "$goal", ""][0] -= 1
    batch.count_out(first.journey_id, first.version_id, first.step, reason, len(rows))


def _go(
    batch: "Batch", plan: Plan, here: PlanStep, outcome: Go, rows: list[Row], onward: dict[str, list[Row]]
) -> None:
    key, outlet, now = here.step.key, outcome.outlet, batch.now
    entry = passed(plan, key, outcome)
    target = plan.after(here, outlet)
    batch.count_on(plan, key, outlet, target, len(rows))
    if target is None:
        for row in rows:
            row.route.append(entry)
            _drop_off(batch, row, key, outlet)
        return
    for row in rows:
        row.route.append(entry)
        row.seq += 1
        row.step, row.arrived_at, row.due_at, row.wake, row.moved = target, now, None, None, True
    onward[target] += rows


def passed(plan: Plan, key: str, outcome: Go) -> str:
    """What the log keeps of one who went on."""
    leaves = plan.leaves(key) if outcome.why else ()
    return visit(key, outcome.outlet, outcome.why, outcome.message, leaves=leaves, note=outcome.note)


def _hold(batch: "Batch", plan: Plan, here: PlanStep, outcome: Wait, rows: list[Row]) -> None:
    until, events = outcome.until, outcome.events
    entry = visit(here.step.key, None, None, outcome.message)
    free = until is not None and stays_until(batch, plan, until)
    for row in rows:
        row.waits, row.moved = events, True
        row.route.append(entry)
        if free:
            row.due_at = until
        else:
            limit = stay_ends(batch, plan, row)
            row.due_at = min(until, limit) if until else limit


def stays_until(batch: "Batch", plan: Plan, until: datetime) -> bool:
    """Nobody's stay is over before: whoever came first has to leave first."""
    return until <= plan.rules.policy.max_stay.after(batch.earliest)


def _stop(batch: "Batch", plan: Plan, here: PlanStep, row: Row, outcome: Outcome) -> None:
    if isinstance(outcome, Fail):
        fail(batch, row, here.step.key, outcome.error)
    else:
        assert isinstance(outcome, Stay)
        if row.wake is not None and row.wake.due:
            # Woken for nothing that this step knows (a resumed failure): wait on, to the end of her stay.
            row.due_at, row.moved = stay_ends(batch, plan, row), True


def fail(batch: "Batch", row: Row, step: str, error: str) -> None:
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


def stay_ends(batch: "Batch", plan: Plan, row: Row) -> datetime:
    """When the longest stay that the journey allows is over; many rows of a batch entered together."""
    key = (row.version_id, row.entered_at)
    found = batch.stays.get(key)
    if found is None:
        found = batch.stays[key] = plan.rules.policy.max_stay.after(row.entered_at)
    return found


def _drop_off(batch: "Batch", row: Row, key: str, outlet: str) -> None:
    """The road ends in the air: only a draft that is simulated has such."""
    batch.warnings.append(f"{key}/{outlet}")
    row.end, row.moved = ("failed", "unconnected"), True
    batch.counts[row.journey_id, row.version_id, "", "!failed"][1] += 1


def _warn_of_zones(world: "World", group: Sequence[Row]) -> None:
    """Notes with the visit whose zone the step asked for and could not read."""
    for row in group:
        name = world.odd_zones.get(row.profile_id)
        if name is not None and row.route:
            row.route[-1] = f'{row.route[-1][:-1]},"z":{msgspec.json.encode(name).decode()}}}'
    world.odd_zones.clear()
