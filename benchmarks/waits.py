"""Events a second, stored and handled in batches of 500, while a million others wait for that very event; against the
same events where nobody waits for anything."""

import statistics
import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks import journey as reference
from journeys.models import Journey, Version
from profiles import record_event
from profiles.call import Call

GOAL = 0.5
BATCH = 500
ROUNDS = 3


def run(waits: int = 1_000_000, events: int = 10_000, people: int = 2_000) -> dict[str, Any]:
    with reference.world(people) as (workspace, journey, ids):
        Journey.objects.filter(pk=journey.pk).update(state="stopped")
        _ingest(workspace.pk, ids, BATCH)  # everything is loaded
        without = [events / _ingest(workspace.pk, ids, events) for _turn in range(ROUNDS)]
        try:
            _wait(journey, waits)
            _ingest(workspace.pk, ids, BATCH)
            matched = [events / _ingest(workspace.pk, ids, events) for _turn in range(ROUNDS)]
        finally:
            with connection.cursor() as cursor:
                cursor.execute("delete from journeys_eventwait where profile_id < 0")
                cursor.execute("delete from profiles_messageid where workspace_id = %s", [workspace.pk])
                cursor.execute("vacuum journeys_eventwait")
    ratio = statistics.median(matched) / statistics.median(without)
    return {
        "waits": waits,
        "events": events,
        "batch": BATCH,
        "matched_per_s": round(statistics.median(matched)),
        "without_per_s": round(statistics.median(without)),
        "ratio": round(ratio, 2),
        "goal": GOAL,
        "passed": ratio >= GOAL,
    }


def _wait(journey: Journey, waits: int) -> None:
    """A live journey whose people wait for the event; so many of them are others."""
    document = reference.document()
    document["triggers"]["t"]["event"] = "bench_never"
    document["steps"]["w"] = {
        "kind": "wait_for_event",
        "settings": {"branches": [{"key": "came", "event": "bench_go"}], "within": "P9D"},
        "next": {"came": "x", "timeout": "x"},
    }
    journey.live = Version.objects.create(
        journey=journey, number=2, document=document, published_at=reference.START
    )
    journey.state = "live"
    journey.save(update_fields=["live", "state"])
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_eventwait (profile_id, name, enrolment_id, expires_at) "
            "select -n, 'bench_go', -n, %s from generate_series(1, %s) n",
            [reference.START + timedelta(days=9), waits],
        )
        cursor.execute("vacuum analyze journeys_eventwait")


def _ingest(workspace_id: int, ids: list[int], events: int) -> float:
    """Seconds."""
    mark = uuid.uuid4().hex[:12]
    calls = [
        Call(
            "track",
            reference.START,
            profile_id=ids[n % len(ids)],
            event="bench_go",
            message_id=f"{mark}-{n}",
            properties={"total": n},
        )
        for n in range(events)
    ]
    began = time.perf_counter()
    for start in range(0, events, BATCH):
        record_event.record(workspace_id, None, calls[start : start + BATCH], reference.START)
    return time.perf_counter() - began
