"""Home: what was sent today, who is inside, the live journeys, the last changes; or how to begin."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from journeys import counts
from journeys.hour_chart import chart, colour
from journeys.models import Journey
from journeys.today import today
from lib import clock
from profiles.models import Profile
from workspaces.access import own_teams, scoped
from workspaces.audit_words import sentence
from workspaces.models import AuditEntry
from workspaces.words import in_zone

SHOWN = 8


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    now = clock.now()
    local = in_zone(now, actor.workspace.time_zone)
    journeys = scoped(actor, Journey)
    live = list(journeys.filter(state__in=["live", "paused"]).select_related("team"))
    numbers = counts.inside_by_journey([journey.pk for journey in live])
    sent = today(actor.workspace.pk, actor.workspace.time_zone, now)
    can_create = actor.can("journeys.create")
    context = {
        "now": now,
        "greeting": _greeting(local.hour) % {"name": actor.user.name.split(" ")[0]},
        "rows": [(journey, numbers[journey.pk]) for journey in live[:SHOWN]],
        "live": sum(journey.state == "live" for journey in live),
        "running": len(live),
        "inside": sum(number["inside"] for number in numbers.values()),
        "entered": sum(number["entered"] for number in numbers.values()),
        "sent": sent,
        "media": [(_medium(medium), colour(medium), n) for medium, n in sent.by_medium.items()],
        "chart": chart(sent.by_hour, local.hour + local.minute / 60),
        "any_journey": bool(live) or journeys.exists(),
        "any_person": Profile.objects.filter(workspace=actor.workspace).exists(),
        "can_create": can_create,
        "own_teams": own_teams(actor) if can_create else [],
        "drafts": list(journeys.filter(state="draft").select_related("team", "updated_by")[:4]),
    }
    if actor.can("audit.view"):
        entries = AuditEntry.objects.filter(workspace=actor.workspace).select_related("user")[:SHOWN]
        context["entries"] = [(entry, sentence(entry)) for entry in entries]
    return render(request, "journeys/home.html", context)


def _greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return _("Good morning, %(name)s")
    return _("Good afternoon, %(name)s") if 12 <= hour < 18 else _("Good evening, %(name)s")


def _medium(medium: str) -> str:
    names = {
        "email": pgettext("medium", "Email"),
        "sms": pgettext("medium", "SMS"),
        "push": pgettext("medium", "Push"),
        "in_app": pgettext("medium", "In the app"),
        "social": pgettext("medium", "Social"),
    }
    return names.get(medium, medium)
