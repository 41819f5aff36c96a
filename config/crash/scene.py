"""The people and the journeys of a crash test: `python -m config.crash.scene PEOPLE SMTP_PORT DELAY` makes them and
prints {"workspace": id, "actor": user id, "journeys": {"events": id, "schedule": id}} as JSON."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

GO, PAID = "crash_go", "crash_paid"
WITHIN = 8  # seconds that people wait for PAID
PRO = 3  # every third one is: she gets a mail more
# Of ten people, by number: whom PAID finds waiting, for whom it comes with GO, and who starts twice.
LATER, AT_ONCE, TWICE = (1, 4, 7), (2, 5), (3, 8)


def walk(name: str = "Crash") -> dict[str, Any]:
    """By events: a split, waits, a wait for an event, mails, a branch."""
    return {
        "format": "gilmok.journey/1",
        "name": name,
        "time_zone": "UTC",
        "triggers": {"t": {"kind": "event", "event": GO, "next": "s"}},
        "steps": {
            "s": _split("w1", "w2"),
            "w1": _wait(2, "e"),
            "w2": _wait(3, "e"),
            "e": {
                "kind": "wait_for_event",
                "settings": {
                    "within": f"PT{WITHIN}S",
                    "already": "count",
                    "branches": [{"key": "paid", "event": PAID}],
                },
                "next": {"paid": "thanks", "timeout": "remind"},
            },
            "thanks": _mail("thanks", "w3"),
            "remind": _mail("remind", "w3"),
            "w3": _wait(2, "b"),
            "b": {
                "kind": "branch",
                "settings": {
                    "branches": [{"key": "pro", "when": {"attribute": "plan", "op": "is", "value": "pro"}}]
                },
                "next": {"pro": "extra", "else": "x"},
            },
            "extra": _mail("extra", "x"),
            "x": _END,
        },
        "policy": {"reentry": {"mode": "every_time"}, "quiet_hours": "none"},
        "layout": {},
    }


def campaign(at: datetime) -> dict[str, Any]:
    """By the calendar: everybody at once."""
    return {
        "format": "gilmok.journey/1",
        "name": "Crash campaign",
        "time_zone": "UTC",
        "triggers": {"t": {"kind": "schedule", "settings": {"at": at.isoformat()}, "next": "s"}},
        "steps": {
            "s": _split("w1", "w2"),
            "w1": _wait(3, "m"),
            "w2": _wait(5, "m"),
            "m": _mail("campaign", "x"),
            "x": _END,
        },
        "policy": {"reentry": {"mode": "never"}, "quiet_hours": "none"},
        "layout": {},
    }


_END = {"kind": "end", "settings": {"outcome": "done"}, "next": {}}
MAILS = ("thanks", "remind", "extra", "campaign")


def _wait(seconds: int, to: str) -> dict[str, Any]:
    return {"kind": "wait", "settings": {"for": f"PT{seconds}S"}, "next": {"next": to}}


def _split(a: str, b: str) -> dict[str, Any]:
    shares = [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]
    return {"kind": "split", "settings": {"shares": shares}, "next": {"a": a, "b": b}}


def _mail(content: str, to: str) -> dict[str, Any]:
    return {"kind": "send_email", "settings": {"content": content, "topic": "offers"}, "next": {"next": to}}


def make(people: int, smtp_port: int, delay: int) -> dict[str, Any]:
    from django.db import connection

    from channels.models import Account
    from content import editing as contents
    from journeys import editing, publishing
    from profiles.models import Topic
    from workspaces.actor import actor_of
    from workspaces.models import Membership, User, Workspace
    from workspaces.roles import sync_membership

    now = datetime.now(UTC)
    workspace = Workspace.objects.create(name="Crash", slug="crash", time_zone="UTC")
    user = User.objects.create_user("crash@example.com", "a-long-password-7", name="Crash")
    sync_membership(Membership.objects.create(workspace=workspace, user=user, role="admin"))
    actor = actor_of(user)
    assert actor
    Topic.objects.create(workspace=workspace, slug="offers", name="Offers")
    server = {"host": "127.0.0.1", "port": smtp_port, "security": "none", "from_name": "Crash"}
    Account.objects.create(
        workspace=workspace,
        name="Mail",
        medium="email",
        kind="smtp",
        is_default=True,
        settings={**server, "from_address": "crash@shop.example", "track": False},
    )
    for slug in MAILS:
        words = {
            "subject": slug,
            "preheader": "",
            "format": "html",
            "body": "<p>Hi {{ person.first_name }}</p>",
        }
        contents.create(
            actor, name=slug, medium="email", team="", variants={"en": words}, default_locale="en", now=now
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_profile (workspace_id, external_id, attributes) select %s, 'crash-' || n, "
            "jsonb_build_object('email', 'crash' || n || '@example.com', 'first_name', 'Name ' || n, "
            "'plan', case when n %% %s = 0 then 'pro' else 'free' end) from generate_series(0, %s - 1) n",
            [workspace.pk, PRO, people],
        )
        cursor.execute(
            "insert into profiles_consent (profile_id, medium, topic, state, at, how, wording) "
            "select id, 'email', '*', 'granted', %s, '', '' from profiles_profile where workspace_id = %s",
            [now - timedelta(days=1), workspace.pk],
        )
        cursor.execute("vacuum analyze profiles_profile, profiles_consent")
    journeys = {}
    for key, document in (("events", walk()), ("schedule", campaign(now + timedelta(seconds=delay)))):
        journey = editing.create_journey(actor, name=document["name"], team=None, now=now, document=document)
        publishing.publish(actor, journey, now=now)
        journeys[key] = journey.pk
    return {"workspace": workspace.pk, "user": user.pk, "journeys": journeys}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(make(*map(int, sys.argv[1:4]))), flush=True)  # noqa: T201
