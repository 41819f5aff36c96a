"""The editor: a page, and the three things it asks for while one types: save, preview, people."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from content import check, editing, preview
from content.editing import Changes
from content.editor_words import words
from content.media.registry import media
from content.models import Item
from content.personalise import Draft
from content.pinning import words as words_of
from content.tokens import tokens_of
from content.views.creating import framed
from lib import clock, problems
from lib.preconditions import etag, require_match
from profiles import queries as people_queries
from profiles.models import Profile
from workspaces.access import get_or_404, may, own_teams, require

MOST_BODY = 4_000_000


def _item(request: HttpRequest, public_id: UUID, verb: str = "view") -> Item:
    actor: Any = request.actor  # type: ignore[attr-defined]
    item = get_or_404(actor, Item, public_id, verb, related=("team", "updated_by", "workspace"))
    if verb != "view" and item.archived_at is not None:
        raise Http404
    return item


@require_GET
def editor(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    item = _item(request, public_id)
    kind = media.get(item.medium)
    variants = words_of(item)
    may_edit = kind is not None and item.archived_at is None and may(actor, item, "change")
    teams = own_teams(actor)
    found = check.problems(item.medium, item.default_locale, variants, check.known_of(actor.workspace))
    context = {
        "item": item,
        "kind": kind,
        "may_edit": may_edit,
        "teams": [*teams, *([item.team] if item.team and item.team not in teams else [])],
        "may_be_everyones": item.team is None or not teams or actor.can("team.manage"),
        "locales": [(locale, language_name(locale)) for locale in variants],
        "tokens": tokens_of(actor.workspace),
        "problems": found,
        "versions": item.versions.order_by("-number")[:20],
        "can_see_people": actor.can("people.view"),
        "boot": {
            "medium": item.medium,
            "revision": item.revision,
            "canEdit": may_edit,
            "name": item.name,
            "team": item.team.slug if item.team else "",
            "defaultLocale": item.default_locale,
            "variants": variants,
            "problems": [problem.as_json() for problem in found],
            "labels": kind.labels() if kind else {},
            "languages": {code: language_name(code) for code in OFFERED},
            "urls": {
                "draft": reverse("content:draft", args=[item.public_id]),
                "preview": reverse("content:preview", args=[item.public_id]),
            },
            "strings": words(),
        },
    }
    return render(request, "content/editor.html", context)


OFFERED = ("en", "ko", "ja", "zh", "es", "de", "fr", "vi", "th", "id", "pt")


def language_name(code: str) -> str:
    """The language in its own words: 한국어, English."""
    try:
        found: str = get_language_info(code)["name_local"]
    except KeyError:
        return code
    return found[:1].upper() + found[1:]


@require_http_methods(["PUT"])
def draft(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """JSON {name, team, default_locale, variants}, what is there of them; If-Match names the revision one edited."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    item = _item(request, public_id, "change")
    try:
        given = _body(request)
        require_match(request, item.revision)
        team = given.get("team")
        changes = Changes(
            name=given.get("name"),
            team=None if team is None else (str(team),),
            default_locale=given.get("default_locale"),
            variants=given.get("variants"),
        )
        item = editing.change(actor, item, item.revision, changes, clock.now())
    except problems.ApiProblem as refusal:
        return problems.response(refusal.status, refusal.detail, errors=refusal.errors, **refusal.more)
    except editing.Conflict as conflict:
        return problems.response(412, _("Somebody has changed this meanwhile."), revision=conflict.revision)
    except ValidationError as error:
        return problems.response(400, _("Some values can't be accepted."), errors=pointers(error))
    found = check.problems(item.medium, item.default_locale, words_of(item), check.known_of(actor.workspace))
    answer = {
        "revision": item.revision,
        "saved_at": item.updated_at.isoformat(),
        "problems": [problem.as_json() for problem in found],
    }
    return JsonResponse(answer, headers={"ETag": etag(item.revision)})


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: the saved words as a page for a frame. POST {variants?, default_locale?, locale, person, dark}: JSON with
    the page and the parts, of words that need not be saved; `person` is an id."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    item = _item(request, public_id)
    if request.method == "GET":
        locale = request.GET.get("locale") or get_language() or "en"
        made = preview.render(
            Draft(item.medium, item.default_locale, words_of(item)),
            locale,
            preview.variables_for(actor.workspace),
        )
        return framed(preview.page(item.medium, made, actor.workspace))
    try:
        given = _body(request)
        variants = given.get("variants")
        kind = editing.medium_of(item.medium)
        clean = words_of(item) if variants is None else editing.clean_variants(kind, variants)
        person = _person(actor, given.get("person"))
    except problems.ApiProblem as refusal:
        return problems.response(refusal.status, refusal.detail)
    except ValidationError as error:
        return problems.response(400, _("Some values can't be accepted."), errors=pointers(error))
    default = str(given.get("default_locale") or item.default_locale)
    values = preview.person_of(actor, person) if person else {}
    wanted = str(given.get("locale") or values.get("locale") or default)
    made = preview.render(
        Draft(item.medium, default, clean), wanted, preview.variables_for(actor.workspace, values)
    )
    answer = {
        "html": preview.page(item.medium, made, actor.workspace, dark=bool(given.get("dark"))),
        "parts": {key: value for key, value in made.data.items() if key != "html"},
        "locale": made.locale,
        "error": made.error
        and {"message": made.error.message, "field": made.error.place, "line": made.error.line},
    }
    return JsonResponse(answer)


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """People to preview as: a few found by ?q=, each with her language."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "people.view")
    rows = people_queries.search(people_queries.living(actor), request.GET.get("q", ""), actor).order_by(
        "-pk"
    )[:8]
    return render(request, "content/people.html", {"people": rows, "query": request.GET.get("q", "")})


@require_POST
def archive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    item = get_or_404(actor, Item, public_id, "delete")
    editing.archive(actor, item, clock.now())
    return redirect("content:list")


def pointers(error: ValidationError) -> list[dict[str, str]]:
    """variants.en.subject -> /variants/en/subject"""
    return [
        {"pointer": problems.pointer(*name.split(".")), "detail": message, "code": "invalid"}
        for name, messages in error.message_dict.items()
        for message in messages
    ]


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        given = json.loads(request.body[: MOST_BODY + 1] or b"{}")
    except (ValueError, RecursionError) as error:
        raise problems.ApiProblem(400, _("This is no JSON.")) from error
    if not isinstance(given, dict):
        raise problems.ApiProblem(400, _("This must be a JSON object."))
    return given


def _person(actor: Any, public_id: Any) -> Profile | None:
    if not public_id:
        return None
    require(actor, "people.view")
    return get_or_404(actor, Profile, str(public_id))
