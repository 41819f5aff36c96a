"""Attributes that contents put into messages (profiles.catalogue.uses)."""

import json
import re
from collections.abc import Iterator

from django.urls import reverse

from content.models import Item
from profiles.catalogue.uses import Use
from workspaces.access import scoped
from workspaces.actor import Actor

_PERSON = re.compile(r"\bperson\.([^\W\d]\w*)|\bperson\[['\"]([^'\"]+)['\"]\]")


def provider(actor: Actor) -> Iterator[Use]:
    rows = scoped(actor, Item).filter(archived_at=None).prefetch_related("variants").order_by("name")
    for item in rows:
        said = json.dumps([variant.data for variant in item.variants.all()], ensure_ascii=False).replace(
            '\\"', '"'
        )
        for name in {dotted or quoted for dotted, quoted in _PERSON.findall(said)}:
            yield Use(
                ("attribute", "", name),
                "content",
                item.name,
                reverse("content:editor", args=[item.public_id]),
            )
