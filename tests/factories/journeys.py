"""Journeys as tests need them."""

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from content.models import Item, Variant
from journeys import editing, publishing
from journeys.models import Journey
from tests.factories.workspaces import make_actor, make_user, make_workspace, team
from workspaces.actor import Actor
from workspaces.models import User, Workspace
from workspaces.roles import grant

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def simple_document(**steps: Any) -> dict[str, Any]:
    """An event trigger, a wait of an hour, the end."""
    return {
        "format": "gilmok.journey/1",
        "name": "Cart rescue",
        "time_zone": "UTC",
        "triggers": {"t1": {"kind": "event", "event": "cart_updated", "next": "w1"}},
        "steps": {
            "w1": {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "x1"}},
            "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
            **steps,
        },
        "policy": {"reentry": {"mode": "every_time"}, "quiet_hours": "none"},
        "layout": {"t1": [0, 0]},
        "notes": [],
    }


def make_journey(
    actor: Actor | None = None,
    document: dict[str, Any] | None = None,
    *,
    slug: str = "email",
    live: bool = False,
) -> Journey:
    """A journey of the team; published when `live`."""
    actor = actor or make_actor(make_workspace(), "admin", (slug,))
    document = document or simple_document()
    journey = editing.create_journey(
        actor,
        name=document.get("name", "Journey"),
        team=team(actor.workspace, slug),
        now=NOW,
        document=document,
    )
    if live:
        publishing.publish(actor, journey, now=NOW)
        journey.refresh_from_db()
    return journey


def make_mail(workspace: Workspace, slug: str = "hello", **data: str) -> Item:
    item = Item.objects.create(
        workspace=workspace, team=team(workspace, "email"), slug=slug, name=slug.capitalize(), medium="email"
    )
    Variant.objects.create(
        item=item,
        locale="en",
        data={
            "subject": "Hello",
            "format": "html",
            "body": "<p>Hi {{ person.first_name | default: 'friend' }}</p>",
            **data,
        },
    )
    grant(item)
    return item


def signed_in(
    workspace: Workspace, role: str = "admin", teams: tuple[str, ...] = ("email",)
) -> tuple[Client, User]:
    user = make_user(workspace, role, teams)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, user
