"""Names that were never seen: a condition on them is no fault, but most likely a slip."""

from typing import Any

from django.utils.translation import gettext as _

from profiles.conditions import tree
from profiles.conditions.leaves.segment import condition_of
from profiles.models import KnownName
from workspaces.models import Workspace

ALWAYS_KNOWN = {("attribute", "external_id")}


def unknown_names(condition: Any, workspace: Workspace) -> list[tuple[str, str]]:
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
    rows = KnownName.objects.filter(workspace=workspace, name__in={name for _at, _kind, name in asked})
    known = {*ALWAYS_KNOWN, *rows.filter(kind__in=("attribute", "event")).values_list("kind", "name")}
    known |= {
        ("segment", name)
        for _at, kind, name in asked
        if kind == "segment" and condition_of(workspace.pk, name) is not None
    }
    texts = {
        "attribute": _("No customer has had the attribute “%(name)s” yet."),
        "event": _("The event “%(name)s” has never come in yet."),
        "segment": _("There is no segment “%(name)s”."),
    }
    return [(at, texts[kind] % {"name": name}) for at, kind, name in asked if (kind, name) not in known]
