"""The list of contents, with a picture of each."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from content import queries
from content.media.registry import media
from content.models import Item
from content.personalise import RenderError, render_text
from content.sms_length import length_of
from workspaces.access import scoped
from workspaces.models import Team

PAGE = 24


@require_GET
def contents(request: HttpRequest) -> HttpResponse:
    """?q=, ?medium=, ?team= narrow it; ?after= is how many stand before."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    query, medium, team = (request.GET.get(key, "").strip() for key in ("q", "medium", "team"))
    everything = scoped(actor, Item).filter(archived_at=None)
    by_medium = dict(everything.order_by().values_list("medium").annotate(n=Count("pk")))
    rows = queries.search(queries.present(actor), query)
    if medium:
        rows = rows.filter(medium=medium)
    if team:
        rows = rows.filter(team__slug=team)
    raw = request.GET.get("after", "")
    start = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 8 else 0
    page = list(rows.order_by("-updated_at", "-id")[start : start + PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE]
    kept = {key: value for key, value in (("q", query), ("medium", medium), ("team", team)) if value}
    context = {
        "cards": [_card(item) for item in page],
        "total": sum(by_medium.values()),
        "rail": _rail(by_medium, medium, kept),
        "teams": Team.objects.filter(workspace=actor.workspace),
        "query": query,
        "medium": medium,
        "team": team,
        "kept": {key: value for key, value in kept.items() if key != "q"},
        "filtered": bool(kept),
        "shown": start + len(page),
        "found": rows.count() if more or start else len(page),
        "next_url": f"?{urlencode({**kept, 'after': start + PAGE})}" if more else "",
        "can_create": actor.can("content.create"),
    }
    return render(request, "content/list.html", context)


def _card(item: Item) -> dict[str, Any]:
    variants = {variant.locale: variant.data for variant in item.variants.all()}
    shown: dict[str, Any] = variants.get(item.default_locale) or next(iter(variants.values()), {})
    body = _filled(shown.get("body"), item) if item.medium == "sms" else ""
    return {
        "item": item,
        "kind": media.get(item.medium),
        "languages": len(variants),
        "locale": item.default_locale,
        "body": body,
        "subject": _filled(shown.get("subject") or shown.get("title"), item),
        "empty": not str(shown.get("body", "")).strip(),
        "parts": length_of(body).parts if body else 0,
    }


def _filled(text: Any, item: Item) -> str:
    """As somebody gets it of whom nothing is known."""
    try:
        return render_text(str(text or ""), {}, item.default_locale)
    except RenderError:
        return str(text)


def _rail(by_medium: dict[str, int], current: str, kept: dict[str, str]) -> list[dict[str, Any]]:
    base = reverse("content:list")
    rest = {key: value for key, value in kept.items() if key != "medium"}
    entries = [{"label": _("Everything"), "icon": "layout-grid", "count": sum(by_medium.values()), "key": ""}]
    entries += [
        {"label": kind.label, "icon": kind.icon, "count": by_medium.get(kind.kind, 0), "key": kind.kind}
        for kind in media
    ]
    for entry in entries:
        found = {**rest, **({"medium": entry["key"]} if entry["key"] else {})}
        entry["url"] = f"{base}?{urlencode(found)}" if found else base
        entry["current"] = entry["key"] == current
    return entries
