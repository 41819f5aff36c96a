"""What an adapter is: the code that speaks to one kind of provider. One file a kind, one registration, one test.

An adapter is stateless: everything it needs comes with the account and the batch. `send` is a generator over a batch of
one account; it yields one receipt a message, in order, as each is taken or refused, so that the caller may record one
before the next is sent. It holds a connection for the batch, and raises nothing for a message: what became of it is
in its receipt. No transaction is open while it runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise

from channels.media import Medium

if TYPE_CHECKING:
    from channels.adapters.forms import AccountForm


class DeliveryError(Exception):
    """A message was not taken. `permanent`: trying again would not help. `hard_bounce`: the address is no good at all
    and must not be written to again. `retry_after`: what the provider asked for. The message is one that a
    marketer may read, without personal data."""

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        hard_bounce: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent, self.hard_bounce, self.retry_after = permanent, hard_bounce, retry_after


class BadReport(Exception):
    """A callback that is not the provider's, or makes no sense."""


@dataclass(frozen=True, slots=True)
class EmailMessage:
    subject: str
    html: str
    text: str
    preheader: str = ""
    unsubscribe_url: str = ""  # empty: a message that needs no way out


@dataclass(frozen=True, slots=True)
class TextMessage:
    body: str
    callback_url: str = ""  # where the provider reports what became of it


C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Outgoing(Generic[C]):
    """One message, ready to go. `key` is the same at every attempt: the idempotency key."""

    id: int
    key: str
    address: str
    content: C


@dataclass(frozen=True, slots=True)
class Receipt:
    """error None: the provider has it. provider_id: what the provider calls it."""

    id: int
    provider_id: str = ""
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says later: kind delivered or failed, of the message with that key."""

    key: str
    kind: str
    at: datetime
    reason: str = ""
    hard_bounce: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """What a person did where a social account talks to her: kind followed, unfollowed, replied or clicked. `id` is the
    provider's own of it, the same when it tells us again; `message` and `button` what was clicked."""

    kind: str
    address: str
    at: datetime
    id: str = ""
    text: str = ""
    message: str = ""
    button: int | None = None


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """An account as its adapter sees it: `values` from its form, the secret ones among them decrypted."""

    public_id: str
    values: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        return str(self.values.get(name) or default)

    def number(self, name: str, default: int) -> int:
        return int(self.values.get(name) or default)


class Adapter(ABC, Generic[C]):
    kind: str
    label: str | Promise
    description: str | Promise
    medium: Medium
    form_class: type[AccountForm]
    # How many receipts may be waiting to be recorded. Without an idempotency key at the provider a worker that dies
    # repeats what it had not recorded yet, so that number is one.
    record_every: int = 1

    # What the page of an account shows beside its form, for who sets it up: a template, given `account` and `adapter`.
    setup_template: str = ""

    callback_status: int = 204  # what a provider takes for a yes

    def complete(self, settings: dict[str, Any], secrets: dict[str, Any]) -> None:
        """Adds what an account makes or reads off by itself; called each time before it is saved."""

    def setup(self, account: AccountSettings) -> dict[str, Any]:
        """What that template needs of the account besides."""
        return {}

    @abstractmethod
    def content(self, data: Mapping[str, Any], *, unsubscribe_url: str, callback_url: str) -> C:
        """What goes out, from what the renderer made."""

    @abstractmethod
    def send(self, account: AccountSettings, batch: Sequence[Outgoing[C]]) -> Iterator[Receipt]: ...

    def check(self, account: AccountSettings) -> bool:
        """Whether the provider answers and lets us in; nothing is sent. DeliveryError when it does not, False where a
        kind can't be asked."""
        return False

    def read_reports(
        self, account: AccountSettings, request: HttpRequest, url: str, now: datetime
    ) -> Sequence[Report | Signal]:
        """The reports in a provider's callback. `url` is the address the provider was given, as it sees it; `now` the
        time of reports that have none. BadReport where the signature is wrong."""
        raise BadReport("This channel has no callbacks.")


def secret_fields(form_class: type[forms.Form]) -> list[str]:
    """The names of the fields whose values are encrypted and never shown again."""
    return [
        name for name, one in form_class.base_fields.items() if isinstance(one.widget, forms.PasswordInput)
    ]
