"""Computed attributes: the list, one to make or change, and its removal."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib import clock
from profiles.computed import editing
from profiles.computed.wording import sentence, tests, window
from profiles.data_forms import ComputedForm
from profiles.models import ComputedAttribute
from profiles.views.catalogue import actor_of, tabs
from workspaces.access import get_or_404, require


@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = ComputedAttribute.objects.filter(workspace=actor.workspace).order_by("name")
    context = {
        "tab": "computed",
        "rows": [
            {
                "row": row,
                "sentence": sentence(row),
                "window": window(row),
                "tests": tests(row),
                "share": share(row),
            }
            for row in rows
        ],
        **tabs(actor),
    }
    return render(request, "profiles/data/computed_list.html", context)


def share(row: ComputedAttribute) -> int:
    """How far filling or removing has got, in percent."""
    return min(99, 100 * row.cursor // row.last_person) if row.last_person else 0


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, "data.edit")
    form = ComputedForm(request.POST or None, workspace=actor.workspace)
    if request.method == "POST" and form.is_valid():
        try:
            row = editing.create(actor, form.given(), clock.now())
        except editing.Unfit as unfit:
            _refuse(form, unfit)
        else:
            messages.success(request, _("“%(name)s” is being counted for everyone.") % {"name": row.name})
            return redirect("profiles:computed-list")
    return _page(request, form, None)


@require_http_methods(["GET", "POST"])
def figure(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = get_or_404(actor, ComputedAttribute, public_id)
    form = ComputedForm(request.POST or None, workspace=actor.workspace, row=row)
    if request.method == "POST":
        require(actor, "data.edit")
        if form.is_valid():
            try:
                editing.change(actor, row, form.given(), clock.now())
            except editing.Unfit as unfit:
                _refuse(form, unfit)
            else:
                messages.success(request, _("Saved."))
                return redirect("profiles:computed-list")
    return _page(request, form, row)


@require_POST
def removal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = get_or_404(actor, ComputedAttribute, public_id)
    require(actor, "data.edit")
    editing.remove(actor, row, clock.now())
    messages.success(request, _("“%(name)s” is being taken away from everyone.") % {"name": row.name})
    return redirect("profiles:computed-list")


def _page(request: HttpRequest, form: ComputedForm, row: ComputedAttribute | None) -> HttpResponse:
    site: Any = request
    context = {
        "tab": "computed",
        "form": form,
        "row": row,
        "sentence": sentence(row) if row else "",
        "window": window(row) if row else "",
        "tests": tests(row) if row else [],
        "share": share(row) if row else 0,
        "may_edit": site.actor.can("data.edit"),
    }
    return render(request, "profiles/data/computed.html", context, status=422 if form.errors else 200)


def _refuse(form: ComputedForm, unfit: editing.Unfit) -> None:
    for field, text in unfit.problems.items():
        form.add_error(field if field in form.fields else None, text)
