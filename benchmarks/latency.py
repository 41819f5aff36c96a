"""One person: from an event accepted (stored and committed) to her message committed in the outbox; on an idle system,
and beside a worker that moves twenty thousand others again and again. Server and process as they are in service."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from benchmarks import journey as reference
from channels.models import Message
from config.embedded import children
from journeys.engine import live, on_events
from journeys.models import Journey, Version
from lib import memory
from profiles.signals import RecordedEvent

GOAL_MS = 250
TARGETS_MS = {"p99_ms": 5, "beside_bulk_p99_ms": 15}  # architecture.md, section 5


def run(times: int = 1000) -> dict[str, Any]:
    memory.settle()
    reference.server_in_service()
    idle = measure(times)
    with _bulk():
        busy = measure(times)
    return {
        **idle,
        "beside_bulk_p50_ms": busy["p50_ms"],
        "beside_bulk_p99_ms": busy["p99_ms"],
        "goal_p95_ms": GOAL_MS,
        "targets": TARGETS_MS,
        "passed": idle["p95_ms"] < GOAL_MS,
        "targets_met": idle["p99_ms"] <= TARGETS_MS["p99_ms"]
        and busy["p99_ms"] <= TARGETS_MS["beside_bulk_p99_ms"],
    }


def measure(times: int, warm: int = 20) -> dict[str, Any]:
    with reference.world(times + warm) as (workspace, journey, ids):
        straight_to_the_mail(journey)
        took, commits = [], []
        for profile_id in ids:
            committed, sent = one_event(workspace.pk, profile_id)
            commits.append(committed)
            took.append(sent)
        assert Message.objects.filter(journey_id=journey.pk, state="created").count() == times + warm
    took, commits = took[warm:], commits[warm:]
    return {
        "people": times,
        "p50_ms": _percentile(took, 50),
        "p95_ms": _percentile(took, 95),
        "p99_ms": _percentile(took, 99),
        "commit_p95_ms": _percentile(commits, 95),
        "ratio": round(_percentile(took, 95) / _percentile(commits, 95), 1),
    }


def one_event(workspace_id: int, profile_id: int) -> tuple[float, float]:
    """Seconds to store it, and from there to what it brings about. As in profiles.announcements, who minds it is found
    out while it is stored."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_event (workspace_id, profile_id, name, ts, received_at) "
            "values (%s, %s, 'bench_go', %s, %s) returning id",
            [workspace_id, profile_id, reference.START, reference.START],
        )
        event_id = cursor.fetchone()[0]
        index = live.index(workspace_id)
    stored = time.perf_counter()
    event = RecordedEvent(profile_id, "bench_go", reference.START, {}, reference.START, id=event_id)
    on_events.handle(workspace_id, [event], [], reference.START, index=index)
    return stored - began, time.perf_counter() - stored


def straight_to_the_mail(journey: Journey) -> None:
    """The reference journey without its hour of waiting: trigger, branch, mail, end."""
    document = reference.document()
    document["steps"]["b"]["next"]["pro"] = "ma"
    journey.live = Version.objects.create(
        journey=journey, number=2, document=document, published_at=reference.START
    )
    journey.save(update_fields=["live"])


@contextmanager
def _bulk() -> Iterator[None]:
    """A worker that has others to move all the time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bulk"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"moving", "the bulk worker ended"
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()  # it cleans up and ends
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            children.stop(process)


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 2)
