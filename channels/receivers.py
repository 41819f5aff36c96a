"""What the outbox does when people are joined or erased: their messages go with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from channels import handles, parting  # noqa: F401 - parting connects itself
from channels.models import Message, MessageBody, MessageEvent, Suppression
from profiles import erased_names
from profiles.models import Profile

HIDDEN = "erased:"  # before the hash of an address that an erased person had

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
    _hide_suppressions(profile_ids)
    handles.forget(profile_ids)
    messages.update(address="", variables={}, error="")


def _hide_suppressions(profile_ids: Sequence[int]) -> None:
    """Her addresses stay closed, as hashes that tell nobody what they were; one that somebody else has stays."""
    people = Profile.objects.filter(pk__in=profile_ids).exclude(erased_at__isnull=False)
    for workspace_id, email, phone in people.values_list("workspace_id", "email", "phone"):
        for kind, address in (("email", email), ("phone", phone)):
            others = Profile.objects.filter(workspace_id=workspace_id, **{kind: address})
            if not address or others.exclude(pk__in=profile_ids).exists():
                continue
            Suppression.objects.filter(workspace_id=workspace_id, address=address).update(
                address=HIDDEN + erased_names.digests(workspace_id, (kind, address))[0]
            )


def restore_suppressions(cursor: Any, workspace_id: int, names: Sequence[tuple[str, str]]) -> None:
    """Who is let in again after an erasure has the addresses closed that were closed before."""
    for kind, address in names:
        if kind in ("email", "phone"):
            hidden = [HIDDEN + digest for digest in erased_names.digests(workspace_id, (kind, address))]
            rows = Suppression.objects.filter(workspace_id=workspace_id, address__in=hidden)
            there = Suppression.objects.filter(workspace_id=workspace_id, address=address)
            rows.exclude(medium__in=there.values("medium")).update(address=address)
            rows.delete()
