"""The secrets that webhooks use: their names, a new one (a value that was made up is shown once), deleting."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from journeys.forms.secret import SecretForm
from journeys.models import Secret
from journeys.webhooks import vault
from lib import clock
from workspaces.access import require


@require_http_methods(["GET", "POST"])
def secrets(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "keys.manage")
    taken = vault.names(actor.workspace.pk)
    form = SecretForm(request.POST if request.method == "POST" else None, taken=taken)
    made, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            data = form.cleaned_data
            _secret, made = vault.save(actor, data["name"], data["value"], data["host"], clock.now())
            if not made:
                messages.success(request, _("“%(name)s” is kept.") % {"name": data["name"]})
                return redirect("webhooks:secrets")
            form, status = SecretForm(), 201
        else:
            status = 422
    kept = list(Secret.objects.filter(workspace=actor.workspace))
    used = vault.usage(actor.workspace.pk, [secret.name for secret in kept]) if kept else {}
    rows = [{"secret": secret, "used": used[secret.name]} for secret in kept]
    context = {"rows": rows, "form": form, "made": made}
    response = render(request, "journeys/secrets.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def deletion(request: HttpRequest, secret_id: int) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    secret = Secret.objects.filter(workspace=actor.workspace, pk=secret_id).first()
    if secret is None:
        raise Http404("No such secret")
    require(actor, "keys.manage")
    name = secret.name
    vault.delete(actor, secret, clock.now())
    messages.success(request, _("“%(name)s” is deleted.") % {"name": name})
    return redirect("webhooks:secrets")
