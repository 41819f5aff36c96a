"""Channels without an address book of their own: an inbox in the site, a LINE account; and who is known there."""

import json
from typing import Any

from channels.models import Account, Message
from lib import secrets
from profiles.models import Consent, Identity, Profile, Source
from tests.factories.channels import NOW, make_message, make_person
from tests.providers import line
from workspaces.models import Workspace

SIGNING = "s" * 64


def make_inbox(workspace: Workspace, **settings: Any) -> Account:
    return Account.objects.create(
        workspace=workspace,
        name="Site",
        medium="in_app",
        kind="in_app",
        is_default=True,
        settings={"look": "card", "keep_days": 30, **settings},
        secrets=secrets.encrypt(json.dumps({"signing_secret": SIGNING})),
    )


def make_line(workspace: Workspace, url: str, *, token: str = line.TOKEN, **settings: Any) -> Account:
    return Account.objects.create(
        workspace=workspace,
        name="Shop on LINE",
        medium="social",
        kind="line",
        is_default=True,
        settings={"url": url, "track": True, "follow_consents": True, **settings},
        secrets=secrets.encrypt(json.dumps({"access_token": token, "channel_secret": line.SECRET})),
    )


def make_source(workspace: Workspace) -> Source:
    return Source.objects.create(workspace=workspace, name="Site", kind="web")


def make_friend(workspace: Workspace, address: str = line.FRIEND, **fields: Any) -> Profile:
    profile = make_person(workspace, **fields)
    name(profile, "external:line", address)
    Consent.objects.create(profile=profile, medium="social", topic="*", state="granted", at=NOW)
    return profile


def make_reader(workspace: Workspace, **fields: Any) -> Profile:
    """Who agreed to messages in the site."""
    profile = make_person(workspace, **fields)
    Consent.objects.create(profile=profile, medium="in_app", topic="*", state="granted", at=NOW)
    return profile


def name(profile: Profile, kind: str, value: str) -> None:
    Identity.objects.create(
        workspace_id=profile.workspace_id, profile=profile, kind=kind, value=value, created_at=NOW
    )


def make_in_app(profile: Profile, words: dict[str, Any] | None = None, **fields: Any) -> Message:
    given = words or {
        "title": "Free delivery",
        "body": "Until Sunday",
        "image": "",
        "actions": [{"label": "Go", "url": "https://shop.example/"}, {"label": "Later", "url": ""}],
    }
    return make_message(profile, given, medium="in_app", address=str(profile.public_id), **fields)


def make_social(profile: Profile, words: dict[str, Any] | None = None, **fields: Any) -> Message:
    address = fields.pop("address", line.FRIEND)
    return make_message(profile, words or {"body": "Hi"}, medium="social", address=address, **fields)
