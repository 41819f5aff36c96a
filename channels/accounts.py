"""Setting channels up: the actions behind the settings page and the API."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.html import escape
from django.utils.translation import gettext as _

from channels import handles, outbox
from channels.adapters.base import Adapter, secret_fields
from channels.adapters.forms import AccountForm, own_fields
from channels.adapters.registry import adapters
from channels.media import Medium, known
from channels.models import Account, Message
from lib import secrets
from workspaces import audit
from workspaces.actor import Actor
from workspaces.models import Team
from workspaces.roles import forget, grant


class NoAdapter(Exception):
    """The account is of a kind that this installation does not have."""


def adapter_of(account: Account) -> Adapter[Any]:
    adapter = adapters.get(account.kind)
    if adapter is None:
        raise NoAdapter(account.kind)
    return adapter


def stored_secrets(account: Account) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(secrets.decrypt(account.secrets)) if account.secrets else {}
    return found


def form_for(
    adapter: Adapter[Any],
    actor: Actor,
    teams: list[Team],
    data: Mapping[str, Any] | None = None,
    account: Account | None = None,
) -> AccountForm:
    """The adapter's form: empty, filled from `account`, or bound to `data`. Secrets are never shown."""
    kept = stored_secrets(account) if account else {}
    if account and account.team and account.team not in teams:
        teams = [*teams, account.team]
    initial = {}
    if account:
        team = account.team.slug if account.team else ""
        initial = {**account.settings, "name": account.name, "team": team, "is_default": account.is_default}
    return adapter.form_class(data, teams=teams, stored=[key for key in kept if kept[key]], initial=initial)


def create(actor: Actor, adapter: Adapter[Any], form: AccountForm, now: datetime) -> Account:
    """The first account of a medium is its default, whatever the form says. `form` must be valid."""
    with transaction.atomic():
        account = Account(workspace=actor.workspace, medium=adapter.medium, kind=adapter.kind)
        first = not Account.objects.filter(
            workspace=actor.workspace, medium=adapter.medium, is_default=True
        ).exists()
        _fill(account, form, default=first or form.cleaned_data["is_default"])
        account.save()
        grant(account)
        audit.record(actor, "channel.created", account, {"kind": adapter.kind}, at=now)
    return account


def change(actor: Actor, account: Account, form: AccountForm, now: datetime) -> Account:
    with transaction.atomic():
        team_before = account.team_id
        _fill(account, form, default=form.cleaned_data["is_default"] or account.is_default)
        account.save(update_fields=["name", "team", "settings", "secrets", "is_default"])
        if account.team_id != team_before:
            grant(account)
        audit.record(actor, "channel.changed", account, at=now)
    return account


def switch(actor: Actor, account: Account, active: bool, now: datetime) -> None:
    """Off: its messages wait. On again: they go."""
    with transaction.atomic():
        if not Account.objects.filter(pk=account.pk, is_active=not active).update(is_active=active):
            return
        account.is_active = active
        audit.record(actor, "channel.resumed" if active else "channel.paused", account, at=now)
    if active:
        outbox.wake([account.pk])


def delete(actor: Actor, account: Account, now: datetime) -> None:
    """What waits for it goes by the medium's default account, or fails where there is none."""
    with transaction.atomic():
        Message.objects.filter(account_id=account.pk, state__in=["created", "held"]).update(
            account_id=None, claimed_until=None
        )
        audit.record(actor, "channel.deleted", account, at=now)
        forget(account)
        account.delete()
    outbox.wake([0])


def test_message(account: Account, address: str, locale: str, now: datetime) -> Message:
    """A real message to that address through this account, by the same way as all others. ValueError: no address."""
    medium = known(account.medium)
    if medium is Medium.PUSH:
        from channels import devices  # the sending side needs accounts

        found = devices.address_for_test(account, address)
        if found is None:
            raise ValueError(
                _("No device of this person, and no such device, can be reached by this channel.")
            )
        address = found
    profile_id = 0
    if medium in (Medium.IN_APP, Medium.SOCIAL):
        profile_id, address = handles.for_test(account, address)
    if medium is None or not medium.accepts(address):
        raise ValueError(_("This is no address for this channel."))
    line = _("This is a test of the channel “%(name)s”. It works.") % {"name": account.name}
    title = _("A test of %(name)s") % {"name": account.name}
    titled = medium in (Medium.PUSH, Medium.IN_APP)
    words = {"body": line, "title": title} if titled else {"body": line}
    if medium is Medium.EMAIL:
        words = {
            "subject": title,
            "text": line,
            "html": f"<p>{escape(line)}</p>",
        }
    row = outbox.NewMessage(
        workspace_id=account.workspace_id,
        profile_id=profile_id,
        medium=account.medium,
        account_id=account.pk,
        address=address,
        locale=locale,
        transactional=True,
        variables={"words": words},
        created_at=now,
        due_at=now,
    )
    with connection.cursor() as cursor:
        outbox.create(cursor, [row])
    outbox.wake([account.pk])
    return Message.objects.filter(
        workspace_id=account.workspace_id, account_id=account.pk, profile_id=profile_id, created_at=now
    ).latest("id")


def _fill(account: Account, form: AccountForm, *, default: bool) -> None:
    data = form.cleaned_data
    hidden = set(secret_fields(adapter_of(account).form_class))
    names = own_fields(form)
    kept = {} if account.pk is None else stored_secrets(account)
    given = {name: data[name] for name in names if name in hidden and data.get(name)}
    account.name = data["name"]
    account.team = (
        Team.objects.filter(workspace_id=account.workspace_id, slug=data["team"]).first()
        if data["team"]
        else None
    )
    settings, secret = {name: data[name] for name in names if name not in hidden}, {**kept, **given}
    adapter_of(account).complete(settings, secret)
    account.settings = settings
    account.secrets = secrets.encrypt(json.dumps(secret)) if secret else ""
    if default and not account.is_default:
        Account.objects.filter(
            workspace_id=account.workspace_id, medium=account.medium, is_default=True
        ).update(is_default=False)
    account.is_default = default
