"""Messages in the company's own site or app: no provider. What is sent lies in the person's inbox (channels.inbox)
until the site fetches it."""

import secrets as randomness
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.adapters.base import AccountSettings, Adapter, Outgoing, Receipt
from channels.adapters.forms import AccountForm
from channels.adapters.registry import adapters
from channels.media import Medium

KEPT = 30  # days


@dataclass(frozen=True, slots=True)
class InAppMessage:
    """What was rendered is kept with the message, and fetched from there."""

    body: str


class InAppForm(AccountForm):
    look = forms.ChoiceField(
        label=_("Looks like"),
        choices=[
            ("card", pgettext_lazy("in-app", "A card in the corner")),
            ("banner", pgettext_lazy("in-app", "A banner at the top")),
        ],
        initial="card",
        help_text=_("As our script shows it; an app of your own draws it as it likes."),
    )
    keep_days = forms.IntegerField(
        label=_("Days it waits"),
        min_value=1,
        max_value=365,
        initial=KEPT,
        help_text=_(
            "A message that nobody fetched in so many days is not shown any more. A step may say less."
        ),
    )


@adapters.register
class InApp(Adapter[InAppMessage]):
    kind, label, medium = "in_app", _("In the site or app"), Medium.IN_APP
    description = _("Messages that wait for people in your own site or app.")
    form_class = InAppForm
    setup_template = "channels/setup_in_app.html"
    record_every = 50  # nothing leaves the house: a batch that is told twice changes nothing

    def complete(self, settings: dict[str, Any], secrets: dict[str, Any]) -> None:
        secrets.setdefault("signing_secret", randomness.token_hex(32))

    def setup(self, account: AccountSettings) -> dict[str, Any]:
        return {"signing_secret": account.text("signing_secret")}

    def content(self, data: Mapping[str, Any], *, unsubscribe_url: str, callback_url: str) -> InAppMessage:
        return InAppMessage(str(data.get("body") or ""))

    def send(self, account: AccountSettings, batch: Sequence[Outgoing[InAppMessage]]) -> Iterator[Receipt]:
        for outgoing in batch:
            yield Receipt(outgoing.id)

    def check(self, account: AccountSettings) -> bool:
        return True
