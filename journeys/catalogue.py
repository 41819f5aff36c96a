"""The registries as JSON for the canvas: what the palette offers, in the reader's language.

The canvas knows no kinds: labels, icons, outlets and summary lines all come from here and from cards.
"""

from typing import Any

from django.utils.translation import gettext as _

from content.models import Item
from journeys.steps.base import Group, SummaryContext
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from workspaces.models import Workspace


def catalogue(workspace: Workspace) -> dict[str, Any]:
    """{"groups": [{key, label}], "steps": [kind], "triggers": [kind]}"""
    names = summary_context(workspace)
    return {
        "groups": [
            {"key": "entry", "label": _("Entry")},
            *({"key": group.value, "label": str(group.label)} for group in Group),
        ],
        "steps": [
            _common(kind, names)
            | {
                "group": kind.group.value,
                "short": kind.short,
                "outlets": [
                    {"key": outlet.key, "label": str(outlet.label)} for outlet in kind.outlets(kind.example)
                ],
            }
            for kind in steps
        ],
        "triggers": [
            _common(kind, names)
            | {"group": "entry", "short": False, "outlets": [{"key": "next", "label": ""}]}
            for kind in triggers
        ],
    }


def _common(kind: Any, names: SummaryContext) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "label": str(kind.label),
        "icon": kind.icon,
        "tone": kind.tone,
        "description": str(kind.description),
        "defaults": kind.defaults(),
        "summary": kind.summary(kind.example, names),
    }


def summary_context(workspace: Workspace) -> SummaryContext:
    """What summary lines need of the workspace, in one query."""
    contents = Item.objects.filter(workspace=workspace).values_list("slug", "name")
    return SummaryContext(workspace=workspace, content_names=dict(contents))
