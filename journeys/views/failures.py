"""The people who were set aside at a step, and the click that lets them go on."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from journeys import failures
from journeys.models import Journey
from lib import clock
from profiles.masking import masker
from workspaces import words
from workspaces.access import get_or_404, may, require


@require_GET
def failed_people(request: HttpRequest, id: UUID, key: str) -> HttpResponse:  # noqa: A002 - the name in the URL
    actor: Any = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, related=("live",))
    require(actor, "health.view")
    found = failures.people(journey, key, masker(actor), request.GET.get("after", ""))
    page = found[: failures.PAGE]
    more = len(found) > failures.PAGE
    context = {
        "journey": journey,
        "key": key,
        "title": failures.title(journey, key),
        "people": page,
        "next_url": f"{request.path}?{urlencode({'after': page[-1].enrolment_id})}" if more else "",
        "may_resume": may(actor, journey, "publish"),
        "now": clock.now(),
    }
    return render(request, "journeys/failures.html", context)


@require_POST
def resumption(request: HttpRequest, id: UUID, key: str) -> HttpResponse:  # noqa: A002 - the name in the URL
    """All who failed at the step go on, or with `enrolment` that one."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id, "publish")
    one = request.POST.get("enrolment", "")
    if one and not failures.is_id(one):
        raise Http404("No such enrolment")
    count = failures.resume(actor, journey, key, clock.now(), int(one) if one else None)
    if count:
        text = ngettext("%(n)s person goes on.", "%(n)s people go on.", count) % {"n": words.number(count)}
        messages.success(request, text)
    else:
        messages.info(request, _("Nobody is set aside here any more."))
    here = reverse("journeys:failures", args=[journey.public_id, key])
    return redirect(here if request.POST.get("from") == "step" and one else reverse("health"))
