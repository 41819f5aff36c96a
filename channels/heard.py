"""What people do where a social account talks to them: they follow it, block it, answer, tap a button.

The network's id of a person is her external id of that network: who follows before any source named her becomes a
person of her own, and one with the rest as soon as a source says so (`context.externalIds`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce

from channels import record
from channels.adapters.base import Signal
from channels.models import Account, Message, MessageBody, Suppression
from profiles import record_event
from profiles.call import Call
from profiles.consent import EVERY_TOPIC, GRANTED

BLOCKED = "unfollowed"
ANSWERED_WITHIN = timedelta(days=7)  # an answer belongs to the last message that is not older
EVENTS = {
    "followed": "social_followed",
    "unfollowed": "social_unfollowed",
    "replied": "social_message_received",
    "clicked": "social_button_tapped",
}


def heard(account: Account, signals: Sequence[Signal], now: datetime) -> None:
    """Each is one transaction; told twice it counts once."""
    for signal in signals:
        with transaction.atomic():
            _hear(account, signal, now)


def _hear(account: Account, signal: Signal, now: datetime) -> None:
    who = ((f"external:{account.kind}", signal.address),)
    about: dict[str, Any] = {"network": account.kind, "channel": account.name}
    if signal.kind == "replied":
        about["text"] = signal.text
    told = _key(account, signal, "")
    calls = [
        Call("track", signal.at, names=who, event=EVENTS[signal.kind], message_id=told, properties=about)
    ]
    if signal.kind == "followed" and account.settings.get("follow_consents"):
        consents = {str(account.medium): {EVERY_TOPIC: GRANTED}}
        calls.append(Call("identify", signal.at, names=who, consents=consents))
    result = record_event.record(account.workspace_id, None, calls, now)
    profile_id = result.profile_ids[0]
    if 0 in result.duplicates or profile_id is None:
        return
    if signal.kind == "followed":
        _blocked(account, signal).delete()
    elif signal.kind == "unfollowed":
        Suppression.objects.get_or_create(
            workspace_id=account.workspace_id,
            medium=account.medium,
            address=signal.address,
            defaults={"reason": BLOCKED, "at": signal.at},
        )
    elif message := _message(account, signal, profile_id):
        _reacted(message, account, signal, now)


def _blocked(account: Account, signal: Signal) -> Any:
    return Suppression.objects.filter(
        workspace_id=account.workspace_id, medium=account.medium, address=signal.address, reason=BLOCKED
    )


def _message(account: Account, signal: Signal, profile_id: int) -> Message | None:
    """The message it is about: the one whose button it was, or the last one she got here."""
    sent = Message.objects.filter(profile_id=profile_id, account_id=account.pk, sent_at__isnull=False)
    if signal.kind == "clicked":
        try:
            return sent.filter(public_id=UUID(signal.message)).first()
        except ValueError:
            return None
    lately = signal.at - ANSWERED_WITHIN
    return sent.filter(created_at__gt=lately, sent_at__lte=signal.at).order_by("-sent_at").first()


def _reacted(message: Message, account: Account, signal: Signal, now: datetime) -> None:
    data: dict[str, Any] = {"text": signal.text} if signal.kind == "replied" else _button(message, signal)
    moments = {"opened_at": Coalesce("opened_at", signal.at)}  # who answers has read it
    if signal.kind == "clicked":
        moments["clicked_at"] = Coalesce("clicked_at", signal.at)
    Message.objects.filter(pk=message.pk).update(**moments)
    record.note([record.Happening(message, signal.kind, signal.at, data)])
    about = {
        "message": str(message.public_id),
        "medium": message.medium,
        "topic": message.topic,
        "step": message.step,
    }
    call = Call(
        "track",
        signal.at,
        profile_id=message.profile_id,
        event=f"message_{signal.kind}",
        message_id=_key(account, signal, ":message"),
        properties=about | data,
    )
    record_event.record(message.workspace_id, None, [call], now)


def _button(message: Message, signal: Signal) -> dict[str, Any]:
    body = MessageBody.objects.filter(message_id=message.pk).values_list("data", flat=True).first() or {}
    buttons = body.get("actions") or []
    number = signal.button
    if number is None or not 0 <= number < len(buttons):
        return {"url": ""}
    return {"url": "", "button": number, "label": str(buttons[number].get("label") or "")}


def _key(account: Account, signal: Signal, more: str) -> str | None:
    """The same for the same thing told again; the message ids of sources are theirs alone."""
    return f"{account.public_id}:{signal.id}{more}" if signal.id else None
