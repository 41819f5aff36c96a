"""People who crossed a segment and could not be let in by a trigger: kept, and tried again with growing pauses.

What fails is set apart by journey and trigger, so it holds up no other; after some tries in vain a crowd is halved,
down to the one for whom it fails.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db import transaction

from journeys.models import Journey, LateCrossing
from lib.log_privacy import hidden
from profiles.membership import Change

T = TypeVar("T")
log = structlog.get_logger(__name__)

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
TOGETHER = 2  # so often all of them are tried at once: most faults pass


def keep(journey_id: int, trigger: str, changes: Sequence[Change], error: Exception, now: datetime) -> None:
    """In the caller's transaction, whose savepoint undid what had been done for them."""
    LateCrossing.objects.create(
        journey_id=journey_id,
        trigger=trigger,
        changes=[[one.id, one.profile_id, one.entered, one.at.isoformat()] for one in changes],
        error=_told(error),
        at=now,
        next_at=now + PAUSES[0],
    )


def retry(let_in: Callable[[int, str, Sequence[Change]], T], now: datetime) -> tuple[bool, T | None]:
    """Tries the first whose time has come, in a transaction of its own. (whether there was one, what came of it)

    `let_in`: version, trigger, changes.
    """
    with transaction.atomic():
        row = (
            LateCrossing.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("journey")
            .filter(next_at__lte=now)
            .order_by("next_at", "id")
            .first()
        )
        if row is None:
            return False, None
        live_id = row.journey.live_id
        if row.journey.state != "live" or live_id is None:
            row.delete()
            return True, None
        changes = [
            Change(id_, 0, profile_id, entered, datetime.fromisoformat(at))
            for id_, profile_id, entered, at in row.changes
        ]
        try:
            with transaction.atomic():
                done = let_in(live_id, row.trigger, changes)
        except Exception as error:
            log.exception("crossing_failed", journey=row.journey_id, trigger=row.trigger, people=len(changes))
            _again(row, error, now)
            return True, None
        row.delete()
        return True, done


def forget(journey: Journey, *, but: Sequence[str] = ()) -> None:
    """Those of triggers that follow nothing any more."""
    LateCrossing.objects.filter(journey=journey).exclude(trigger__in=but).delete()


def _again(row: LateCrossing, error: Exception, now: datetime) -> None:
    if row.attempts >= TOGETHER and len(row.changes) > 1:
        middle = len(row.changes) // 2
        for half in (row.changes[:middle], row.changes[middle:]):
            LateCrossing.objects.create(
                journey_id=row.journey_id,
                trigger=row.trigger,
                changes=half,
                error=_told(error),
                attempts=row.attempts,
                at=row.at,
                next_at=now,
            )
        row.delete()
        return
    row.attempts, row.error = row.attempts + 1, _told(error)
    row.next_at = now + PAUSES[min(row.attempts, len(PAUSES)) - 1]
    row.save(update_fields=["attempts", "error", "next_at"])


def _told(error: Exception) -> str:
    """Without what a database says of the row it stumbled over."""
    first = f"{type(error).__name__}: {error}".replace("\0", "").partition("\n")[0]
    return str(hidden(first))[:2000]
