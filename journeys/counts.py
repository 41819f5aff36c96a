"""The numbers on the canvas. Made from the rows that the engine commits with the log, so they equal the list behind
them at every moment: folded totals plus the deltas not folded yet, read in one statement."""

from datetime import datetime
from typing import Any

from django.db import connection

_SQL = """
select step, outlet, sum(entered)::bigint, sum(completed)::bigint from (
    select step, outlet, entered, completed from journeys_stepcount where journey_id = %(journey)s
    union all
    select step, outlet, entered, completed from journeys_countdelta where journey_id = %(journey)s
    union all
    select key, '', 0, 0 from journeys_journey j join journeys_version live on live.id = j.live_id
    cross join lateral jsonb_object_keys(live.document -> 'steps') key
    where j.id = %(journey)s
) rows group by step, outlet
"""


def of_journey(journey_id: int, now: datetime) -> dict[str, Any]:
    """{"steps": {key: {"entered","inside","completed","outlets": {outlet: n}}}, "totals": {...}, "at": iso}.

    Every step of the live version has its numbers, be they 0.
    entered counts arrivals, completed those who went on by an outlet, inside those who stand there now; people who
    left by a rule (goal, exit, stop) are in neither of the last two. totals: entered, inside, ended, goal.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"journey": journey_id})
        rows = cursor.fetchall()
    steps: dict[str, dict[str, Any]] = {}
    totals = {"entered": 0, "inside": 0, "ended": 0, "goal": 0}
    for step, outlet, entered, completed in rows:
        if step == "$goal":  # reached by people who go on
            totals["goal"] += entered
            continue
        if step == "":
            totals["entered"] += entered
            totals["ended"] += completed
            totals["goal"] += completed if outlet == "!goal" else 0
            continue
        count = steps.setdefault(step, {"entered": 0, "inside": 0, "completed": 0, "outlets": {}})
        count["entered"] += entered
        count["inside"] += entered - completed
        if outlet and not outlet.startswith("!"):
            count["completed"] += completed
            count["outlets"][outlet] = count["outlets"].get(outlet, 0) + completed
    totals["inside"] = totals["entered"] - totals["ended"]
    return {"steps": steps, "totals": totals, "at": now.isoformat()}


def inside_by_journey(journey_ids: list[int]) -> dict[int, dict[str, int]]:
    """{journey id: {"entered", "inside", "goal"}} for a page of a list, in one statement."""
    sql = """
        select journey_id, coalesce(sum(entered) filter (where step = ''), 0)::bigint,
               coalesce(sum(entered - completed) filter (where step = ''), 0)::bigint,
               coalesce(sum(completed) filter (where outlet = '!goal'), 0)::bigint
                   + coalesce(sum(entered) filter (where step = '$goal'), 0)::bigint
        from (
            select journey_id, step, outlet, entered, completed from journeys_stepcount
            where journey_id = any(%(ids)s) and step in ('', '$goal')
            union all
            select journey_id, step, outlet, entered, completed from journeys_countdelta
            where journey_id = any(%(ids)s) and step in ('', '$goal')
        ) rows group by journey_id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": journey_ids})
        found = {row[0]: {"entered": row[1], "inside": row[2], "goal": row[3]} for row in cursor.fetchall()}
    return {key: found.get(key, {"entered": 0, "inside": 0, "goal": 0}) for key in journey_ids}
