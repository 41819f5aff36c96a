"""What a committed batch brings about at once: people who began to wait, or entered, are looked at once more for what
happened meanwhile, and those whose profiles steps have changed may be what others wait for.

Both run right after the commit, in this process. If it dies in between, the row that was committed with the batch lets
the clock tell it (profiles.announcements)."""

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import Error, connection

from journeys.engine import live
from profiles import announcements

if TYPE_CHECKING:
    from journeys.engine.run import Batch


def note(batch: "Batch") -> None:
    """In the batch's transaction. Nothing is written for batches that bring nothing about."""
    changed = batch.store.changed
    waiting: dict[int, set[int]] = defaultdict(set)
    for row in batch.rows:
        if row.waits and row.end is None:
            waiting[row.workspace_id].add(row.profile_id)
    if not (waiting or changed) or live.in_sandbox():
        return
    with connection.cursor() as cursor:
        for workspace_id in sorted({*waiting, *changed}):
            number, _events = announcements.number(
                cursor,
                workspace_id,
                batch.now,
                changed=sorted(changed.get(workspace_id, ())),
                people=sorted(waiting.get(workspace_id, ())),
            )
            batch.notes.append(number)


def settle(batch: "Batch") -> None:
    """After the commit."""
    from journeys.engine import advance, crossings, meanwhile, on_events

    try:
        meanwhile.look_again(batch)
        for (
            workspace_id,
            event,
        ) in batch.store.recorded:  # in a sandbox; else profiles.record_event tells of it
            on_events.handle(workspace_id, [event], [], batch.now, draws=batch.store.draws)
        if batch.store.entered:
            advance.advance_these(batch.store.entered, batch.now)
        for workspace_id, profile_ids in batch.store.changed.items():
            on_events.handle(workspace_id, [], sorted(profile_ids), batch.now, draws=batch.store.draws)
            if not live.in_sandbox():
                crossings.follow(workspace_id, [], sorted(profile_ids), batch.now)
    except Error as error:
        for number in batch.notes:
            announcements.keep(number, error)
        raise
    announcements.done(*batch.notes)
