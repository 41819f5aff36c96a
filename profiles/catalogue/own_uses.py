"""Names that this package's own conditions use: segments and computed attributes."""

from collections.abc import Iterator

from django.urls import NoReverseMatch, reverse

from profiles.catalogue.uses import Use, names_in
from profiles.models import ComputedAttribute, Segment
from workspaces.actor import Actor


def provider(actor: Actor) -> Iterator[Use]:
    for segment in Segment.objects.filter(workspace=actor.workspace).order_by("name"):
        for key in set(names_in(segment.condition)):
            yield Use(key, "segment", segment.name, _url("segments:segment", segment.public_id))
    for row in (
        ComputedAttribute.objects.filter(workspace=actor.workspace).exclude(state="removing").order_by("name")
    ):
        tree = {"event": row.event, "where": row.where, "property": row.property}
        for key in set(names_in(tree)):
            yield Use(key, "computed", row.name, reverse("profiles:computed", args=[row.public_id]))


def _url(route: str, argument: object) -> str:
    try:
        return reverse(route, args=[argument])
    except NoReverseMatch:
        return ""
