"""A million people to a new version and back: how long it takes, what memory, whether an event meanwhile is held up;
and the plan before it, which counts them all.

`fixed`: the new version says another length for all, which is one statement a chunk. `asked`: its length is drawn for
each (a jitter), so that the step is asked about every one."""

import copy
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks import journey as reference
from benchmarks import latency
from journeys import in_flight
from journeys.models import Journey, Version

PEOPLE = 1_000_000
GOAL_MB = 300
GOAL_PLAN_MS = 1000
GOAL_BESIDE = 3.0  # an event's way to its message beside the move, against alone; medians
EVENTS = 200
PIECE = 100_000


def run(people: int = PEOPLE) -> dict[str, Any]:
    with (
        reference.world(10) as (_workspace, journey, _ids),
        reference.world(EVENTS) as (others, theirs, ids),
    ):
        latency.straight_to_the_mail(theirs)
        _events(others.pk, ids)
        alone = statistics.median(_events(others.pk, ids))
        _stand_and_wait(journey, people)
        plans, moves = dict[str, Any](), dict[str, Any]()
        for name, settings in (("fixed", {"for": "PT2H"}), ("asked", {"for": "PT3H", "jitter": "PT10M"})):
            document = copy.deepcopy(reference.document())
            document["steps"]["w"]["settings"] = settings
            plans[name] = _plan(journey, document, people)
            number = journey.live.number + 1 if journey.live else 1
            journey.live = Version.objects.create(
                journey=journey, number=number, document=document, published_at=reference.START
            )
            journey.save(update_fields=["live"])
            moves[name] = _work("move", journey, people, others.pk, ids)
        moves["back"] = _work("undo", journey, people, others.pk, ids)
        with connection.cursor() as cursor:
            cursor.execute("truncate journeys_movedperson")
    done = all(one["mb"] <= GOAL_MB for one in moves.values())
    return {
        "people": people,
        "plan_ms": plans,
        "goal_plan_ms": GOAL_PLAN_MS,
        **moves,
        "goal_mb": GOAL_MB,
        "event_alone_p50_ms": round(alone, 1),
        "goal_beside": GOAL_BESIDE,
        "passed": done
        and all(one <= GOAL_PLAN_MS for one in plans.values())
        and all(one["event_p50_ms"] <= GOAL_BESIDE * alone for one in moves.values()),
    }


def _stand_and_wait(journey: Journey, people: int) -> None:
    """At the wait, since the last hour, for an hour; their profiles are nobody's."""
    with connection.cursor() as cursor:
        for start in range(0, people, PIECE):
            cursor.execute(
                "insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, step, seq, "
                "arrived_at, due_at, entered_at, entry, context) select %s, %s, %s, 1000000000 + n, 't', 'w', 2, "
                "at, at + interval '1 hour', at, '{}', '{}' from (select n, %s - n * %s::interval as at "
                "from generate_series(%s::bigint, %s::bigint) n) people",
                [
                    journey.workspace_id, journey.pk, journey.live_id, reference.START,
                    timedelta(minutes=59) / people, start + 1, min(people, start + PIECE),
                ],
            )  # fmt: skip
        cursor.execute(
            "insert into journeys_countdelta (journey_id, version_id, step, outlet, entered, completed) "
            "values (%s, %s, '', '', %s, 0), (%s, %s, 'w', '', %s, 0)",
            [journey.pk, journey.live_id, people] * 2,
        )
        cursor.execute("vacuum analyze journeys_enrolment")


def _plan(journey: Journey, document: dict[str, Any], people: int) -> float:
    """Milliseconds, the median of three."""
    took = []
    for _turn in range(3):
        began = time.perf_counter()
        found = in_flight.plan_of(journey, document, reference.START)
        took.append((time.perf_counter() - began) * 1000)
        assert found["inside"] == people, found
    return round(statistics.median(took), 1)


def _events(workspace_id: int, ids: list[int]) -> list[float]:
    """Milliseconds of one event each."""
    return [latency.one_event(workspace_id, id_)[1] * 1000 for id_ in ids]


def _work(what: str, journey: Journey, people: int, others: int, ids: list[int]) -> dict[str, Any]:
    """In a process of its own, as a worker does it; beside it events of another journey, until it is done."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.memory", what, str(journey.pk)],
        env={"DJANGO_SETTINGS_MODULE": "config.settings.dev", **os.environ},
        stdout=subprocess.PIPE,
    )
    beside: list[float] = []
    while worker.poll() is None:
        beside += _events(others, ids)
    out, _ = worker.communicate()
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert found["moved"] == people, found
    seconds = found["seconds"]
    return {
        "seconds": seconds,
        "people_per_s": round(people / seconds),
        "mb": found["mb"],
        "longest_chunk_ms": found["longest_chunk_ms"],
        "event_p50_ms": round(statistics.median(beside), 1),
        "event_p99_ms": round(statistics.quantiles(beside, n=100)[98], 1),
        "event_worst_ms": round(max(beside), 1),
    }
