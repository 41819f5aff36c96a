"""A condition as a sentence, and what it came to as a reason."""

from typing import Any

from django.utils.translation import gettext as _

from profiles.conditions import tree
from profiles.conditions.particles import settle
from profiles.conditions.registry import kind_of
from profiles.conditions.tree import Group, Json, Leaf


def sentence(condition: Any, workspace: Any = None) -> str:
    """In the active language; an unfinished condition gives what there is of it."""
    if not condition:
        return _("no condition yet")
    try:
        return settle(_said(tree.read(condition), workspace, top=True))
    except tree.ConditionError:
        return _("unfinished condition")


def _said(node: Group | Leaf, workspace: Any, *, top: bool = False) -> str:
    if isinstance(node, Leaf):
        return str(node.kind.sentence(node.raw, workspace))
    if node.how == "not":
        return _("not: %(what)s") % {"what": _said(node.parts[0], workspace)}
    if not node.parts:
        return _("everyone") if node.how == "all" else _("nobody")
    joined = (_(" and ") if node.how == "all" else _(" or ")).join(
        _said(part, workspace) for part in node.parts
    )
    return joined if top or len(node.parts) == 1 else f"({joined})"


def why_text(entry: Json, workspace: Any = None) -> str:
    """A line of a "why": what was found, and what was asked for where that isn't the same."""
    leaf = entry.get("condition")
    kind = kind_of(leaf) if isinstance(leaf, dict) else None
    if kind is None:
        return ""
    try:
        return settle(str(kind.why(leaf, entry.get("value"), bool(entry.get("result")), workspace)))
    except (KeyError, TypeError, ValueError):  # written by an older version of the kind
        return ""
