"""The cards of a document: what each step shows on the canvas, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _

from content.models import Item
from journeys.catalogue import summary_context
from journeys.document.settings import SettingsError
from journeys.document.shape import Document, DocumentError, Step, Trigger, parse
from journeys.steps.base import Outlet, StepKind, SummaryContext
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from workspaces.models import Workspace


def cards_of(document: Any, workspace: Workspace) -> dict[str, dict[str, Any]]:
    """{step or trigger key: card}; a document that can't be read has none."""
    try:
        parsed = parse(document)
    except DocumentError:
        return {}
    names = summary_context(workspace)
    ids = _content_ids(parsed, workspace)
    found = {key: card(trigger, names) for key, trigger in parsed.triggers.items()}
    return found | {key: card(step, names, ids) for key, step in parsed.steps.items()}


def card(
    node: Step | Trigger, names: SummaryContext, content_ids: dict[str, str] | None = None
) -> dict[str, Any]:
    """One card. An unknown kind keeps its ways out, so that its roads stay drawn."""
    kind: Any = triggers.get(node.kind) if isinstance(node, Trigger) else steps.get(node.kind)
    common = {"kind": node.kind, "team": node.team, "contentId": None}
    if kind is None:
        following = ["next"] if isinstance(node, Trigger) else list(node.next)
        return common | {
            "title": node.name or node.kind or _("Unknown step"),
            "summary": _("This product doesn't know this kind of step"),
            "icon": "circle-help",
            "tone": "flow",
            "short": False,
            "outlets": [
                {"key": key, "label": key if len(following) > 1 else "", "share": None} for key in following
            ],
            "known": False,
        }
    try:
        summary = kind.summary(kind.parse(node.settings), names)
    except SettingsError:
        summary = _("Not set up yet")
    outlets = [Outlet("next", "")] if isinstance(node, Trigger) else outlets_of(kind, node.settings)
    content = node.settings.get("content")
    return common | {
        "title": node.name or str(kind.label),
        "summary": summary,
        "icon": kind.icon,
        "tone": kind.tone,
        "short": getattr(kind, "short", False),
        "outlets": [{"key": o.key, "label": str(o.label), "share": o.share} for o in outlets],
        "known": True,
        "contentId": (content_ids or {}).get(content) if isinstance(content, str) else None,
    }


def outlets_of(kind: StepKind[Any], settings: dict[str, Any]) -> list[Outlet]:
    """The ways out, also of settings that can't be read yet: half-written branches keep their roads."""
    try:
        return list(kind.outlets(kind.parse(settings)))
    except SettingsError:
        pass
    listed = [
        row
        for value in settings.values()
        if isinstance(value, list)
        for row in value
        if isinstance(row, dict)
    ]
    rows = [Outlet(str(row["key"]), str(row.get("label") or row["key"])) for row in listed if row.get("key")]
    own = {
        row["key"]
        for value in kind.defaults().values()
        if isinstance(value, list)
        for row in value
        if isinstance(row, dict) and "key" in row
    }
    return [*rows, *(outlet for outlet in kind.outlets(kind.example) if outlet.key not in own)]


def _content_ids(document: Document, workspace: Workspace) -> dict[str, str]:
    slugs = {
        step.settings["content"]
        for step in document.steps.values()
        if isinstance(step.settings.get("content"), str)
    }
    if not slugs:
        return {}
    rows = Item.objects.filter(workspace=workspace, slug__in=slugs).values_list("slug", "public_id")
    return {slug: str(public_id) for slug, public_id in rows}
