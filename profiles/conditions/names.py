"""Names that were never seen: a condition on them is no fault, but most likely a slip."""

from typing import Any

from django.utils.translation import gettext as _

from profiles.conditions import tree
from profiles.models import KnownName
from workspaces.models import Workspace


def unknown_names(condition: Any, workspace: Workspace) -> list[tuple[str, str]]:
    """[(JSON pointer, sentence)] in one query; nothing for a condition that can't be read."""
    try:
        leaves = list(tree.leaves(tree.read(condition)))
    except tree.ConditionError:
        return []
    asked = [
        (leaf, kind, name)
        for leaf in leaves
        for kind in ("attribute", "event")
        if leaf.kind.key == kind and (name := str(leaf.raw[kind]).split(".")[0])
    ]
    if not asked:
        return []
    rows = KnownName.objects.filter(workspace=workspace, kind__in={kind for _leaf, kind, _name in asked}, name__in={n for _l, _k, n in asked})
    known = set(rows.values_list("kind", "name"))
    texts = {
        "attribute": _("No customer has had the attribute “%(name)s” yet."),
        "event": _("The event “%(name)s” has never come in yet."),
    }
    return [
        (f"{leaf.pointer}/{kind}", texts[kind] % {"name": name})
        for leaf, kind, name in asked
        if (kind, name) not in known and name != "external_id"
    ]
