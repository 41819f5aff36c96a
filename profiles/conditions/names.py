"""Names that were never seen: a condition on them is no fault, but most likely a slip."""

from typing import Any

from django.utils.translation import gettext as _

from profiles.conditions import tree
from profiles.models import KnownName, Segment
from workspaces.models import Workspace

ALWAYS_KNOWN = {("attribute", "external_id")}


def known_names(workspace: Workspace) -> frozenset[tuple[str, str]]:
    """("attribute" | "event" | "segment", name) of all that is there, for checking many conditions at once."""
    rows = KnownName.objects.filter(workspace=workspace, kind__in=("attribute", "event"))
    segments = Segment.objects.filter(workspace=workspace).values_list("slug", flat=True)
    return frozenset(
        {*ALWAYS_KNOWN, *rows.values_list("kind", "name"), *(("segment", slug) for slug in segments)}
    )


def unknown_names(
    condition: Any, workspace: Workspace, known: frozenset[tuple[str, str]] | None = None
) -> list[tuple[str, str]]:
    """[(JSON pointer, sentence)] for attributes and events that nobody ever had, and segments that are not there;
    nothing for a condition that can't be read."""
    try:
        leaves = list(tree.leaves(tree.read(condition)))
    except tree.ConditionError:
        return []
    asked = [
        (f"{leaf.pointer}/{kind}", kind, name)
        for leaf in leaves
        if (kind := leaf.kind.key) in ("attribute", "event", "segment")
        and (name := leaf.raw[kind].split(".")[0] if kind == "attribute" else leaf.raw[kind])
    ]
    if not asked:
        return []
    known = known_names(workspace) if known is None else known
    texts = {
        "attribute": _("No customer has had the attribute “%(name)s” yet."),
        "event": _("The event “%(name)s” has never come in yet."),
        "segment": _("There is no segment “%(name)s”."),
    }
    return [(at, texts[kind] % {"name": name}) for at, kind, name in asked if (kind, name) not in known]
