"""A condition as a sentence, and what it came to as a reason."""

from typing import Any

from django.utils.translation import gettext as _

from profiles.conditions import phrases, tree
from profiles.conditions.registry import kind_of
from profiles.conditions.tree import Group, Json, Leaf


def sentence(condition: Any, workspace: Any = None) -> str:
    """In the active language; an unfinished condition gives what there is of it."""
    if not condition:
        return _("no condition yet")
    try:
        return _said(tree.read(condition), workspace, top=True)
    except tree.ConditionError:
        return _("unfinished condition")


def _said(node: Group | Leaf, workspace: Any, *, top: bool = False) -> str:
    if isinstance(node, Leaf):
        return str(node.kind.sentence(node.raw, workspace))
    if node.how == "not":
        return _("not: %(what)s") % {"what": _said(node.parts[0], workspace)}
    if not node.parts:
        return _("everyone") if node.how == "all" else _("nobody")
    joined = (_(" and ") if node.how == "all" else _(" or ")).join(_said(part, workspace) for part in node.parts)
    return joined if top or len(node.parts) == 1 else f"({joined})"


def why_text(entry: Json, workspace: Any = None) -> str:
    """A line of a "why": the condition, whether it held, and what was found."""
    leaf = entry.get("condition") or {}
    kind = kind_of(leaf)
    said = sentence(leaf, workspace) if kind else ""
    slots = {"what": said, "value": found(leaf, entry.get("value"))}
    if not said:
        return ""
    if not slots["value"]:
        return (_("Yes: %(what)s") if entry.get("result") else _("No: %(what)s")) % slots
    return (_("Yes: %(what)s (found: %(value)s)") if entry.get("result") else _("No: %(what)s (found: %(value)s)")) % slots


def found(leaf: Json, value: Any) -> str:
    """What was found, in words; "" where the sentence says it all."""
    if "event" in leaf and isinstance(value, int | float) and not isinstance(value, bool):
        if any(leaf.get(name) for name in ("sum", "average", "max", "min")):
            return phrases.value(value)
        return _("%(n)s times") % {"n": f"{value:,}"} if value != 1 else _("once")
    if "event" in leaf and isinstance(value, str):
        return phrases.value(value)
    if any(key in leaf for key in ("segment", "reachable")):
        return ""
    if "consent" in leaf:
        return {"granted": _("agreed"), "withdrawn": _("refused"), "unknown": _("not asked")}.get(str(value), "")
    return phrases.value(value)
