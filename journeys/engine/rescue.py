"""One bad person never holds up a batch (rule 4). A batch in which a step raised is rolled back and run again in
halves, down to the one; that one is tried again later, then set aside until somebody resumes her."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import connection, transaction

from journeys.engine.apply import ATTEMPTS, BACKOFF, StepError
from journeys.engine.record import park
from journeys.engine.rows import Row, claim_ids

log = structlog.get_logger(__name__)


def isolate(ids: Sequence[int], now: datetime, error: StepError, draws: dict[str, str] | None = None) -> None:
    """`ids`: enrolments that were due together when a step raised `error`."""
    from journeys.engine import advance

    if len(ids) == 1:
        set_aside(ids[0], now, error)
        return
    middle = len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        try:
            with transaction.atomic():
                rows = claim_ids(half, now)
                if not rows:
                    continue
                batch = advance.process(rows, now, draws)
        except StepError as again:
            isolate(half, now, again, draws)
        else:
            advance.after_commit(batch)


def set_aside(id_: int, now: datetime, error: StepError) -> None:
    """Later again; after the last attempt parked, visible at the step that failed."""
    log.warning("enrolment_failed", enrolment=id_, step=error.step, error=type(error.__cause__).__name__)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select journey_id, attempts + 1, step from journeys_enrolment where id = %s and status = 0 for "
            "update skip locked",
            [id_],
        )
        found = cursor.fetchone()
        if found is None:
            return
        journey_id, attempts, stands = found
        due = None if attempts >= ATTEMPTS else now + BACKOFF[attempts - 1]
        cursor.execute(
            # One who was never run at her step arrives there once more; whoever waited goes on waiting for the retry.
            "update journeys_enrolment set attempts = %s, due_at = %s, status = %s, context = case "
            "when due_at <= arrived_at "
            "then (context::jsonb || '{\"$retry\": true}')::json else context end where id = %s",
            [attempts, due, 1 if due is None else 0, id_],
        )
        if due is None:
            park(cursor, id_, journey_id, error.step or stands, str(error), attempts, now)


def resume(enrolment_ids: Sequence[int], now: datetime) -> int:
    """Those who were set aside try again now; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "with gone as (delete from journeys_failure where enrolment_id = any(%s) returning enrolment_id) "
            "update journeys_enrolment e set status = 0, attempts = 0, due_at = %s from gone "
            "where e.id = gone.enrolment_id and e.status = 1",
            [list(enrolment_ids), now],
        )
        return int(cursor.rowcount)


def remember(rows: Sequence[Row]) -> None:
    """Keeps with each row the events that woke her, for her next try."""
    with connection.cursor() as cursor:
        for row in rows:
            if row.wake is not None:
                row.remember(row.wake)
            cursor.execute(
                "update journeys_enrolment set context = %s where id = %s", [row.context_text, row.id]
            )
