"""News of people reaches the engine in the process that took it in, right after its commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError
from django.dispatch import receiver

from journeys.engine import leave, on_events
from lib import clock
from profiles import signals

log = structlog.get_logger(__name__)


@receiver(signals.events_recorded, dispatch_uid="journeys")
def move_people(
    sender: Any,
    workspace_id: int,
    events: Sequence[signals.RecordedEvent],
    profiles_changed: Sequence[int],
    **_rest: Any,
) -> None:
    """The events are stored whatever happens here: an error is the engine's, never the sender's."""
    try:
        on_events.handle(workspace_id, events, profiles_changed, clock.now())
    except DatabaseError:
        log.exception("events_not_handled", workspace=workspace_id, events=len(events))


@receiver(signals.profiles_merged, dispatch_uid="journeys")
def join_journeys(sender: Any, pairs: Sequence[tuple[int, int]], now: datetime, **_rest: Any) -> None:
    leave.merged(pairs, now)


@receiver(signals.profile_erased, dispatch_uid="journeys")
def end_journeys(sender: Any, profile_ids: Sequence[int], now: datetime, **_rest: Any) -> None:
    leave.erased(profile_ids, now)
