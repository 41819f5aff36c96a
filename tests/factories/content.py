"""Contents as tests need them."""

from typing import Any

from content import editing
from content.models import Item
from tests.factories.channels import NOW
from workspaces.actor import Actor

MAIL = {
    "subject": "Hello {{ person.first_name | default: 'friend' }}",
    "preheader": "Good to see you",
    "format": "html",
    "body": '<p>Hello</p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>',
}


def make_content(actor: Actor, name: str = "Hello", *, medium: str = "email", **more: Any) -> Item:
    words = more.pop("variants", {"en": MAIL if medium == "email" else {"body": "Hi"}})
    team = actor.teams[0].slug if actor.teams else ""
    return editing.create(
        actor,
        name=name,
        medium=medium,
        team=more.pop("team", team),
        variants=words,
        default_locale="en",
        now=NOW,
        **more,
    )
