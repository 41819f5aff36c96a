"""A journey is started for one person by hand, from her page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys import starting
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
    if starting.start(actor, journey, profile, now=clock.now()):
        messages.success(request, _("“%(journey)s” has started.") % {"journey": journey.name})
    else:
        messages.info(request, _("It did not start: already inside, or not allowed to enter again yet."))
    return redirect("profiles:person", public_id=profile.public_id)
