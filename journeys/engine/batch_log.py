"""What a committed batch did, as one line of the log: ids where it concerned few, numbers where many. Never persons."""

import logging
from typing import TYPE_CHECKING

import structlog

from journeys.engine import live

if TYPE_CHECKING:
    from journeys.engine.run import Batch

FEW = 20
log = structlog.get_logger(__name__)
_gate = logging.getLogger(__name__)


def tell(batch: "Batch") -> None:
    people = batch.people
    if not people or not _gate.isEnabledFor(logging.INFO) or live.in_sandbox():
        return
    store = batch.store
    ended = sum(count[1] for (_j, _v, step, outlet), count in batch.counts.items() if not step and outlet)
    found = {
        "people": people,
        "journeys": sorted({plan.journey_id for plan in batch.plans.values()})[:FEW],
        "messages": len(store.messages) + sum(len(alike.rows) for alike in store.alike),
        "ended": ended,
        "failed": len(batch.failed),
    }
    if people <= FEW:
        found["enrolments"] = [row.id for row in batch.rows]
    log.info("people_moved", **{key: value for key, value in found.items() if value})
