"""Channel accounts: can they be reached, and do they take our password? Nothing is sent."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from channels.adapters.base import DeliveryError
from channels.adapters.registry import adapters
from channels.deliver import account_settings
from channels.models import Account
from config.operations import figures
from config.operations.doctor.finding import Check, Finding, fail, ok, warn
from lib.secrets import Undecryptable
from workspaces import words


def _accounts(_now: datetime) -> Iterator[Finding]:
    for account in Account.objects.filter(is_active=True).select_related("workspace").order_by("pk"):
        name = f"channel {account.workspace.slug}/{account.name}"
        adapter = adapters.get(account.kind)
        if adapter is None:
            yield fail(name, f"there is no adapter “{account.kind}” any more", "Set the channel up anew.")
            continue
        try:
            looked = adapter.check(account_settings(account))
        except Undecryptable:
            yield fail(
                name,
                "its password can't be read: the secret key is not the one it was stored with",
                "Bring the old GILMOK_SECRET_KEY back, or type the password in anew.",
            )
        except DeliveryError as error:
            yield fail(name, str(error)[:300], "Correct the account's settings, then send a test message.")
        else:
            yield ok(name, "answers and lets us in" if looked else "set up (this kind can't be asked)")


def _backlog(now: datetime) -> Iterator[Finding]:
    for account in figures.outbox(now) or []:
        oldest = account.waiting.oldest
        if oldest and now - oldest > timedelta(minutes=5):
            yield warn(
                f"messages of {account.name}",
                f"{account.waiting.count} wait, the first for {words.span(now - oldest)}",
                "Switch the channel on again."
                if not account.active
                else "More workers of the queue delivery, or a look at what the provider says.",
            )


CHECKS = [Check(_accounts, needs_database=True), Check(_backlog, needs_database=True)]
