"""Why is she where she is, why was her message not sent, why did she never enter: answered over a log of millions."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks import advance as bench
from benchmarks import journey as reference
from channels.models import Message
from journeys.engine import explain, why_not
from journeys.models import Journey
from profiles.models import Profile

GOAL_MS = 200
OTHERS = -1  # their workspace: it exists nowhere
TIMES = 11


def run(rows: int = 5_000_000, people: int = 1_000) -> dict[str, Any]:
    with reference.world(people) as (workspace, journey, ids):
        try:
            _log(journey, rows)
            bench._stand_at_the_branch(journey, ids[1:])
            for now in (reference.START, reference.START + reference.HOUR):
                bench._advance(now)
            Message.objects.filter(profile_id=ids[1]).update(state="skipped", reason="no_consent")
            never, unsent, visitor = Profile.objects.in_bulk(ids[:3]).values()
            found = {
                "visit": _asked(lambda: explain.position(visitor.pk, workspace)),
                "not_sent": _asked(lambda: explain.position(unsent.pk, workspace)),
                "never_entered": _asked(lambda: why_not.ask(never, journey, workspace, reference.START)),
            }
            assert explain.position(visitor.pk, workspace)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("delete from journeys_pass where workspace_id = %s", [OTHERS])
                cursor.execute("vacuum journeys_pass")
    return {
        "log_rows": rows,
        **found,
        "goal_ms": GOAL_MS,
        "passed": all(one["ms"] <= GOAL_MS for one in found.values()),
    }


def _log(journey: Journey, rows: int) -> None:
    """Others' passes, in the month in which these people walk."""
    with connection.cursor() as cursor:
        for start in range(0, rows, 500_000):
            cursor.execute(
                "insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, "
                "route) select %s, %s, %s, -n / 5, -n / 5, n %% 5, %s + n * interval '100 ms', "
                '\'[{"s":"b","o":"pro","w":[[0,"pro",true]]},{"s":"w","o":null}]\' '
                "from generate_series(%s::bigint, %s::bigint) n",
                [
                    OTHERS,
                    journey.pk,
                    journey.live_id,
                    reference.START,
                    start + 1,
                    min(rows, start + 500_000),
                ],
            )
        cursor.execute("vacuum analyze journeys_pass")


def _asked(ask: Callable[[], Any]) -> dict[str, Any]:
    """The median of some answers in milliseconds, and the buffers that the statements of one read."""
    took = []
    for _turn in range(TIMES):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as captured:
        ask()
    buffers = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for query in captured.captured_queries:
            if not query["sql"].lstrip().lower().startswith(("select", "with")):
                continue
            cursor.execute("explain (analyze, buffers, format json) " + query["sql"].replace("%", "%%"), [])
            plan = cursor.fetchone()[0]
            top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
            buffers += int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])
        transaction.set_rollback(True)
    return {"ms": round(statistics.median(took), 1), "queries": len(captured), "buffers": buffers}
