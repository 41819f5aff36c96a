"""Three live journeys with people on them, and a draft that shows what the checks say."""

import random
from datetime import datetime, timedelta
from typing import Any

from journeys import editing, publishing
from journeys.starters import document_of
from profiles.call import Call
from profiles.models import Profile, Source
from profiles.record_event import record
from workspaces.actor import Actor, actor_of
from workspaces.models import Team, User, Workspace

CALL = "sample-"
FIRST_CALL = f"{CALL}0"


def _send(kind: str, team: str, content: str, topic: str = "offers", **step: Any) -> dict[str, Any]:
    return {"kind": kind, "team": team, "settings": {"content": content, "topic": topic}, **step}


CART = {
    "format": "gilmok.journey/1",
    "description": "Baskets over 50,000 won that nobody ordered",
    "stage": "buy",
    "time_zone": "Asia/Seoul",
    "triggers": {
        "t1": {
            "kind": "event", "name": "Left items in the cart", "event": "cart_updated",
            "where": {"entry": "value", "op": "gte", "value": 50000}, "next": "w1",
        }
    },
    "steps": {
        "w1": {
            "kind": "wait_for_event", "name": "Do they order?", "team": "crm",
            "settings": {
                "within": "PT2M", "already": "ignore",
                "branches": [{"key": "ordered", "label": "Ordered", "event": "order_completed"}],
            },
            "next": {"ordered": "x1", "timeout": "b1"},
        },
        "b1": {
            "kind": "branch", "name": "Is this a VIP?", "team": "crm",
            "settings": {"branches": [{"key": "vip", "label": "VIP", "when": {"attribute": "plan", "op": "is", "value": "vip"}}]},
            "next": {"vip": "m1", "else": "s1"},
        },
        "m1": _send("send_email", "crm", "vip-cart", name="VIP: set aside for you", next={"next": "x1"}),
        "s1": {
            "kind": "split", "name": "Mail or text?", "team": "crm",
            "settings": {"shares": [{"key": "a", "label": "Mail", "weight": 50}, {"key": "b", "label": "Text", "weight": 50}]},
            "next": {"a": "m2", "b": "m3"},
        },
        "m2": _send("send_email", "email", "cart-rescue-mail", name="Cart reminder", next={"next": "x1"}),
        "m3": _send("send_sms", "mobile", "cart-text", name="Cart text", next={"next": "x1"}),
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {
        "reentry": {"mode": "after_exit"}, "quiet_hours": "none",
        "goal": {"event": "order_completed", "within": "P7D", "on_reach": "continue"},
    },
    "layout": {}, "notes": [],
}  # fmt: skip

WELCOME = {
    "format": "gilmok.journey/1",
    "stage": "welcome",
    "time_zone": "Asia/Seoul",
    "triggers": {"t1": {"kind": "event", "name": "Signed up", "event": "signed_up", "next": "m1"}},
    "steps": {
        "m1": _send("send_email", "email", "welcome", name="Say hello", next={"next": "w1"}),
        "w1": {"kind": "wait", "team": "email", "settings": {"for": "P1D"}, "next": {"next": "b1"}},
        "b1": {
            "kind": "branch", "name": "Ordered already?", "team": "email",
            "settings": {"branches": [{
                "key": "ordered", "label": "Ordered",
                "when": {"event": "order_completed", "op": "at_least", "times": 1, "since": "entry"},
            }]},
            "next": {"ordered": "x1", "else": "m2"},
        },
        "m2": _send("send_email", "email", "first-order", name="Ask for a first order", next={"next": "x1"}),
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"reentry": {"mode": "never"}, "quiet_hours": "none"},
    "layout": {}, "notes": [],
}  # fmt: skip

THANKS = {
    "format": "gilmok.journey/1",
    "stage": "buy",
    "time_zone": "Asia/Seoul",
    "triggers": {"t1": {"kind": "event", "name": "Ordered", "event": "order_completed", "next": "m1"}},
    "steps": {
        "m1": _send("send_sms", "mobile", "order-thanks", "orders", name="Thanks for the order", next={"next": "u1"}),
        "u1": {
            "kind": "update_profile", "name": "Remember the last order", "team": "mobile",
            "settings": {"set": {"last_product": "{{ entry.product }}"}}, "next": {"next": "x1"},
        },
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"reentry": {"mode": "every_time"}, "quiet_hours": "none"},
    "layout": {}, "notes": [],
}  # fmt: skip


def make(workspace: Workspace, teams: dict[str, Team], now: datetime) -> None:
    builder = _actor("seoyeon@sonamu.example")
    approver = _actor("emily@sonamu.example")
    for name, team, document in (
        ("Win back left carts", "email", CART),
        ("Welcome, first days", "email", WELCOME),
    ):
        journey = editing.create_journey(builder, name=name, team=teams[team], now=now, document=document)
        publishing.publish(approver, journey, now=now)
    thanks = editing.create_journey(
        _actor("junho@sonamu.example"),
        name="Thanks for the order",
        team=teams["mobile"],
        now=now,
        document=THANKS,
    )
    publishing.publish(approver, thanks, now=now)
    editing.create_journey(
        builder, name="Quiet for 90 days", team=teams["email"], now=now, document=document_of("win_back")
    )


def walk(workspace: Workspace, now: datetime) -> None:
    """A morning in the shop: sign-ups, carts and orders come in as the web shop would send them. The first of
    them tells afterwards that they came."""
    dice = random.Random(7)  # noqa: S311 - sample data
    source = Source.objects.filter(workspace=workspace).order_by("pk").first()
    ids = list(
        Profile.objects.filter(workspace=workspace).order_by("pk").values_list("external_id", flat=True)
    )
    calls: list[Call] = []

    def track(person: str | None, event: str, ago: float, **properties: Any) -> None:
        calls.append(
            Call(
                "track", now - timedelta(seconds=ago), user_id=person, event=event, properties=properties,
                message_id=f"{CALL}{len(calls)}",
            )
        )  # fmt: skip

    for person in dice.sample(ids, 64):
        track(
            person, "signed_up", dice.random() * 60, campaign=dice.choice(["instagram", "search", "friend"])
        )
    for person in dice.sample(ids, 90):
        value = dice.choice([28000, 54000, 89000, 120000, 165000, 230000])
        track(person, "cart_updated", dice.random() * 60, value=value, items=dice.randint(1, 3))
        if dice.random() < 0.3:
            track(
                person,
                "order_completed",
                0,
                total=value,
                items=1,
                product=dice.choice(["Oak side table", "Paper lamp", "Stone mug"]),
            )
    record(workspace.pk, source.pk if source else None, calls, now)


def _actor(email: str) -> Actor:
    actor = actor_of(User.objects.get(email=email))
    assert actor is not None
    return actor
