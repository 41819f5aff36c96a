"""People whom the clock lets in: enrolled and moved to their first stop within the caller's transaction, which also
writes that they were. `advance.after_commit` of the batch is the caller's, once it has committed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from journeys.engine import advance, states
from journeys.engine.apply import StepError
from journeys.engine.enrol import Candidate, insert
from journeys.engine.plan import Plan, PlanTrigger
from journeys.engine.rows import Row
from journeys.engine.run import Batch, run
from journeys.engine.world import Store


def let_in(
    found: Plan,
    way: PlanTrigger,
    people: Sequence[Candidate],
    now: datetime,
    draws: dict[str, str] | None = None,
) -> tuple[Batch, list[Row]] | None:
    """None for a journey that is not live, or is just being paused.

    Where somebody makes a step raise, all are enrolled as due: the clock moves, or sets aside, each of them.
    """
    if states.movable([found.journey_id]).get(found.journey_id) != "live":
        return None
    try:
        with transaction.atomic():
            batch = Batch({found.version_id: found}, Store(now, draws=draws or {}))
            rows = insert(batch, found, way, people, due=None)
            run(batch, rows)
            advance.finish(batch)
    except StepError:
        with transaction.atomic():
            batch = Batch({found.version_id: found}, Store(now))
            rows = insert(batch, found, way, people, due=now)
            for row in rows:
                row.due_at = now
            batch.rows += rows
            advance.finish(batch)
    return batch, rows
