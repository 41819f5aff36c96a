"""Two people who were joined are parted: each keeps the messages that were sent to her."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.dispatch import receiver

from channels.models import Message
from profiles import signals


@receiver(signals.profiles_joining, dispatch_uid="channels.joining")
def sent(sender: Any, profile_ids: Sequence[int], **_rest: Any) -> dict[int, dict[str, list[int]]]:
    """The messages of each, before the join."""
    found: dict[int, dict[str, list[int]]] = {}
    rows = Message.objects.filter(profile_id__in=profile_ids).values_list("profile_id", "pk")
    for person, message in rows:
        found.setdefault(person, {}).setdefault("messages", []).append(message)
    return found


@receiver(signals.profiles_split, dispatch_uid="channels.split")
def give_back(sender: Any, holder: int, former: int, moved: dict[str, list[int]], **_rest: Any) -> None:
    if not (ids := moved.get("messages")):
        return
    with connection.cursor() as cursor:
        for table, column in (("channels_message", "id"), ("channels_messageevent", "message_id")):
            cursor.execute(
                f"update {table} set profile_id = %s where {column} = any(%s) and profile_id = %s",
                [former, ids, holder],
            )
