"""From a person's page to the canvas of a journey, with her chosen for a test."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from journeys.models import Journey
from profiles.models import Profile
from workspaces.access import get_or_404, require


@require_GET
def person_test(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """?journey= its public id."""
    actor = request.actor  # type: ignore[attr-defined]
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.view")
    try:
        journey = get_or_404(actor, Journey, UUID(request.GET.get("journey", "")))
    except ValueError as error:
        raise Http404("No such journey") from error
    canvas = reverse("journeys:canvas", kwargs={"id": journey.public_id})
    return redirect(f"{canvas}?{urlencode({'test': str(profile.public_id)})}")
