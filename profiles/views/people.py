"""The list of people, searched as one types."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lib import clock
from profiles import masking, queries
from profiles.models import Source
from workspaces.access import require

PAGE = 40
MOST_COUNTED = 10_000


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """?q= finds; ?after=<id> is where the page before ended (newest first); ?shown= how many stand above."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "people.view")
    text = request.GET.get("q", "").strip()
    rows = queries.search(queries.living(actor), text, actor)
    after, above = _number(request, "after"), _number(request, "shown")
    page = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: PAGE + 1])
    more = len(page) > PAGE
    page = page[:PAGE]
    total = _total(request, rows, above + len(page) if not more else None)
    mask = masking.masker(actor)
    context = {
        "people": [
            (
                person,
                mask("email", person.attributes.get("email")),
                mask("phone", person.attributes.get("phone")),
            )
            for person in page
        ],
        "query": text,
        "total": total,
        "shown": above + len(page),
        "next": page[-1].pk if more else None,
        "can_see_keys": actor.can("sources.manage"),
        "can_see_sources": actor.can("sources.view"),
        "now": clock.now(),
    }
    if not page and not text:
        source = Source.objects.filter(workspace=actor.workspace, is_active=True).order_by("pk").first()
        context |= {
            "first_key": source.write_key if source and actor.can("sources.manage") else "",
            "address": settings.BASE_URL,
        }
    return render(request, "profiles/list.html", context)


def _number(request: HttpRequest, name: str) -> int:
    raw = request.GET.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else 0


def _total(request: HttpRequest, rows: Any, known: int | None) -> int | None:
    """How many there are; counting stops at MOST_COUNTED (None: more than that)."""
    if known is not None:
        return known
    given = _number(request, "total")
    if given:
        return given
    counted = rows.order_by()[: MOST_COUNTED + 1].count()
    return counted if counted <= MOST_COUNTED else None
