"""What the outbox does when people are joined or erased: their messages go with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from channels.models import Message, MessageBody, MessageEvent

_MOVE = """
    update {table} t set profile_id = pair.into_id
    from unnest(%s::bigint[], %s::bigint[]) pair(from_id, into_id) where t.profile_id = pair.from_id
"""


def move_messages(sender: Any, pairs: Sequence[tuple[int, int]], **_: Any) -> None:
    """profiles_merged: in its transaction."""
    columns = [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    with connection.cursor() as cursor:
        for table in ("channels_message", "channels_messageevent"):
            cursor.execute(_MOVE.format(table=table), columns)


def erase_messages(sender: Any, profile_ids: Sequence[int], now: datetime, **_: Any) -> None:
    """profile_erased: counts stay, what names the person goes; what was not sent yet never is."""
    messages = Message.objects.filter(profile_id__in=profile_ids)
    messages.filter(state__in=["created", "held"]).update(
        state="skipped", reason="suppressed", claimed_until=None
    )
    MessageBody.objects.filter(message__in=messages).delete()
    MessageEvent.objects.filter(profile_id__in=profile_ids).update(data={})
    messages.update(address="", variables={}, error="")
