"""News of people reaches the engine in the process that took it in, right after its commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from journeys import parting, testing  # noqa: F401 - parting connects itself
from journeys.engine import crossings, dates, leave, live, on_events, refused
from lib import clock
from profiles import signals


@receiver(signals.events_recorded, dispatch_uid="journeys")
def move_people(
    sender: Any,
    workspace_id: int,
    events: Sequence[signals.RecordedEvent],
    profiles_changed: Sequence[int],
    minded: Any = None,
    **_rest: Any,
) -> None:
    """What it raises is kept from the sender and told again later (profiles.announcements)."""
    index = minded.get(live.minder, False) if isinstance(minded, dict) else minded
    if index is not False:
        on_events.handle(workspace_id, events, profiles_changed, clock.now(), index=index)


@receiver(signals.profiles_merged, dispatch_uid="journeys")
def join_journeys(sender: Any, pairs: Sequence[tuple[int, int]], now: datetime, **_rest: Any) -> None:
    leave.merged(pairs, now)
    dates.merged(pairs)
    refused.forget([gone for gone, _kept in pairs])


@receiver(signals.profile_erased, dispatch_uid="journeys")
def end_journeys(sender: Any, profile_ids: Sequence[int], now: datetime, **_rest: Any) -> None:
    leave.erased(profile_ids, now)
    dates.erased(profile_ids)
    refused.forget(profile_ids)
    testing.erased(profile_ids)


@receiver(signals.segment_changed, dispatch_uid="journeys")
def let_in(sender: Any, workspace_id: int, followed: bool, **_rest: Any) -> None:
    """Who entered or left is written down: the clock finds it too."""
    if followed:
        crossings.work(clock.now(), workspace_id)
