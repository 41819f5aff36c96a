"""Person-steps a second over the reference journey, one process, against plain UPDATEs of as many rows."""

import resource
import time
from typing import Any

from django.db import connection, transaction

from benchmarks import journey as reference
from journeys.engine import advance, on_events
from journeys.models import Enrolment, Finished
from profiles.signals import RecordedEvent

GOAL = 0.5
BATCH = 5000


def run(people: int = 20_000) -> dict[str, Any]:
    with reference.world(people) as (workspace, journey, ids):
        cpu = resource.getrusage(resource.RUSAGE_SELF)
        began = time.perf_counter()
        for start in range(0, people, BATCH):
            events = [
                RecordedEvent(
                    profile_id, "bench_go", reference.START, {"value": 90000}, reference.START, id=None
                )
                for profile_id in ids[start : start + BATCH]
            ]
            on_events.handle(workspace.pk, events, [], reference.START)
        entered = time.perf_counter() - began
        updates = _updates(list(Enrolment.objects.filter(journey_id=journey.pk).values_list("id", flat=True)))
        began = time.perf_counter()
        advance.advance_due(reference.START + reference.HOUR, BATCH)
        advanced = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_SELF)
        assert Finished.objects.filter(journey_id=journey.pk, reason="completed").count() == people
        # Enrolling, branch and wait are the first pass; split, mail and end the second.
        rate = people * reference.STEPS / (entered + advanced)
        return {
            "bench": "advance",
            "people": people,
            "person_steps_per_s": round(rate),
            "update_rows_per_s": round(updates),
            "ratio": round(rate / updates, 2),
            "goal": GOAL,
            "enter_s": round(entered, 2),
            "advance_s": round(advanced, 2),
            "worker_cpu_s": round(used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime, 2),
        }


def _updates(ids: list[int]) -> float:
    """Rows a second of plain UPDATEs of the same rows, in batches of the same size, each committed."""
    began = time.perf_counter()
    for start in range(0, len(ids), BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "update journeys_enrolment set due_at = due_at + interval '1 microsecond' where id = any(%b)",
                [ids[start : start + BATCH]],
            )
    rate = len(ids) / (time.perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_enrolment set due_at = due_at - interval '1 microsecond' where id = any(%b)",
            [ids],
        )
        cursor.execute("vacuum analyze journeys_enrolment")
    return rate
