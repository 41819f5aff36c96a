"""Ways out that need nobody else: messages in the shop's own site, and push to browsers by a key of its own.

The sample's devices stand for browsers that subscribed; their addresses lie under .example and lead nowhere. Nothing
of the sample is sent to them: the journey here shows its message in the site, and the push content waits for a journey.
"""

import json
import random
from datetime import datetime, timedelta
from typing import Any

from channels.adapters.registry import adapters
from channels.models import Account
from config.sample import contents
from journeys import editing, publishing
from lib import web_push
from lib.secrets import encrypt
from profiles.models import Consent, Device, Profile
from workspaces import roles
from workspaces.actor import Actor, actor_of
from workspaces.models import Team, User, Workspace

# kind: medium, name, settings
ACCOUNTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "in_app": ("in_app", "Sonamu site", {"look": "card", "keep_days": 30}),
    "web_push": ("push", "Sonamu browsers", {"contact": "hello@sonamu.example", "icon": "", "hours": 24}),
}
PUSH = {
    "ko": {
        "title": "장바구니가 기다려요",
        "body": "{{ person.first_name | default: '고객' }}님, 오늘 밤까지 맡아 둘게요.",
        "url": "https://shop.example/cart",
    },
    "en": {
        "title": "Your cart is waiting",
        "body": "{{ person.first_name | default: 'Hello' }}, we kept it until tonight.",
        "url": "https://shop.example/cart",
    },
}
PICK_UP = {
    "format": "gilmok.journey/1",
    "description": "At the next visit after an order",
    "stage": "buy",
    "time_zone": "Asia/Seoul",
    "triggers": {"t1": {"kind": "event", "name": "Ordered", "event": "order_completed", "next": "m1"}},
    "steps": {
        "m1": {
            "kind": "send_in_app", "name": "Tell of pick-up", "team": "mobile",
            "settings": {"content": "pick-up-news", "topic": "news", "expires": "P14D"}, "next": {"next": "x1"},
        },
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"reentry": {"mode": "never"}, "quiet_hours": "none"},
    "layout": {}, "notes": [],
}  # fmt: skip


def make(workspace: Workspace, teams: dict[str, Team], now: datetime) -> None:
    """After people and contents."""
    accounts = {kind: _account(workspace, teams["mobile"], kind) for kind in ACCOUNTS}
    people = list(Profile.objects.filter(workspace=workspace).order_by("pk"))
    dice = random.Random(4)  # noqa: S311 - sample data, the same every time
    _devices(accounts["web_push"], people, dice, now)
    _consents(people, dice)
    contents.item(workspace, teams["mobile"], "cart-push", "Cart push", "push", PUSH)
    journey = editing.create_journey(
        _actor("junho@sonamu.example"),
        name="Pick-up, at the next visit",
        team=teams["mobile"],
        now=now,
        document=PICK_UP,
    )
    publishing.publish(_actor("emily@sonamu.example"), journey, now=now)


def _account(workspace: Workspace, team: Team, kind: str) -> Account:
    medium, name, settings = ACCOUNTS[kind]
    adapter = adapters.get(kind)
    assert adapter is not None
    settings = dict(settings)
    secrets: dict[str, Any] = {}
    adapter.complete(settings, secrets)
    account = Account.objects.create(
        workspace=workspace, team=team, name=name, medium=medium, kind=kind, is_default=True,
        settings=settings, secrets=encrypt(json.dumps(secrets)),
    )  # fmt: skip
    roles.grant(account)
    return account


def _devices(account: Account, people: list[Profile], dice: random.Random, now: datetime) -> None:
    """Two in five let the shop's site send them notifications."""
    key = web_push.public_key(web_push.new_private_key())
    found = []
    for number, person in enumerate(people):
        if dice.random() < 0.4:
            first = person.created_at + timedelta(days=dice.random() * 10)
            found.append(
                Device(
                    workspace_id=person.workspace_id,
                    profile=person,
                    kind="web",
                    token=f"https://push.sonamu.example/send/{number + 1:04}",
                    keys={"p256dh": key, "auth": "c2FtcGxlLW9mLWF1dGghIQ"},
                    app=str(account.public_id),
                    first_seen_at=min(first, now),
                    last_seen_at=now - timedelta(hours=dice.random() * 400),
                )
            )
    for device in found:
        device.last_seen_at = max(device.first_seen_at, device.last_seen_at)
    Device.objects.bulk_create(found)


def _consents(people: list[Profile], dice: random.Random) -> None:
    Consent.objects.bulk_create(
        Consent(
            profile=person, medium=medium, topic=topic, at=person.created_at, how="sign-up form",
            state="granted" if dice.random() < chance else "withdrawn",
        )
        for person in people
        for medium, chance in (("push", 0.6), ("in_app", 0.95))
        for topic in ("offers", "news")
    )  # fmt: skip


def _actor(email: str) -> Actor:
    actor = actor_of(User.objects.get(email=email))
    assert actor is not None
    return actor
