"""Who is behind a count of the canvas: a fragment for the drawer, the same visits that the count counts."""

from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from journeys import counts, queries
from journeys.document.shape import parse
from journeys.models import Journey
from lib import clock
from profiles.masking import masker, name_of
from workspaces.access import get_or_404, require


@require_GET
def step_people(request: HttpRequest, id: UUID, key: str) -> HttpResponse:  # noqa: A002 - the name in the URL
    actor = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id)
    require(actor, "people.view")
    which = request.GET.get("which", "inside")
    if which not in ("entered", "inside", "completed"):
        raise Http404(which)
    visits = queries.people_at_step(journey, key, cast(queries.Which, which), request.GET.get("after", ""))
    page = visits[: queries.PAGE]
    more, show = len(visits) > queries.PAGE, masker(actor)
    node = parse(journey.draft).steps.get(key)
    numbers = counts.of_journey(journey.pk, clock.now())["steps"].get(key, {})
    return render(
        request,
        "journeys/people_at_step.html",
        {
            "journey": journey,
            "title": (node.name if node else "") or key,
            "which": which,
            "visits": [
                (
                    one,
                    one.profile and name_of(one.profile, show),
                    one.profile and show("email", one.profile.email),
                )
                for one in page
            ],
            "total": numbers.get(which, 0),
            "next_url": f"{request.path}?{urlencode({'which': which, 'after': page[-1].cursor})}"
            if more
            else "",
        },
    )
