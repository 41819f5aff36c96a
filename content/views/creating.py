"""A new content: which kind, what to begin with, its name and team."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from content import editing, preview
from content.media.registry import media
from content.personalise import Draft
from lib import clock
from workspaces.access import own_teams, require


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "content.create")
    errors: dict[str, list[str]] = {}
    given = request.POST if request.method == "POST" else request.GET
    medium = given.get("medium") or "email"
    if request.method == "POST":
        try:
            item = editing.create(
                actor,
                name=given.get("name", ""),
                medium=medium,
                team=given.get("team", ""),
                starter=given.get("starter", ""),
                default_locale=given.get("locale", ""),
                now=clock.now(),
            )
        except ValidationError as error:
            errors = error.message_dict
        else:
            return redirect("content:editor", item.public_id)
    teams = own_teams(actor)
    context = {
        "kinds": list(media),
        "kind": media.get(medium) or next(iter(media)),
        "teams": teams,
        "may_be_everyones": not teams or actor.can("team.manage"),
        "given": given,
        "errors": errors,
        "locale": given.get("locale") or actor.workspace.default_locale,
    }
    return render(request, "content/new.html", context, status=400 if errors else 200)


@require_GET
def starter(request: HttpRequest, medium: str, key: str) -> HttpResponse:
    """The picture of a starter."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    kind = media.get(medium)
    found = kind.starter(key) if kind else None
    if found is None:
        raise Http404
    draft = Draft(medium, "en", found.variants)
    shown = preview.render(draft, get_language() or "en", preview.variables_for(actor.workspace))
    return framed(preview.page(medium, shown, actor.workspace))


def framed(page: str) -> HttpResponse:
    """A preview's own page: no scripts, nothing loaded but pictures."""
    response = HttpResponse(page)
    response["Content-Security-Policy"] = preview.POLICY
    response["Cache-Control"] = "private, no-cache"
    return response
