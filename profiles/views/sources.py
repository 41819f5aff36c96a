"""Sources and their write keys: the list, a new one, a new key, off and on."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lib import clock
from profiles import sources as actions
from profiles.forms import KINDS, SourceForm
from profiles.models import Source
from workspaces.access import require
from workspaces.actor import Actor


def sources(request: HttpRequest) -> HttpResponse:
    """GET: the list; POST: a new source."""
    actor = _actor(request)
    form = SourceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        actions.create(actor, data["name"], data["kind"], clock.now())
        messages.success(request, _("“%(name)s” may send now.") % {"name": data["name"]})
        return redirect("profiles:sources")
    kinds = dict(KINDS) | {"file": _("Files")}
    rows = Source.objects.filter(workspace=actor.workspace).order_by("-is_active", "pk")
    context = {
        "sources": [(source, kinds.get(source.kind, source.kind)) for source in rows],
        "form": form,
        "address": settings.BASE_URL,
    }
    status = 422 if request.method == "POST" else 200
    response = render(request, "profiles/sources.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def key(request: HttpRequest, source_id: int) -> HttpResponse:
    """A new write key in place of the old."""
    actor, source = _actor(request), _source(request, source_id)
    actions.rotate(actor, source, clock.now())
    messages.success(request, _("“%(name)s” has a new write key.") % {"name": source.name})
    return redirect("profiles:sources")


@require_POST
def pause(request: HttpRequest, source_id: int) -> HttpResponse:
    """Off, or on again (on=1)."""
    actor, source = _actor(request), _source(request, source_id)
    on = request.POST.get("on") == "1"
    actions.switch(actor, source, on, clock.now())
    said = _("“%(name)s” may send again.") if on else _("“%(name)s” is switched off.")
    messages.success(request, said % {"name": source.name})
    return redirect("profiles:sources")


def _actor(request: HttpRequest) -> Actor:
    site: Any = request
    require(site.actor, "keys.manage")
    return site.actor  # type: ignore[no-any-return]


def _source(request: HttpRequest, source_id: int) -> Source:
    site: Any = request
    found = Source.objects.filter(workspace=site.actor.workspace, pk=source_id).first()
    if found is None:
        raise Http404("No such source")
    return found
