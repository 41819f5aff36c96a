"""Does the engine slow down as its tables are written over and over? The last tenth of a million moves against the
first, autovacuum as it comes, in CPU seconds of the worker and its backend. `--set rounds=500` makes it ten million."""

import time
from typing import Any

from django.db import connection

from benchmarks import advance as bench
from benchmarks import cpu
from benchmarks import journey as reference
from journeys.engine import advance
from journeys.models import Version

GOAL = 0.85


def run(people: int = 20_000, rounds: int = 50) -> dict[str, Any]:
    with reference.world(people) as (_workspace, journey, ids):
        document = reference.document()
        document["steps"]["b"] = {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "w"}}
        document["steps"]["w"]["next"]["next"] = "b"
        journey.live = Version.objects.create(
            journey=journey, number=2, document=document, published_at=reference.START
        )
        journey.save(update_fields=["live"])
        bench._stand_at_the_branch(journey, ids)
        now, took, spent = reference.START, list[float](), list[float]()
        for _round in range(rounds):
            began, before = time.perf_counter(), sum(cpu.seconds())
            moved = advance.advance_due(now, bench.BATCH)
            took.append(time.perf_counter() - began)
            spent.append(sum(cpu.seconds()) - before)
            assert moved == people, moved
            now += reference.HOUR
        with connection.cursor() as cursor:
            cursor.execute("delete from journeys_enrolment where journey_id = %s", [journey.pk])
    tenth = max(1, rounds // 10)
    # The first round runs cold. Others on the machine make wall-clock of no use over an hour: the CPU's counts, unless
    # the database is elsewhere.
    counted = spent if cpu.seconds()[1] else took
    ratio = sum(counted[1 : tenth + 1]) / sum(counted[-tenth:])
    return {
        "moves": people * rounds,
        "first_moves_per_s": round(people * tenth / sum(took[1 : tenth + 1])),
        "last_moves_per_s": round(people * tenth / sum(took[-tenth:])),
        "ratio": round(ratio, 2),
        "ratio_by_wall": round(sum(took[1 : tenth + 1]) / sum(took[-tenth:]), 2),
        "goal": GOAL,
        "passed": ratio >= GOAL,
    }
