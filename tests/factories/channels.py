"""People, channel accounts and messages, as the tests of sending need them."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import connection

from channels import outbox
from channels.models import Account, Message
from lib import secrets
from profiles.models import Consent, Profile, Topic
from workspaces.models import Workspace

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)


def make_person(
    workspace: Workspace, *, consents: dict[str, dict[str, str]] | None = None, **attributes: Any
) -> Profile:
    """consents {"email": {"offers": "granted"}}; without: everything by e-mail and SMS."""
    number = next(_numbers)
    profile = Profile.objects.create(
        workspace=workspace,
        external_id=f"person-{number}",
        attributes={"email": f"person{number}@example.com", "phone": f"+8210{number:08}", **attributes},
    )
    given = {"email": {"*": "granted"}, "sms": {"*": "granted"}} if consents is None else consents
    Consent.objects.bulk_create(
        Consent(profile=profile, medium=medium, topic=topic, state=state, at=NOW)
        for medium, topics in given.items()
        for topic, state in topics.items()
    )
    profile.refresh_from_db()
    return profile


def make_topic(workspace: Workspace, slug: str = "offers", *, transactional: bool = False) -> Topic:
    return Topic.objects.create(
        workspace=workspace, slug=slug, name=slug.capitalize(), transactional=transactional
    )


def make_smtp_account(workspace: Workspace, port: int, *, default: bool = True, **settings: Any) -> Account:
    return Account.objects.create(
        workspace=workspace,
        name="Mail",
        medium="email",
        kind="smtp",
        is_default=default,
        settings={
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "from_name": "길목 Shop",
            "from_address": "hello@shop.example",
            "track": True,
            **settings,
        },
        secrets="",
    )


def make_sms_account(
    workspace: Workspace, url: str, *, token: str = "secret-token", **settings: Any
) -> Account:
    return Account.objects.create(
        workspace=workspace,
        name="Texts",
        medium="sms",
        kind="twilio",
        is_default=True,
        settings={
            "url": url,
            "account_sid": "AC" + "0" * 32,
            "sender": "+8215881234",
            "country": "KR",
            **settings,
        },
        secrets=secrets.encrypt(json.dumps({"auth_token": token})),
    )


def make_message(profile: Profile, words: dict[str, str] | None = None, **fields: Any) -> Message:
    """A message that waits to be sent, made as the engine makes them."""
    medium = fields.pop("medium", "email")
    default = {"subject": "Hello", "html": "<html><body><p>Hi</p></body></html>", "text": "Hi"}
    row = outbox.NewMessage(
        workspace_id=profile.workspace_id,
        profile_id=profile.pk,
        medium=medium,
        address=fields.pop("address", (profile.email if medium == "email" else profile.phone) or ""),
        created_at=fields.pop("created_at", NOW),
        due_at=fields.pop("due_at", NOW),
        enrolment_id=fields.pop("enrolment_id", next(_numbers) + 1_000_000),
        seq=fields.pop("seq", 1),
        topic=fields.pop("topic", "offers"),
        locale=fields.pop("locale", "en"),
        variables={"words": words or (default if medium == "email" else {"body": "Hi"})},
        **fields,
    )
    with connection.cursor() as cursor:
        outbox.create(cursor, [row])
    return Message.objects.get(enrolment_id=row.enrolment_id, seq=row.seq)
