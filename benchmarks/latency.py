"""One person, idle system: from an event accepted (stored and committed) to her message committed in the outbox."""

import time
from typing import Any

from django.db import connection, transaction

from benchmarks import journey as reference
from channels.models import Message
from journeys.engine import on_events
from journeys.models import Journey, Version
from profiles.signals import RecordedEvent

GOAL_MS = 250


def run(times: int = 200) -> dict[str, Any]:
    with reference.world(times) as (workspace, journey, ids):
        _straight_to_the_mail(journey)
        took, commits = [], []
        for profile_id in ids:
            began = time.perf_counter()
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "insert into profiles_event (workspace_id, profile_id, name, ts, received_at) "
                    "values (%s, %s, 'bench_go', %s, %s) returning id",
                    [workspace.pk, profile_id, reference.START, reference.START],
                )
                event_id = cursor.fetchone()[0]
            commits.append(time.perf_counter() - began)
            began = time.perf_counter()
            event = RecordedEvent(profile_id, "bench_go", reference.START, {}, reference.START, id=event_id)
            on_events.handle(workspace.pk, [event], [], reference.START)
            took.append(time.perf_counter() - began)
        assert Message.objects.filter(journey_id=journey.pk, state="created").count() == times
        return {
            "bench": "latency",
            "people": times,
            "p50_ms": _percentile(took, 50),
            "p95_ms": _percentile(took, 95),
            "commit_p95_ms": _percentile(commits, 95),
            "ratio": round(_percentile(took, 95) / _percentile(commits, 95), 1),
            "goal_p95_ms": GOAL_MS,
            "passed": _percentile(took, 95) < GOAL_MS,
        }


def _straight_to_the_mail(journey: Journey) -> None:
    """The reference journey without its hour of waiting: trigger, branch, mail, end."""
    document = reference.document()
    document["steps"]["b"]["next"]["pro"] = "ma"
    journey.live = Version.objects.create(
        journey=journey, number=2, document=document, published_at=reference.START
    )
    journey.save(update_fields=["live"])


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 2)
