"""API keys: the list, a new one (its text is shown once), revoking."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lib import clock
from workspaces import api_keys as keys
from workspaces import scopes
from workspaces.access import require
from workspaces.forms.member import ApiKeyForm
from workspaces.models import ApiKey


def api_keys(request: HttpRequest) -> HttpResponse:
    """GET: the keys and the form; POST: makes one and shows its text, this once."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "keys.manage")
    form = ApiKeyForm(request.POST if request.method == "POST" else None, workspace=actor.workspace)
    plain, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            data = form.cleaned_data
            _key, plain = keys.create(
                actor.workspace,
                data["name"],
                data["role"],
                list(data["teams"]),
                at=clock.now(),
                by=actor,
                scopes=data["scopes"],
            )
            form, status = ApiKeyForm(workspace=actor.workspace), 201
        else:
            status = 422
    rows = (
        ApiKey.objects.filter(membership__workspace=actor.workspace)
        .select_related("membership")
        .prefetch_related("membership__teams")
        .order_by("revoked_at", "-created_at")
    )
    shown = [(key, scopes.labels(key.scopes)) for key in rows]
    context = {"keys": shown, "form": form, "plain": plain, "now": clock.now()}
    response = render(request, "workspaces/api_keys.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    key = (
        ApiKey.objects.filter(membership__workspace=actor.workspace, pk=key_id)
        .select_related("membership")
        .first()
    )
    if key is None:
        raise Http404("No such key")
    require(actor, "keys.manage")
    keys.revoke(key, at=clock.now(), by=actor)
    messages.success(request, _("The key “%(name)s” is revoked.") % {"name": key.name})
    return redirect("workspaces:api-keys")
