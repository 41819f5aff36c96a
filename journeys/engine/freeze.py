"""Pausing freezes (rule 7): nobody moves, nothing is sent, events are remembered. Resuming continues once."""

from datetime import datetime

from django.db import connection

from channels import outbox
from journeys.engine import calls, states


def freeze(journey_id: int, now: datetime) -> int:
    """In the caller's transaction, after the state is set; returns how many stand still now."""
    states.hold(journey_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_enrolment set status = 2, frozen_due = due_at, due_at = null where "
            "journey_id = %s and status = 0",
            [journey_id],
        )
        count = int(cursor.rowcount)
        cursor.execute(
            "update channels_message set frozen = true where journey_id = %s and state in ('created', 'held')",
            [journey_id],
        )
    calls.freeze(journey_id, frozen=True)
    return count


def thaw(journey_id: int, now: datetime) -> int:
    """Everybody goes on: a wait that ended meanwhile ends now, and so does one whose event came."""
    states.hold(journey_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_enrolment set status = 0, frozen_due = null, "
            "due_at = case when jsonb_exists(context::jsonb, %s) then %s "
            "else greatest(coalesce(frozen_due, %s), %s) end "
            "where journey_id = %s and status = 2",
            ["$wake", now, now, now, journey_id],
        )
        count = int(cursor.rowcount)
        cursor.execute(
            "update channels_message set frozen = false where journey_id = %s and frozen returning "
            "coalesce(account_id, 0), state",
            [journey_id],
        )
        accounts = {row[0] for row in cursor.fetchall() if row[1] == "created"}
    calls.freeze(journey_id, frozen=False)
    outbox.wake(accounts)
    return count
