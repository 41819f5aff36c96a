"""Whoever has the answer of her webhook goes on. An answer whose waking was lost is found by the next look."""

from datetime import datetime

from django.db import connection

from journeys.engine import advance

MOST = 2000


def go_on(now: datetime) -> int:
    """Moves those who have their answer; returns how many. Whoever is held by another batch is found the next time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "with answered as ("
            "  select e.id from journeys_call c join journeys_enrolment e on e.id = c.enrolment_id and e.seq = c.seq "
            "  where c.outlet <> '' and e.status = 0 and (e.due_at is null or e.due_at > %s) "
            "  order by e.id limit %s for update of e skip locked"
            ") update journeys_enrolment e set due_at = %s from answered where e.id = answered.id returning e.id",
            [now, MOST, now],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return advance.advance_these(ids, now) if ids else 0
