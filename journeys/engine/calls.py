"""Webhooks as the engine knows them: a row asks for the call, the answer wakes her (journeys.models.Call).

The row is written in the batch's transaction and taken away in that of the batch that moves her on. In between
journeys.webhooks calls.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from journeys.engine.plan import Plan
from journeys.steps.visits import Called, Visits
from lib.fast_sql import array
from lib.nudge import nudge_by_name


def ask(visits: Visits, rows: Sequence[int], host: str, now: datetime) -> None:
    """One call for each of these visits, made after the batch is committed; asked for twice it is one."""
    if not rows:
        return
    ids, seqs = visits.enrolment_ids, visits.seqs
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_call (enrolment_id, seq, step, host, asked_at, due_at) "
            "select u.id, u.seq, %s, %s, %s, %s from unnest(%s::bigint[], %s::integer[]) u(id, seq) "
            "on conflict (enrolment_id, seq) do nothing",
            [
                visits.step.key,
                host,
                now,
                now,
                array(ids[row] for row in rows),
                array(seqs[row] for row in rows),
            ],
        )
    nudge_by_name("journeys.tasks.make_calls")


def take(visits: Visits) -> dict[int, Called]:
    """What came of the calls of these visits, by row; each is handed out once."""
    ids, seqs = visits.enrolment_ids, visits.seqs
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from journeys_call c using unnest(%s::bigint[], %s::integer[]) with ordinality u(id, seq, place) "
            "where c.enrolment_id = u.id and c.seq = u.seq and c.outlet <> '' "
            "returning u.place - 1, c.outlet, c.result::text, c.answer::text",
            [array(ids), array(seqs)],
        )
        return {
            place: Called(outlet, msgspec.json.decode(result or "{}"), msgspec.json.decode(answer or "null"))
            for place, outlet, result, answer in cursor.fetchall()
        }


def freeze(journey_id: int, frozen: bool) -> None:
    """A pause holds what is not called yet; the resumption lets it go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_call c set frozen = %s from journeys_enrolment e "
            "where e.journey_id = %s and c.enrolment_id = e.id and c.outlet = '' and c.frozen <> %s",
            [frozen, journey_id, frozen],
        )


def attach(walks: Mapping[int, Any], enrolment_ids: Sequence[int]) -> dict[int, datetime]:
    """Notes on the visits of those who wait for an answer how it stands; their next tries, by enrolment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select enrolment_id, step, attempts, due_at, calling, result::text from journeys_call "
            "where enrolment_id = any(%s::bigint[]) and outlet = ''",
            [array(enrolment_ids)],
        )
        due: dict[int, datetime] = {}
        for id_, step, tries, due_at, calling, note in cursor.fetchall():
            visits = walks[id_].visits if id_ in walks else []
            if visits and visits[-1].step == step and visits[-1].outlet is None:
                last = msgspec.json.decode(note or "{}")
                visits[-1].note = {**last, "state": "calling", "tries": tries - 1 if calling else tries}
                due[id_] = due_at
        return due


def pretend(found: Plan, now: datetime) -> int:
    """In a replay: everybody who waits at a webhook is answered well, and nothing is called."""
    if not any(step.kind.kind == "call_webhook" for step in found.steps.values()):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "with answered as ("
            "  update journeys_call c set outlet = 'next', result = %s from journeys_enrolment e "
            "  where e.journey_id = %s and c.enrolment_id = e.id and c.outlet = '' returning e.id"
            ") update journeys_enrolment e set due_at = %s from answered where e.id = answered.id",
            ['{"state": "called", "simulated": true}', found.journey_id, now],
        )
        return int(cursor.rowcount)
