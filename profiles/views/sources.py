"""Sources: the list of them, and a new one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lib import clock
from profiles import source_figures, source_words
from profiles import sources as actions
from profiles.connectors.registry import connectors
from profiles.forms import SourceForm
from profiles.models import Pull, Source
from workspaces import words
from workspaces.access import require
from workspaces.actor import Actor


@require_http_methods(["GET", "POST"])
def sources(request: HttpRequest) -> HttpResponse:
    """GET: the list; POST: a new source."""
    actor = actor_of(request, "sources.manage" if request.method == "POST" else "sources.view")
    now = clock.now()
    form = SourceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        source = actions.create(actor, data["name"], data["kind"], now)
        messages.success(request, _("“%(name)s” may send now.") % {"name": data["name"]})
        return redirect("profiles:source", source.pk)
    rows = list(Source.objects.filter(workspace=actor.workspace).order_by("-is_active", "pk"))
    figures = source_figures.read(rows, words.zone(actor.workspace.time_zone), now)
    pulls = {pull.source_id: pull for pull in Pull.objects.filter(source__workspace=actor.workspace)}
    context = {
        "sources": [
            {
                "source": source,
                "kind": source_words.kind(source),
                "icon": source_words.icon(source),
                "figures": figures[source.pk],
                "state": source_words.state(source, figures[source.pk], now, pulls.get(source.pk)),
            }
            for source in rows
        ],
        "form": form,
        "manages": actor.can("sources.manage"),
        "may_upload": actor.can("people.import"),
        "connectors": list(connectors),
        "now": now,
    }
    return render(
        request, "profiles/sources/list.html", context, status=422 if request.method == "POST" else 200
    )


def actor_of(request: HttpRequest, ability: str) -> Actor:
    site: Any = request
    require(site.actor, ability)
    return site.actor  # type: ignore[no-any-return]


def source_of(actor: Actor, source_id: int) -> Source:
    found = Source.objects.filter(workspace=actor.workspace, pk=source_id).select_related("workspace").first()
    if found is None:
        raise Http404("No such source")
    return found
