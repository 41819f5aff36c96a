"""The list of segments, and what one does with a whole segment from there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lib import clock
from profiles import membership
from profiles.models import Segment
from profiles.segments import editing, trend, used_in
from workspaces.access import get_or_404, own_teams, require, scoped
from workspaces.models import Team

PAGE = 50


@require_GET
def segments(request: HttpRequest) -> HttpResponse:
    """?q= finds; ?team= narrows; ?archived=1 shows those that were put away; ?after= is how many stand before."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "segments.view")
    query, archived = request.GET.get("q", "").strip().replace("\0", ""), request.GET.get("archived") == "1"
    everything = scoped(actor, Segment)
    rows: QuerySet[Segment] = everything.filter(archived_at__isnull=not archived)
    if query:
        rows = rows.filter(
            Q(name__icontains=query) | Q(slug__icontains=query) | Q(description__icontains=query)
        )
    if team := request.GET.get("team", ""):
        rows = rows.filter(team__slug=team)
    raw = request.GET.get("after", "")
    start = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 8 else 0
    found = list(
        rows.select_related("changed_by", "team").order_by("-changed_at", "-pk")[start : start + PAGE + 1]
    )
    more, page = len(found) > PAGE, found[:PAGE]
    now, ids = clock.now(), [segment.pk for segment in page]
    sizes, figures = membership.sizes_now(ids), trend.sizes(ids, now, actor.workspace.time_zone)
    uses = used_in.uses(actor)
    context = {
        "rows": [
            {
                "segment": segment,
                "size": sizes.get(segment.pk, segment.size),
                "spark": trend.spark(figures.get(segment.pk, [])),
                "uses": uses.get(segment.pk, []),
            }
            for segment in page
        ],
        "query": query,
        "archived": archived,
        "team": team,
        "kept": ({"archived": "1"} if archived else {}) | ({"team": team} if team else {}),
        "teams": Team.objects.filter(workspace=actor.workspace),
        "own_teams": own_teams(actor),
        "any": bool(page) or everything.exists(),
        "has_archived": everything.filter(archived_at__isnull=False).exists(),
        "next": start + PAGE if more else None,
        "can_edit": actor.can("segments.edit"),
        "now": now,
    }
    return render(request, "segments/list.html", context)


@require_POST
def new_list(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "segments.edit")
    try:
        segment = editing.create(
            actor,
            name=request.POST.get("name", ""),
            kind=Segment.LIST,
            team=request.POST.get("team", ""),
            now=clock.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("segments:list")
    return redirect("segments:segment", segment.public_id)


@require_POST
def copy(request: HttpRequest, public_id: str) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    segment = get_or_404(actor, Segment, public_id, related=("team",))
    require(actor, "segments.edit")
    twin = editing.copy(actor, segment, clock.now())
    messages.success(request, _("This is a copy of “%(name)s”.") % {"name": segment.name})
    return redirect("segments:segment", twin.public_id)


@require_POST
def archive(request: HttpRequest, public_id: str) -> HttpResponse:
    """`back` brings one back that was put away."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    segment = get_or_404(actor, Segment, public_id, "change")
    if "back" in request.POST:
        editing.restore(actor, segment, clock.now())
        messages.success(request, _("“%(name)s” is back.") % {"name": segment.name})
        return redirect("segments:segment", segment.public_id)
    try:
        editing.archive(actor, segment, clock.now())
    except editing.InUse as used:
        where = ", ".join(dict.fromkeys(use.title for use in used.uses))
        messages.error(
            request, _("It is still used in: %(where)s. Take it out there first.") % {"where": where}
        )
        return redirect("segments:segment", segment.public_id)
    messages.success(request, _("“%(name)s” is archived.") % {"name": segment.name})
    return redirect("segments:list")
