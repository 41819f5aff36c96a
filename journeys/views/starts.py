"""A journey is started for one person by hand, from her page; what it wants handed over is asked on a page of its
own."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys import starting
from journeys.forms.handed import HandedForm
from journeys.models import Journey
from lib import clock
from profiles.models import Profile
from workspaces.access import get_or_404, require


@require_POST
def starts(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.view")
    try:
        journey = get_or_404(actor, Journey, UUID(request.POST.get("journey", "")), "change")
    except ValueError as error:
        raise Http404("No such journey") from error
    payload: dict[str, Any] = {}
    if schema := starting.handed(journey):
        filled = any(name.startswith("v-") for name in request.POST)
        form = HandedForm(schema, data=request.POST if filled else None)
        if not (filled and form.is_valid()):
            context = {"person": profile, "journey": journey, "form": form, "nav": "people"}
            return render(request, "journeys/starts.html", context, status=422 if filled else 200)
        payload = form.payload
    if starting.start(actor, journey, profile, payload, now=clock.now()):
        messages.success(request, _("“%(journey)s” has started.") % {"journey": journey.name})
    else:
        messages.info(request, _("It did not start: already inside, or not allowed to enter again yet."))
    return redirect("profiles:person", public_id=profile.public_id)
