"""What became of a message after it left: opened, clicked, delivered, refused, unsubscribed.

Each is a row of message_event, a first moment on the message, and an event of the person (`message_opened` and so on)
that journeys can wait for. All three are one transaction: no crash leaves a click that no journey ever hears of. Events
of one person are rare; refusals come in batches.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce

from channels import record
from channels.adapters.base import DeliveryError, Report
from channels.media import Medium
from channels.models import Account, Message
from profiles.call import Call

HARD_BOUNCE = "hard_bounce"


@transaction.atomic
def opened(public_id: UUID, now: datetime) -> None:
    """Every time is noted; the person's event is the first."""
    message = Message.objects.filter(public_id=public_id).first()
    if message is None:
        return
    first = Message.objects.filter(pk=message.pk, opened_at=None).update(opened_at=now)
    record.note([record.Happening(message, "opened", now, {})])
    if first:
        _tell([(message, "message_opened", {})], now)


@transaction.atomic
def clicked(public_id: UUID, url: str, now: datetime) -> None:
    """Every click is an event. Who clicks has opened, whether or not pictures were shown."""
    message = Message.objects.filter(public_id=public_id).first()
    if message is None:
        return
    Message.objects.filter(pk=message.pk, clicked_at=None).update(
        clicked_at=now, opened_at=Coalesce("opened_at", now)
    )
    record.note([record.Happening(message, "clicked", now, {"url": url})])
    _tell([(message, "message_clicked", {"url": url})], now)


@transaction.atomic
def unsubscribed(message: Message, topics: Sequence[str], how: str, now: datetime) -> None:
    record.note([record.Happening(message, "unsubscribed", now, {"topics": list(topics), "how": how})])
    _tell([(message, "message_unsubscribed", {"topics": list(topics)})], now)


def refused(messages: Sequence[tuple[Message, DeliveryError]], now: datetime) -> None:
    """The provider took these not, for good. Mailboxes that do not exist are not written to again."""
    _failed([(message, error.hard_bounce, str(error)) for message, error in messages], now)


@transaction.atomic
def reported(account: Account, reports: Sequence[Report], now: datetime) -> int:
    """A provider's later word on the account's messages. Said twice, or of a stranger's, it does nothing."""
    known = {
        str(message.public_id): message
        for message in Message.objects.filter(
            public_id__in=[report.key for report in reports if _is_uuid(report.key)], account_id=account.pk
        )
    }
    failures: list[tuple[Message, bool, str]] = []
    delivered: list[Message] = []
    for report in reports:
        message = known.get(report.key)
        if message is None:
            continue
        # A report may overtake our own note that it was sent.
        open_ = Message.objects.filter(pk=message.pk, state__in=["created", "sent"])
        if report.kind == "delivered" and open_.update(
            state="delivered",
            delivered_at=report.at,
            sent_at=Coalesce("sent_at", report.at),
            claimed_until=None,
        ):
            delivered.append(message)
        elif report.kind == "failed" and open_.update(
            state="failed", reason="bounced", error=report.reason, claimed_until=None
        ):
            failures.append((message, report.hard_bounce, report.reason))
    record.note([record.Happening(message, "delivered", now, {}) for message in delivered])
    _tell([(message, "message_delivered", {}) for message in delivered], now)
    _failed(failures, now)
    return len(delivered) + len(failures)


def _failed(messages: Sequence[tuple[Message, bool, str]], now: datetime) -> None:
    if not messages:
        return
    record.note(
        [
            record.Happening(message, "bounced" if bounced else "failed", now, {"reason": words})
            for message, bounced, words in messages
        ]
    )
    # A device that is gone is marked so itself (channels.devices); its token may come back with another app.
    if gone := [m.pk for m, bounced, _words in messages if bounced and m.medium != Medium.PUSH]:
        record.suppress(gone, HARD_BOUNCE, now)
    _tell(
        [
            (message, "message_bounced" if bounced else "message_failed", {})
            for message, bounced, _w in messages
        ],
        now,
    )


def _tell(events: Sequence[tuple[Message, str, Mapping[str, Any]]], now: datetime) -> None:
    """The person's own events, a batch a workspace. Tests of a channel have no person."""
    try:
        from profiles import record_event
    except ImportError:
        return
    people = sorted(((m, n, p) for m, n, p in events if m.profile_id), key=lambda one: one[0].workspace_id)
    for workspace_id, group in groupby(people, key=lambda one: one[0].workspace_id):
        calls = [
            Call(
                kind="track",
                ts=now,
                profile_id=message.profile_id,
                event=name,
                properties={
                    "message": str(message.public_id),
                    "medium": message.medium,
                    "topic": message.topic,
                    "step": message.step,
                    **more,
                },
            )
            for message, name, more in group
        ]
        record_event.record(workspace_id, None, calls, now)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
