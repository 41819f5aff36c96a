"""Where a segment is used: other packages say so (journeys), segments that are made of it are known here."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.models import Segment
from workspaces.actor import Actor


@dataclass(frozen=True, slots=True)
class Use:
    """`named`: the segment as the document names it (slug or public id); `how`: what it decides there, in words."""

    named: str
    kind: str
    title: str
    how: str = ""
    url: str = ""


Provider = Callable[[Actor], Iterable[Use]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def uses(actor: Actor) -> dict[int, list[Use]]:
    """By the segment's number, in the order of their kinds and titles."""
    found: dict[int, list[Use]] = defaultdict(list)
    by_name: dict[str, int] = {}
    for pk, slug, public_id in Segment.objects.filter(workspace=actor.workspace).values_list(
        "pk", "slug", "public_id"
    ):
        by_name[slug] = by_name[str(public_id)] = pk
    for provider in (_segments, *_providers):
        for use in provider(actor):
            if (owner := by_name.get(use.named)) is not None and use not in found[owner]:
                found[owner].append(use)
    return found


def _segments(actor: Actor) -> Iterable[Use]:
    rows = Segment.objects.filter(workspace=actor.workspace, archived_at=None, kind=Segment.RULES)
    for name, public_id, condition in rows.order_by("name").values_list("name", "public_id", "condition"):
        url = reverse("segments:segment", args=[public_id])
        for named in dict.fromkeys(names_in(condition)):
            yield Use(named, "segment", name, _("is part of this segment"), url)


def names_in(value: Any, key: str = "segment") -> Iterable[str]:
    """Every name that stands under the key, however deep."""
    if isinstance(value, dict):
        found = value.get(key)
        if isinstance(found, str) and found:
            yield found
        for one in value.values():
            yield from names_in(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from names_in(one, key)
