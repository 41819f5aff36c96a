"""Why is she where she is, why was her message not sent, why did she never enter: answered over a log of millions.

Each question is asked about some people whom nobody has asked about before, and then again. `busy` is a person with a
hundred thousand rows of her own (in 50,000,000; a tenth of that in 5,000,000).
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks import advance as bench
from benchmarks import journey as reference
from benchmarks import long_log
from channels.models import Message
from journeys import story
from journeys.engine import explain, why_not
from journeys.models import Journey, Refused
from profiles.models import Profile
from workspaces.models import Workspace

GOAL_MS = 200
TIMES = 25


def run(rows: int = 5_000_000, people: int = 1_000) -> dict[str, Any]:
    assert long_log.empty(), "this bench fills and empties the log: it wants a database of its own"
    with reference.world(people) as (workspace, journey, ids):
        live = long_log.journeys(workspace, journey)
        try:
            began = time.perf_counter()
            long_log.fill(workspace, live, ids[0], rows)
            filled = time.perf_counter() - began
            _walk(journey, ids)
            found = _questions(workspace, live, ids, rows)
        finally:
            long_log.clear()
    return {
        "log_rows": rows,
        "filled_in_s": round(filled),
        **found,
        "goal_ms": GOAL_MS,
        "passed": all(one["p95_ms"] <= GOAL_MS for one in found.values()),
    }


def _walk(journey: Journey, ids: list[int]) -> None:
    """All but the first two hundred through the journey; half of their messages held back for want of consent."""
    bench._stand_at_the_branch(journey, ids[200:])
    for now in (reference.START, reference.START + reference.HOUR):
        bench._advance(now)
    Message.objects.filter(profile_id__in=ids[200::2]).update(state="skipped", reason="no_consent")
    Refused.objects.bulk_create(
        Refused(
            profile_id=id_, journey_id=journey.pk, trigger="t", version_id=journey.live_id,
            at=reference.START, kind="where", why=[["free", False], [0, False]],
        )
        for id_ in ids[100:200]
    )  # fmt: skip


def _questions(
    workspace: Workspace, live: list[Journey], ids: list[int], rows: int
) -> dict[str, dict[str, Any]]:
    profiles = Profile.objects.in_bulk(ids)
    many = long_log.others(rows)
    long_ago = [-1 - n * many // TIMES for n in range(TIMES)]  # people of the log, all over it
    now = reference.START + reference.HOUR
    first = live[0]

    def position(id_: int) -> Any:
        found = explain.position(id_, workspace)
        assert found, id_
        return found

    def never(id_: int) -> Any:
        answer = why_not.ask(profiles[id_], first, workspace, now)
        assert answer.ways, id_
        return answer

    def timeline(id_: int) -> Any:
        found = list(story.entries(Profile(pk=id_, workspace=workspace), None, 50))
        assert found, id_
        return found

    for ask in (
        position,
        timeline,
    ):  # a process that has worked before: its modules loaded, the journeys read
        for id_ in range(-many, -many + 2 * len(live)):
            ask(id_)
    return {
        "visit": _asked(position, ids[201:][: 2 * TIMES : 2]),
        "visit_long_ago": _asked(position, long_ago),
        "visit_busy": _asked(position, ids[:1]),
        "not_sent": _asked(position, ids[200:][: 2 * TIMES : 2]),
        "timeline": _asked(timeline, long_ago),
        "timeline_busy": _asked(timeline, ids[:1]),
        "never_entered": _asked(never, ids[1:][:TIMES]),
        "turned_away": _asked(never, ids[100:][:TIMES]),
        "was_inside": _asked(never, ids[260:][:TIMES]),
        "was_inside_busy": _asked(never, ids[:1]),
    }


def _asked(ask: Callable[[int], Any], people: Sequence[int]) -> dict[str, Any]:
    """Milliseconds of the first time, and of the second; and what one answer reads."""
    took: list[list[float]] = [[], []]
    for turn in took:
        for id_ in people:
            began = time.perf_counter()
            ask(id_)
            turn.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as captured:
        ask(people[0])
    first, again = took
    return {
        "ms": round(statistics.median(first), 1),
        "p95_ms": round(sorted(first)[int(0.95 * (len(first) - 1))], 1),
        "worst_ms": round(max(first + again), 1),
        "again_ms": round(statistics.median(again), 1),
        "queries": len(captured),
        "buffers": sum(_buffers(query["sql"]) for query in captured.captured_queries),
    }


def _buffers(sql: str) -> int:
    if not sql.lstrip().lower().startswith(("select", "with")):
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("explain (analyze, buffers, format json) " + sql.replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
        transaction.set_rollback(True)
    top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])
