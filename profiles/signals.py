"""The news of people, sent upwards in batches.

events_recorded   after commit: workspace_id, events [RecordedEvent], profiles_changed [profile ids whose attributes or
                  consents are other than before, or that are new]
profiles_merged   inside the transaction of the merge: workspace_id, pairs [(merged id, id it went into)], now. Whoever
                  keeps rows by person moves them here, so that no moment knows half a merge.
profile_erased    inside the transaction of the erasure: workspace_id, profile_ids, now
segment_changed   after commit: workspace_id, segment_id, entered [ids], left [ids]
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.dispatch import Signal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A stored event. late: older than the lateness limit, so it is remembered but starts nothing."""

    profile_id: int
    name: str
    ts: datetime
    properties: dict[str, Any]
    received_at: datetime
    late: bool = False
    id: int | None = None


events_recorded = Signal()
profiles_merged = Signal()
profile_erased = Signal()
segment_changed = Signal()


def announce(workspace_id: int, events: list[RecordedEvent], profiles_changed: list[int]) -> None:
    """Sends events_recorded after commit. What came is stored by then: a receiver that fails is logged, no more."""

    def send() -> None:
        answers = events_recorded.send_robust(
            sender=None, workspace_id=workspace_id, events=events, profiles_changed=profiles_changed
        )
        for receiver, answer in answers:
            if isinstance(answer, Exception):
                name = getattr(receiver, "__qualname__", repr(receiver))
                log.error("receiver_failed", receiver=name, workspace_id=workspace_id, exc_info=answer)

    if events or profiles_changed:
        transaction.on_commit(send)
