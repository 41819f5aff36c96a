"""Names that journeys use, in their drafts and in what is live (profiles.catalogue.uses)."""

from collections.abc import Iterator

from django.urls import reverse

from journeys.models import Journey
from profiles.catalogue.uses import Use, names_in
from workspaces.access import scoped
from workspaces.actor import Actor


def provider(actor: Actor) -> Iterator[Use]:
    rows = scoped(actor, Journey).exclude(state="archived").select_related("live").order_by("name")
    for journey in rows.only("public_id", "name", "draft", "live__document"):
        trees = [journey.draft, journey.live.document if journey.live else None]
        steps = [
            step
            for tree in trees
            if isinstance(tree, dict) and isinstance(tree.get("steps"), dict)
            for step in tree["steps"].values()
            if isinstance(step, dict) and step.get("kind") == "update_profile"
        ]
        keys = {key for tree in trees for key in names_in(tree)}
        for step in steps:
            for verb in ("set", "increment", "add", "remove"):
                given = (step.get("settings") or {}).get(verb)
                keys |= (
                    {("attribute", "", name) for name in given if isinstance(given, dict)} if given else set()
                )
        for key in keys:
            yield Use(key, "journey", journey.name, reverse("journeys:canvas", args=[journey.public_id]))
