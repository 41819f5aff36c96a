"""Whose events moved is counted anew; of whom is erased nothing is left."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.dispatch import receiver

from profiles import signals
from profiles.computed.updating import FORGET, recompute


@receiver(signals.profiles_merged, dispatch_uid="computed.merged")
def count_together(
    sender: Any, *, workspace_id: int, pairs: list[tuple[int, int]], now: datetime, **_more: Any
) -> None:
    """In the transaction of the merge."""
    with connection.cursor() as cursor:
        _forget(cursor, [merged for merged, _into in pairs])
        recompute(cursor, workspace_id, {into for _merged, into in pairs}, now)


@receiver(signals.profiles_split, dispatch_uid="computed.split")
def count_apart(
    sender: Any, *, workspace_id: int, holder: int, former: int, now: datetime, **_more: Any
) -> None:
    """In the transaction that undoes a join, after the events are given back."""
    with connection.cursor() as cursor:
        recompute(cursor, workspace_id, [holder, former], now)


@receiver(signals.profile_erased, dispatch_uid="computed.erased")
def erase(sender: Any, *, profile_ids: list[int], **_more: Any) -> None:
    with connection.cursor() as cursor:
        _forget(cursor, list(profile_ids))


def _forget(cursor: Any, ids: list[int]) -> None:
    for statement in FORGET:
        cursor.execute(statement, {"ids": ids})
