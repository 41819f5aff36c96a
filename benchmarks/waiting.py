"""Millions of others who wait: what a claim reads, an empty claim beside an old snapshot, and whether the claim and one
event stay as quick as among few."""

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction

from benchmarks import advance as bench
from benchmarks import journey as reference
from benchmarks import latency
from journeys.engine import advance
from journeys.engine.rows import COLUMNS, EPOCH

FEW, MANY = 50_000, 5_000_000
BATCH = 5_000
DEAD = 200_000
OTHERS = -1  # their journey: it exists nowhere, nobody moves them
GOALS = {"buffers_a_row": 4.0, "empty_claim_buffers": 100, "claim": 1.5, "event": 1.5}
CLAIM = (
    f"select {COLUMNS} from journeys_enrolment where due_at > %s and due_at <= %s order by due_at limit %s "
    "for update skip locked"
)


def run(many: int = MANY, few: int = FEW) -> dict[str, Any]:
    try:
        _others(0, few)
        claim_few, _buffers = _claim()
        event_few = _event()
        _others(few, many)
        claim_many, buffers = _claim()
        event_many = _event()
        empty = _empty_claim()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("delete from journeys_enrolment where journey_id = %s", [OTHERS])
            cursor.execute("vacuum journeys_enrolment")
    found = {
        "buffers_a_row": round(buffers, 2),
        "empty_claim_buffers": empty,
        "claim": round(claim_many / claim_few, 2),
        "event": round(event_many / event_few, 2),
    }
    return {
        "others": many,
        **found,
        "claim_ms": [round(claim_few, 1), round(claim_many, 1)],
        "event_p50_ms": [event_few, event_many],
        "goals": GOALS,
        "passed": all(found[name] <= goal for name, goal in GOALS.items()),
    }


def _others(first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, step, "
            "arrived_at, due_at, entered_at, entry, context) select 0, %s, 0, n, 't', 'w', %s, "
            "%s + (n %% 1000000) * interval '1 second', %s, '{\"value\": 90000}', '{}' "
            "from generate_series(%s::bigint, %s::bigint - 1) n",
            [OTHERS, reference.START, reference.START + timedelta(days=300), reference.START, first, last],
        )
        cursor.execute("vacuum analyze journeys_enrolment")


def _claim() -> tuple[float, float]:
    """(milliseconds for 5,000 due rows, buffers a row), the medians of five."""
    with reference.world(BATCH) as (_workspace, journey, ids):
        bench._stand_at_the_branch(journey, ids)
        plans = []
        for _turn in range(5):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    f"explain (analyze, buffers, timing off, format json) {CLAIM}",
                    [EPOCH, reference.START, BATCH],
                )
                plans.append(_plan(cursor.fetchone()[0]))
                transaction.set_rollback(True)
        assert all(plan["Plan"]["Actual Rows"] == BATCH for plan in plans)
        return (
            statistics.median(plan["Execution Time"] for plan in plans),
            statistics.median(_buffers(plan) for plan in plans) / BATCH,
        )


def _event() -> float:
    """Milliseconds from one event to her message, p50."""
    return float(latency.measure(100)["p50_ms"])


def _empty_claim() -> int:
    """Buffers of a claim that finds nobody, right after 200,000 were moved under an old snapshot that keeps their dead
    entries: the mark of the process lets it begin behind them."""
    with reference.world(1000) as (_workspace, journey, ids), _old_snapshot():
        for start in range(0, DEAD, len(ids)):
            bench_now = reference.START + timedelta(milliseconds=start)
            with connection.cursor() as cursor:
                if start == 0:
                    bench._stand_at_the_branch(journey, ids)
                cursor.execute(
                    "update journeys_enrolment set due_at = %s where journey_id = %s", [bench_now, journey.pk]
                )
        with connection.cursor() as cursor:
            cursor.execute("delete from journeys_enrolment where journey_id = %s", [journey.pk])
        now = reference.START + timedelta(hours=1)
        advance.advance_due(now)
        advance.advance_due(now + timedelta(seconds=1))
        mark = advance._mark.start(now + timedelta(seconds=2))
        with connection.cursor() as cursor:
            cursor.execute(
                f"explain (analyze, buffers, timing off, format json) {CLAIM}",
                [mark, now + timedelta(seconds=2), BATCH],
            )
            return _buffers(_plan(cursor.fetchone()[0]))


@contextmanager
def _old_snapshot() -> Iterator[None]:
    found = settings.DATABASES["default"]
    with psycopg.connect(
        host=found["HOST"],
        port=found["PORT"],
        user=found["USER"],
        password=found["PASSWORD"],
        dbname=found["NAME"],
    ) as other:
        other.execute("set transaction isolation level repeatable read")
        other.execute("set local idle_in_transaction_session_timeout = 0")
        other.execute("select count(*) from journeys_journey")
        yield
        other.rollback()


def _plan(found: Any) -> dict[str, Any]:
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]
    return plan


def _buffers(plan: dict[str, Any]) -> int:
    top = plan["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])
