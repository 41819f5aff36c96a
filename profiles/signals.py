"""The news of people, sent upwards in batches.

events_recorded   after commit: workspace_id, events [RecordedEvent], profiles_changed [profile ids whose attributes or
                  consents are other than before, or that are new]. Told by profiles.announcements: at
                  least once to those who mind; after a crash, or when a listener raised, once more to all of them.
                  minded: False (nobody does), or by minder what it has found out already
                  attributes: the names that were written, with CONSENTS and NEW for answers and new people;
                  None where that is not known
profiles_merged   inside the transaction of the merge: workspace_id, pairs [(merged id, id it went into)], now. Whoever
                  keeps rows by person moves them here, so that no moment knows half a merge.
profiles_joining  inside the transaction, before a join: workspace_id, profile_ids. Answers {profile id: {name: ids}},
                  the rows that are hers alone now, for
profiles_split    inside the transaction that undoes a join: workspace_id, holder, former (profile ids), moved
                  {name: ids}, now. Whoever answered gives back those of the rows that the holder still has
profile_erased    inside the transaction of the erasure: workspace_id, profile_ids, now
segment_changed   after commit: workspace_id, segment_id, entered [ids], left [ids], followed (a journey starts with it)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.dispatch import Signal

log = structlog.get_logger(__name__)


CONSENTS, NEW = "*consents", "*new"  # beside the names of attributes


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A stored event. late: older than the lateness limit, so it is remembered but starts nothing.

    again: told once more, maybe to somebody who has heard of it; the number of the first event of its batch.
    """

    profile_id: int
    name: str
    ts: datetime
    properties: dict[str, Any]
    received_at: datetime
    late: bool = False
    id: int | None = None
    again: int | None = None


events_recorded = Signal()
profiles_merged = Signal()
profiles_joining = Signal()
profiles_split = Signal()
profile_erased = Signal()
segment_changed = Signal()


def announce_segment(
    workspace_id: int, segment_id: int, entered: list[int], left: list[int], *, followed: bool = True
) -> None:
    """Sends segment_changed after commit; the changes are rows by then, so a receiver that fails loses nothing."""

    def send() -> None:
        answers = segment_changed.send_robust(
            sender=None,
            workspace_id=workspace_id,
            segment_id=segment_id,
            entered=entered,
            left=left,
            followed=followed,
        )
        for receiver, answer in answers:
            if isinstance(answer, Exception):
                name = getattr(receiver, "__qualname__", repr(receiver))
                log.error("receiver_failed", receiver=name, workspace_id=workspace_id, exc_info=answer)

    if entered or left:
        transaction.on_commit(send)
