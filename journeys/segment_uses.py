"""Where journeys use segments: as the way in, or in a condition on the way."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from journeys.models import Journey
from profiles.segments.used_in import Use, names_in
from workspaces.access import scoped
from workspaces.actor import Actor

OVER = ("stopped", "archived")


def uses(actor: Actor) -> Iterator[Use]:
    """Of the draft and of what runs; one that a reader may not see uses it all the same, without a name."""
    visible = set(scoped(actor, Journey).values_list("pk", flat=True))
    rows = Journey.objects.filter(workspace=actor.workspace).exclude(state__in=OVER).select_related("live")
    for journey in rows.order_by("name", "pk"):
        documents = [journey.draft, *([journey.live.document] if journey.live else [])]
        if journey.pk in visible:
            title, url = journey.name, reverse("journeys:canvas", args=[journey.public_id])
        else:
            title, url = _("A journey of another team"), ""
        for document in documents:
            for named, how in _uses(document):
                yield Use(named, "journey", title, how, url)


def _uses(document: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(document, dict):
        return
    for trigger in _values(document.get("triggers")):
        if trigger.get("kind") == "segment" and isinstance(trigger.get("segment"), str):
            yield trigger["segment"], _("starts the journey")
        for named in names_in({key: value for key, value in trigger.items() if key != "segment"}):
            yield named, _("says who may enter")
    steps = document.get("steps")
    for key, step in steps.items() if isinstance(steps, dict) else ():
        for named in names_in(step):
            name = (step.get("name") if isinstance(step, dict) else "") or key
            yield named, _("decides at “%(step)s”") % {"step": name}
    for named in names_in(document.get("policy")):
        yield named, _("says who leaves")


def _values(found: Any) -> list[dict[str, Any]]:
    return [one for one in found.values() if isinstance(one, dict)] if isinstance(found, dict) else []
