"""The personal words that the editor offers: attributes and event properties as really seen, and the fixed links."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles.models import KnownName
from profiles.wording import attribute_label
from workspaces.models import Workspace

MOST = 200


@dataclass(frozen=True)
class Token:
    """`path` is what stands in the braces; `filter` what a value of its type wants; `fallback`: whether it may miss."""

    path: str
    label: str
    group: str
    filter: str = ""
    fallback: bool = True


FIRST = ("first_name", "last_name", "name", "email", "phone", "birthday", "city", "country")


def tokens_of(workspace: Workspace) -> list[Token]:
    """One query. Attributes first, then what events carry, then the links and the workspace."""
    names = KnownName.objects.filter(workspace=workspace, kind__in=["attribute", "property"]).order_by(
        "kind", "name", "event"
    )
    seen = {"first_name": "text"} | {
        name.name: name.type for name in names[:MOST] if name.kind == "attribute"
    }
    order = [*(key for key in FIRST if key in seen), *sorted(seen.keys() - set(FIRST))]
    person, entry, links = (
        _("Person"),
        _("What started the journey"),
        pgettext("tokens", "Links and workspace"),
    )
    found = [
        Token(f"person.{key}", attribute_label(key), person, _filter(seen[key]))
        for key in order
        if plain(key) and seen[key] not in {"object", "list"}
    ]
    properties = {name.name: name.type for name in names if name.kind == "property"}
    found += [
        Token(f"entry.{key}", attribute_label(key), entry, _filter(kind))
        for key, kind in sorted(properties.items())
        if plain(key) and kind not in {"object", "list"}
    ][:60]
    return [
        *found,
        Token("unsubscribe_url", _("Unsubscribe link"), links, fallback=False),
        Token("view_url", _("Link to the mail in a browser"), links, fallback=False),
        Token("workspace.name", _("Name of the workspace"), links, fallback=False),
    ]


def plain(name: str) -> bool:
    """Whether it can be written after a point."""
    return name.isidentifier()


def _filter(kind: str) -> str:
    return {"number": "number", "date": "date"}.get(kind, "")
