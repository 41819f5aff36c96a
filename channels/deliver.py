"""A batch of messages leaves: claim, look once more, render, send, write down.

No transaction is open while anything is sent; each statement commits for itself. A worker may die at any point: what
it had claimed comes back when the lease ends, what it had written down stays. Between the provider's yes and our own
note of it lie at most `adapter.record_every` messages, which go out once more with the same key (one for SMTP, which
knows no idempotency key: a mailbox that gets such a mail twice sees the same Message-ID).
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from channels import devices, handles, happened, links, outbox, record, rendering
from channels.adapters.base import AccountSettings, Adapter, Outgoing, Receipt
from channels.adapters.registry import adapters
from channels.claim import accounts_due, adopt, claim, recheck
from channels.media import Medium
from channels.models import Account, Message, MessageBody
from lib import secrets

log = structlog.get_logger(__name__)

# The lease is 120 s. No message is begun after this many; each may take four answers of 15 s.
SECONDS = 45
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
FEW = 20
NIGHT = gettext_noop("This person did not agree to messages between 21:00 and 08:00.")
GIVE_UP = 12  # claims that never came to an end: the message kills its senders

__all__ = ["accounts_due", "deliver_batch"]


def deliver_batch(account_id: int | None, now: datetime) -> int:
    """Send one batch of the account's due messages. Returns how many were taken in hand; 0: stop asking for now.

    `account_id` None: messages without an account are given the default one, or fail where there is none.
    """
    if account_id is None:
        count, accounts = adopt(now)
        outbox.wake(accounts)
        return count
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    adapter = adapters.get(account.kind) if account else None
    if account is None or adapter is None:
        return 0
    batch = claim(account_id, now)
    if not batch:
        return 0
    started = time.monotonic()
    sendable, rendered = _prepare(batch, now)
    sender = _Sender(account, adapter, now, started)
    sender.send([(message, rendered[message.pk]) for message in sendable])
    sender.tell(len(batch))
    return 0 if sender.slow_down else len(batch)


def _prepare(batch: Sequence[Message], now: datetime) -> tuple[list[Message], dict[int, Mapping[str, Any]]]:
    """Drop and skip what may not go any more, render the rest, keep what was rendered."""
    verdicts = recheck(batch, now)
    results: list[record.Result] = []
    ready: list[Message] = []
    for message in batch:
        verdict = verdicts.get(message.pk)
        if verdict is None or verdict.gone:
            continue
        if verdict.reason:
            results.append(record.Result(message.pk, "skipped", message.attempts, verdict.reason))
        elif verdict.until is not None:
            later = verdict.until
            results.append(
                record.Result(message.pk, "created", message.attempts - 1, error=NIGHT, due_at=later)
            )
        elif message.attempts > GIVE_UP:
            results.append(record.Result(message.pk, "failed", message.attempts, "gave_up"))
        else:
            ready.append(message)
    bodies: dict[int, Mapping[str, Any]] = {}
    if any(message.attempts > 1 for message in ready):  # tried before: it keeps its words
        kept = MessageBody.objects.filter(message_id__in=[message.pk for message in ready])
        bodies = dict(kept.values_list("message_id", "data"))
    fresh = [message for message in ready if message.pk not in bodies]
    people = {message.profile_id: verdicts[message.pk].person for message in fresh}
    made: list[tuple[int, Mapping[str, Any]]] = []
    for message, answer in zip(fresh, rendering.render(fresh, people), strict=True):
        if isinstance(answer, Exception):
            error = str(answer)[:500]
            results.append(record.Result(message.pk, "skipped", message.attempts, "render_error", error))
        else:
            made.append((message.pk, answer.data))
    record.keep_bodies(made)
    record.settle(results)
    record.release([m for m in batch if (v := verdicts.get(m.pk)) is None or v.gone])
    bodies |= dict(made)
    return [message for message in ready if message.pk in bodies], bodies


class _Sender:
    """One account's batch on its way: hands messages to the adapter and writes its receipts down."""

    def __init__(self, account: Account, adapter: Adapter[Any], now: datetime, started: float) -> None:
        self.account, self.adapter, self.now, self.started = account, adapter, now, started
        self.slow_down = False
        self.became: Counter[str] = Counter()
        self.few: list[str] = []
        self.receipts: list[tuple[Message, Receipt]] = []

    def send(self, messages: Sequence[tuple[Message, Mapping[str, Any]]]) -> None:
        given = account_settings(self.account)
        by_id = {message.pk: message for message, _data in messages}
        batch = [self._outgoing(message, data) for message, data in messages]
        answers: Iterator[Receipt]
        if self.adapter.medium is Medium.PUSH:
            answers = devices.send(self.account, [(by_id[outgoing.id], outgoing) for outgoing in batch])
        elif self.adapter.medium is Medium.SOCIAL:
            answers = self.adapter.send(given, handles.of_network(self.account, list(by_id.values()), batch))
        else:
            answers = self.adapter.send(given, batch)
        for receipt in _while_time(answers, self.started + SECONDS):
            self.receipts.append((by_id.pop(receipt.id), receipt))
            if len(self.receipts) >= self.adapter.record_every:
                self._write()
        self._write()
        if by_id:  # no time left within the lease
            record.release(by_id.values())

    def tell(self, taken: int) -> None:
        """One line of the log for the batch: ids where there are few, never an address."""
        ids = {"messages": self.few} if self.became and taken <= FEW else {}
        log.info("messages_left", account=self.account.pk, taken=taken, **self.became, **ids)

    def _outgoing(self, message: Message, data: Mapping[str, Any]) -> Outgoing[Any]:
        if self.adapter.medium is Medium.EMAIL and data.get("html") and self.account.settings.get("track"):
            html = links.add_pixel(
                links.track_clicks(str(data["html"]), message.public_id), message.public_id
            )
            data = {**data, "html": html}
        elif self.adapter.medium is Medium.PUSH:
            data = links.for_push(data, message.public_id, message.locale)
        elif self.adapter.medium is Medium.SOCIAL and self.account.settings.get("track"):
            data = links.for_social(data, message.public_id)
        content = self.adapter.content(
            data,
            unsubscribe_url="" if message.transactional else links.unsubscribe_url(message.public_id),
            callback_url=callback_url(self.account, message),
        )
        return Outgoing(message.pk, str(message.public_id), message.address, content)

    def _write(self) -> None:
        at = self.now + timedelta(seconds=time.monotonic() - self.started)
        results = [self._result(message, receipt, at) for message, receipt in self.receipts]
        refused = [
            (message, receipt.error)
            for message, receipt in self.receipts
            if receipt.error is not None and receipt.error.permanent
        ]
        if refused:
            with transaction.atomic():  # what journeys hear of it belongs to it
                record.settle(results)
                happened.refused(refused, at)
        else:
            record.settle(results)
        self.became.update("later" if result.state == "created" else result.state for result in results)
        if len(self.few) < FEW:
            self.few += [str(message.public_id) for message, _receipt in self.receipts]
        self.receipts = []

    def _result(self, message: Message, receipt: Receipt, at: datetime) -> record.Result:
        error = receipt.error
        if error is None:
            return record.Result(
                message.pk, "sent", message.attempts, provider_id=receipt.provider_id, sent_at=at
            )
        if error.retry_after is not None:  # the provider's pace, not the message's fault: no attempt
            self.slow_down = True
            later = at + error.retry_after
            return record.Result(message.pk, "created", message.attempts - 1, error=str(error), due_at=later)
        if error.permanent or message.attempts > len(BACKOFF):
            log.info("message_refused", message=str(message.public_id), permanent=error.permanent)
            return record.Result(message.pk, "failed", message.attempts, "provider_refused", str(error))
        later = at + BACKOFF[message.attempts - 1]
        return record.Result(message.pk, "created", message.attempts, error=str(error), due_at=later)


def _while_time(answers: Iterator[Receipt], until: float) -> Iterator[Receipt]:
    try:
        for receipt in answers:
            yield receipt
            if time.monotonic() > until:
                return
    finally:
        if close := getattr(answers, "close", None):
            close()  # the adapter hangs up


def account_settings(account: Account) -> AccountSettings:
    hidden = json.loads(secrets.decrypt(account.secrets)) if account.secrets else {}
    return AccountSettings(str(account.public_id), {**account.settings, **hidden})


def callback_url(account: Account, message: Message) -> str:
    path = reverse("channels:callback", args=[account.kind, account.public_id])
    return f"{settings.BASE_URL.rstrip('/')}{path}?message={message.public_id}"
