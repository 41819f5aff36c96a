"""A push message goes to all of a person's devices, each by the account that reaches it; it is sent when one took it.

What a device's push service does not know any more is gone. Repeated after a crash, a message shows once: adapters give
the services the message's key to fold repetitions by.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_noop

from channels.accounts import stored_secrets
from channels.adapters.base import AccountSettings, DeliveryError, Outgoing, Receipt
from channels.adapters.push import PushAdapter, PushMessage
from channels.adapters.registry import adapters
from channels.models import Account, Message
from profiles import devices
from profiles.models import Device, Profile


@dataclass(slots=True)
class _Way:
    """An account and what goes through it, in the order of the messages."""

    adapter: PushAdapter
    settings: AccountSettings
    lane: list[Outgoing[PushMessage]] = field(default_factory=list)


def send(account: Account, batch: Sequence[tuple[Message, Outgoing[PushMessage]]]) -> Iterator[Receipt]:
    """One receipt a message, in order, as adapters give them: the caller may stop at any."""
    ways = _ways(account)
    found = _devices(account, [message for message, _whole in batch])
    plan: list[tuple[int, list[tuple[_Way, Device]]]] = []
    for message, whole in batch:
        taken = [(way, device) for device in found.get(message.pk, ()) if (way := _way_for(device, ways))]
        for number, (way, device) in enumerate(taken):
            content = replace(whole.content, keys=device.keys)
            way.lane.append(Outgoing(number, whole.key, device.token, content))
        plan.append((whole.id, taken))
    running = {id(way): way.adapter.send(way.settings, way.lane) for way in ways}
    lost: list[int] = []
    try:
        for message_id, taken in plan:
            receipts = [next(running[id(way)]) for way, _device in taken]
            for receipt, (_way, device) in zip(receipts, taken, strict=True):
                if receipt.error is not None and receipt.error.hard_bounce and device.pk:
                    lost.append(device.pk)
            yield _together(message_id, receipts)
    finally:
        for answers in running.values():
            if close := getattr(answers, "close", None):
                close()
        devices.gone(lost)


def address_for_test(account: Account, written: str) -> str | None:
    """Where a test goes: to the token that was written, or to the device last seen of the person of that email or user
    id. None: there is nothing that this account reaches."""
    written = written.strip()
    ways = _ways(account, alone=True)
    if not ways:
        return None
    people = Profile.objects.filter(workspace_id=account.workspace_id, erased_at=None)
    person = (
        people.filter(external_id=written).first()
        or people.filter(email=written.lower()).order_by("pk").first()
    )
    if person is not None:
        mine = devices.active_of([person.pk]).get(person.pk, [])
        return next((device.token for device in mine if _way_for(device, ways)), None)
    known = Device.objects.filter(workspace_id=account.workspace_id, token=written).first()
    device = known or Device(kind="android", token=written)
    return (
        written
        if devices.TOKEN.fullmatch(written) and "@" not in written and _way_for(device, ways)
        else None
    )


def _ways(account: Account, *, alone: bool = False) -> list[_Way]:
    """The account itself; its workspace's others after it, where it is what a journey gets that names none."""
    accounts = [account]
    if account.is_default and not alone:
        accounts += Account.objects.filter(
            workspace_id=account.workspace_id, medium=account.medium, is_active=True
        ).exclude(pk=account.pk)
    found = []
    for one in accounts:
        adapter = adapters.get(one.kind)
        if isinstance(adapter, PushAdapter):
            values = {**one.settings, **stored_secrets(one)}
            found.append(_Way(adapter, AccountSettings(str(one.public_id), values)))
    return found


def _way_for(device: Device, ways: Sequence[_Way]) -> _Way | None:
    return next((way for way in ways if way.adapter.takes(way.settings, device)), None)


def _devices(account: Account, messages: Sequence[Message]) -> dict[int, list[Device]]:
    """By message. A test of a channel has no person: it goes to the one device whose token it names."""
    people = devices.active_of([message.profile_id for message in messages if message.profile_id])
    tests = [message.address for message in messages if not message.profile_id]
    named: dict[str, Device] = {}
    if tests:
        rows = Device.objects.filter(workspace_id=account.workspace_id, token__in=tests)
        named = {device.token: device for device in rows}
    return {
        message.pk: people.get(message.profile_id, [])
        if message.profile_id
        else [named.get(message.address) or Device(kind="android", token=message.address)]
        for message in messages
    }


def _together(message_id: int, receipts: Sequence[Receipt]) -> Receipt:
    """Taken by one is taken. Else what a later try may mend is said first, then why the last one refused."""
    for receipt in receipts:
        if receipt.error is None:
            return Receipt(message_id, provider_id=receipt.provider_id)
    errors: list[Any] = [receipt.error for receipt in receipts]
    if not errors:
        nothing = gettext_noop("No channel reaches the devices of this person.")
        return Receipt(message_id, error=DeliveryError(nothing, permanent=True))
    later = [error for error in errors if not error.permanent]
    if not later:
        gone = all(error.hard_bounce for error in errors)
        return Receipt(message_id, error=DeliveryError(str(errors[0]), permanent=True, hard_bounce=gone))
    return Receipt(message_id, error=next((one for one in later if one.retry_after is None), later[0]))
