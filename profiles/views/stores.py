"""Stores: the list with a form and a place to paste, one store, and its deletion."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from lib import clock
from profiles import stores as actions
from profiles.data_forms import PasteForm, StoreForm
from profiles.models import Store
from profiles.views.catalogue import actor_of, tabs
from workspaces.access import get_or_404, require

SHOWN = 500
FIELDS = ("name", "address", "latitude", "longitude")


@require_http_methods(["GET", "POST"])
def stores(request: HttpRequest) -> HttpResponse:
    """POST with `text`: pasted; else a new store."""
    actor = actor_of(request)
    pasting = request.method == "POST" and "text" in request.POST
    form = StoreForm(request.POST if request.method == "POST" and not pasting else None)
    paste = PasteForm(request.POST if pasting else None)
    problems: list[tuple[int, str]] = []
    if request.method == "POST":
        require(actor, "data.edit")
        if pasting and paste.is_valid():
            found = actions.paste(actor, paste.cleaned_data["text"], clock.now())
            problems = found.problems[:20]
            if not problems:
                said = ngettext("%(n)s store added", "%(n)s stores added", found.added) % {"n": found.added}
                if found.changed:
                    said += " · " + _("%(n)s changed") % {"n": found.changed}
                messages.success(request, said)
                return redirect("profiles:stores")
        elif not pasting and form.is_valid():
            store = actions.create(actor, form.cleaned_data, clock.now())
            messages.success(request, _("“%(name)s” is on the list.") % {"name": store.name})
            return redirect("profiles:stores")
    context: dict[str, Any] = {
        "tab": "stores",
        "rows": Store.objects.filter(workspace=actor.workspace).order_by("name", "pk")[:SHOWN],
        "form": form,
        "paste": paste,
        "problems": problems,
        **tabs(actor),
    }
    refused = bool(problems or form.errors or paste.errors)
    return render(request, "profiles/data/stores.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
def store(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = get_or_404(actor, Store, public_id)
    require(actor, "data.edit")
    form = StoreForm(request.POST or None, initial={name: getattr(found, name) for name in FIELDS})
    if request.method == "POST" and form.is_valid():
        actions.change(actor, found, form.cleaned_data, clock.now())
        messages.success(request, _("Saved."))
        return redirect("profiles:stores")
    return render(
        request,
        "profiles/data/store.html",
        {"store": found, "form": form},
        status=422 if form.errors else 200,
    )


@require_POST
def deletion(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = get_or_404(actor, Store, public_id)
    require(actor, "data.edit")
    actions.delete(actor, found, clock.now())
    messages.success(request, _("“%(name)s” is off the list.") % {"name": found.name})
    return redirect("profiles:stores")
