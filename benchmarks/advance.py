"""Person-steps a second over the reference journey, one process, against plain UPDATEs of as many rows."""

import time
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from benchmarks import cpu
from benchmarks import journey as reference
from journeys.engine import advance
from journeys.models import Enrolment, Finished, Journey
from lib import memory

GOAL = 1.5
BATCH = 5000


def run(
    people: int = 200_000, profiles: int = 1_000_000, events: int = 10_000_000, waiting: int = 5_000_000
) -> dict[str, Any]:
    memory.settle()
    with reference.town(profiles, events, waiting):
        with reference.world(500) as (_workspace, journey, ids):  # a worker that has worked before
            _stand_at_the_branch(journey, ids)
            _advance(reference.START)
            _advance(reference.START + reference.HOUR)
        turns = sorted((_turn(people) for _n in range(3)), key=lambda turn: float(turn["ratio"]))
    return turns[1] | {"ratios": [turn["ratio"] for turn in turns], "passed": turns[1]["ratio"] >= GOAL}


def _turn(people: int) -> dict[str, Any]:
    with reference.world(people) as (_workspace, journey, ids):
        _stand_at_the_branch(journey, ids)
        rows = list(Enrolment.objects.filter(journey_id=journey.pk).values_list("id", flat=True))
        wall, spent = _updates(rows)
        first = _advance(reference.START)
        last = _advance(reference.START + reference.HOUR)
        assert Finished.objects.filter(journey_id=journey.pk, reason="completed").count() == people
        took, worker, backend = (a + b for a, b in zip(first, last, strict=True))
        steps = people * reference.STEPS
        return {
            "bench": "advance",
            "people": people,
            "person_steps_per_s": round(steps / took),
            "update_rows_per_s": round(steps / wall),
            "ratio": round(wall / took, 2),
            "goal": GOAL,
            "ratio_by_cpu": round(spent / (worker + backend), 2) if backend else None,
            "worker_cpu_s": round(worker, 2),
            "backend_cpu_s": round(backend, 2),
            "python_share": round(worker / (worker + backend), 3) if backend else None,
        }


def _stand_at_the_branch(journey: Journey, ids: list[int]) -> None:
    """Everybody has entered and is due at the first step."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, "
            "trigger, step, arrived_at, "
            "due_at, entered_at, entry, context) "
            "select %s, %s, %s, id, 't', 'b', %s, %s, %s, '{\"value\": 90000}', '{}' from unnest(%s::bigint[]) id",
            [journey.workspace_id, journey.pk, journey.live_id, *[reference.START] * 3, ids],
        )
        cursor.execute("vacuum analyze journeys_enrolment")


def _advance(now: datetime) -> tuple[float, float, float]:
    """(seconds, CPU seconds of this process, of its backends)"""
    before, began = (cpu.seconds()[0], cpu.serving()), time.perf_counter()
    advance.advance_due(now, BATCH)
    took = time.perf_counter() - began
    time.sleep(0.3)  # what the second lane spent counts once the server has seen it end
    after = (cpu.seconds()[0], cpu.serving())
    return took, after[0] - before[0], after[1] - before[1]


def _updates(ids: list[int]) -> tuple[float, float]:
    """(seconds, CPU seconds) of as many plain UPDATEs as there are person-steps: every row once for each step, in
    batches of the same size, each committed, autovacuum as it comes."""
    before, began = sum(cpu.seconds()), time.perf_counter()
    for _step in range(reference.STEPS):
        for start in range(0, len(ids), BATCH):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "update journeys_enrolment set due_at = due_at + interval '1 microsecond', seq = seq + 1 "
                    "where id = any(%s)",
                    [ids[start : start + BATCH]],
                )
    took = time.perf_counter() - began
    spent = sum(cpu.seconds()) - before
    with connection.cursor() as cursor:
        cursor.execute("update journeys_enrolment set due_at = arrived_at, seq = 1 where id = any(%s)", [ids])
        cursor.execute("vacuum journeys_enrolment")
    return took, spent
