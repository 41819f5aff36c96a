"""Names that were never seen, or are gone: a condition on them is no fault, but most likely a slip."""

from typing import Any

from django.db.models import Value
from django.utils.translation import gettext as _

from profiles.conditions import tree
from profiles.conditions.leaves.near import ANY
from profiles.models import KnownName, Segment, Store
from workspaces.models import Workspace

ALWAYS_KNOWN = {("attribute", "external_id")}


def known_names(workspace: Workspace) -> frozenset[tuple[str, str]]:
    """("attribute" | "event" | "segment" | "near", name) of all that is there, for checking many conditions at once.
    A segment goes by its short name or its id; "near" is a store, or any where there is one."""
    seen = KnownName.objects.filter(workspace=workspace, kind__in=("attribute", "event"))
    stores = Store.objects.filter(workspace=workspace)
    rows = set(seen.values_list("kind", "name").union(stores.values_list(Value("near"), "slug"), all=True))
    segments = Segment.objects.filter(workspace=workspace, archived_at=None).values_list("slug", "public_id")
    rows |= {("segment", str(name)) for names in segments for name in names}
    if any(kind == "near" for kind, _name in rows):
        rows.add(("near", ANY))
    return frozenset(ALWAYS_KNOWN | rows)


def unknown_names(
    condition: Any, workspace: Workspace, known: frozenset[tuple[str, str]] | None = None
) -> list[tuple[str, str]]:
    """[(JSON pointer, sentence)] for attributes and events that nobody ever had, and segments and stores that are not
    there; nothing for a condition that can't be read."""
    try:
        leaves = list(tree.leaves(tree.read(condition)))
    except tree.ConditionError:
        return []
    asked = [
        (f"{leaf.pointer}/{kind}", kind, name)
        for leaf in leaves
        if (kind := leaf.kind.key) in ("attribute", "event", "segment", "near")
        and (name := leaf.raw[kind].split(".")[0] if kind == "attribute" else leaf.raw[kind])
    ]
    if not asked:
        return []
    known = known_names(workspace) if known is None else known
    return [(at, _text(kind, name)) for at, kind, name in asked if (kind, name) not in known]


def _text(kind: str, name: str) -> str:
    if (kind, name) == ("near", ANY):
        return _("No store is listed yet, so nobody is near one.")
    texts = {
        "attribute": _("No customer has had the attribute “%(name)s” yet."),
        "event": _("The event “%(name)s” has never come in yet."),
        "segment": _("There is no segment “%(name)s”."),
        "near": _("There is no store “%(name)s” (any more)."),
    }
    return texts[kind] % {"name": name}
