"""The journeys' part of a person's page and of her API: where she stands and why, and the steps in her timeline."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from journeys import starting
from journeys.engine import explain, over, plan, unsent
from journeys.engine.explain import Standing, Visit, Walk
from journeys.engine.plan import Plan
from journeys.models import Journey, Pass
from lib import clock
from profiles import masking, reveal
from profiles.conditions import why_text
from profiles.models import Profile
from profiles.timeline import Entry
from workspaces.access import scoped
from workspaces.actor import Actor

MOST_ASKABLE = 500


def panel(request: HttpRequest, profile: Profile) -> dict[str, Any] | None:
    """The card "Journeys": those she is in, and the last she was in, that the reader may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shown_until = reveal.until(request, actor, profile, clock.now())
    standings = _visible(actor, profile, masking.masker(actor, revealed=shown_until is not None))
    now = [one for one in standings if one.state != "ended"]
    over = [one for one in standings if one.state == "ended"]
    return {
        "inside": [_shown(one) for one in now],
        "now_in": [one.journey.name for one in now],
        "over": [_shown(one) for one in over[:8]],
        "before": len(over),
        "person": profile,
        "startable": starting.startable(actor) if not profile.erased_at else [],
        "askable": _askable(actor, {one.journey.pk for one in now}),
    }


def _askable(actor: Actor, inside: set[int]) -> list[Journey]:
    """The journeys of which one may ask why she is not in them: those that are live first."""
    rows = (
        scoped(actor, Journey)
        .exclude(state="archived")
        .exclude(pk__in=inside)
        .only("public_id", "name", "state")
    )
    order = {"live": 0, "paused": 1, "stopped": 2}
    return sorted(rows.order_by("name", "pk")[:MOST_ASKABLE], key=lambda one: order.get(one.state, 3))


def head(request: HttpRequest, profile: Profile) -> dict[str, Any] | None:
    """The button "Test in a journey", for any journey that the reader may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if profile.erased_at is not None:
        return None
    journeys = _askable(actor, set())
    return {"testable": journeys, "person": profile} if journeys else None


def _visible(actor: Actor, profile: Profile, show: masking.Show) -> list[Standing]:
    found = explain.position(profile.pk, actor.workspace, show=show)
    if not found:
        return []
    redact = masking.redactor(profile.attributes, show)
    for standing in found:
        standing.error = redact(standing.error) if standing.error else standing.error
    may_see = set(
        scoped(actor, Journey).filter(pk__in={one.journey.pk for one in found}).values_list("pk", flat=True)
    )
    return [one for one in found if one.journey.pk in may_see]


def _shown(standing: Standing) -> dict[str, Any]:
    """A line of the card. `road`: the way in and every step of the walk with the reason, for "Why is she here?"."""
    walk = standing.walk
    road = []
    if walk is not None:
        here = plan.load([standing.version_id]).get(standing.version_id)
        workspace = standing.journey.workspace
        if here is not None:
            road = _entered(here, walk, standing) + [
                {"title": explain.visit_title(here, visit), "at": visit.arrived_at, "left": visit.left_at,
                 "why": explain.sentence(here, visit, workspace)}
                for visit in walk.visits
            ]  # fmt: skip
    return {
        "standing": standing,
        "url": reverse("journeys:canvas", kwargs={"id": standing.journey.public_id}),
        "reason": explain.end_reason(standing.reason) if standing.reason else "",
        "road": road,
    }


def _entered(here: Plan, walk: Walk, standing: Standing) -> list[dict[str, Any]]:
    """The way in, where a condition let her in."""
    texts = [text for leaf in walk.entered_why if (text := str(why_text(leaf, standing.journey.workspace)))]
    way = here.triggers.get(standing.trigger)
    if not texts or way is None:
        return []
    name = way.trigger.name or str(way.kind.label)
    return [{"title": name, "at": standing.entered_at, "left": None, "why": " · ".join(texts)}]


def api(actor: Actor, profile: Profile, show: masking.Show) -> list[dict[str, Any]]:
    """profiles/{id}/journeys/: every enrolment with its visits and why."""
    found = []
    for standing in _visible(actor, profile, show):
        here = plan.load([standing.version_id]).get(standing.version_id)
        visits = standing.walk.visits if standing.walk else []
        found.append(
            {
                "enrolment": str(standing.enrolment_id),
                "journey": {"id": str(standing.journey.public_id), "name": standing.journey.name},
                "version": standing.version,
                "trigger": standing.trigger,
                "state": standing.state,
                "step": standing.step,
                "entered_at": standing.entered_at,
                "ended_at": standing.ended_at,
                "reason": standing.reason,
                "due_at": standing.due_at,
                "error": standing.error,
                "visits": [
                    explain.visit_json(here, visit, actor.workspace)
                    | {"message": unsent.as_json(visit.sent) if visit.sent else None}
                    for visit in visits
                ]
                if here
                else [],
            }
        )
    return found


def entries(profile: Profile, before: datetime | None, limit: int, mask: masking.Show) -> Iterable[Entry]:
    """Entering, the decisions on the way, and the end; waits and messages stand in the timeline by themselves."""
    running = explain.running_of(profile.pk, profile.workspace_id).values_list("pk", "entered_at")
    known = [*running, *over.last(profile.pk, limit).values_list("pk", "entered_at")]
    if not known:
        return []
    # Her first pass was when she entered: months before it are not looked into.
    rows = Pass.objects.filter(
        enrolment_id__in=[pk for pk, _at in known], at__gte=min(at for _pk, at in known)
    )
    if before is not None:
        rows = rows.filter(at__lt=before)
    passes = list(rows.order_by("-at", "-seq")[:limit])
    plans = plan.load({row.version_id for row in passes})
    journeys = Journey.objects.select_related("workspace").in_bulk({row.journey_id for row in passes})
    found: list[Entry] = []
    for row in passes:
        here, journey = plans.get(row.version_id), journeys.get(row.journey_id)
        if here is not None and journey is not None:
            found += _told(row, here, journey, mask)
    return found[:limit]


def _told(row: Pass, here: Plan, journey: Journey, mask: masking.Show) -> list[Entry]:
    url = reverse("journeys:canvas", kwargs={"id": journey.public_id})
    told: list[Entry] = []
    for part in row.route or []:
        if "t" in part:
            told.append(
                Entry(
                    row.at,
                    "journey",
                    "entry",
                    "log-in",
                    _("Entered %(journey)s") % {"journey": journey.name},
                    url=url,
                )
            )
            continue
        if "v" in part:
            told.append(
                Entry(
                    row.at,
                    "journey",
                    "flow",
                    "history",
                    _("Moved to version %(number)d of %(journey)s")
                    % {"number": part["v"], "journey": journey.name},
                    url=url,
                )
            )
            continue
        if "z" in part:
            text = f"{journey.name} · {explain.zone_warning(part['z'])}"
            warning = _("Time zone not understood")
            told.append(Entry(row.at, "journey", "flow", "triangle-alert", warning, text, url))
        why = masking.facts(explain.why_of(here, part), mask)
        visit = Visit(
            part["s"],
            row.at,
            row.at if part.get("o") else None,
            part.get("o"),
            why,
            part.get("m"),
            part.get("x"),
            part.get("n"),
        )
        if visit.ended:
            text = explain.sentence(here, visit, journey.workspace)
            told.append(
                Entry(
                    row.at,
                    "journey",
                    "flow",
                    "log-out",
                    _("Left %(journey)s") % {"journey": journey.name},
                    text,
                    url,
                )
            )
        elif visit.outlet and (why or visit.outlet == "timeout" or _decides(here, visit)):
            text = f"{journey.name} · {explain.sentence(here, visit, journey.workspace)}"
            told.append(Entry(row.at, "journey", "decide", "git-branch", _road(here, visit), text, url))
        elif visit.outlet and visit.note and (text := explain.sentence(here, visit, journey.workspace)):
            kind, title = here.steps[visit.step].kind, explain.title(here, visit.step)
            told.append(
                Entry(row.at, "journey", kind.tone, kind.icon, title, f"{journey.name} · {text}", url)
            )
    return list(reversed(told))


def _decides(here: Plan, visit: Visit) -> bool:
    known = here.steps.get(visit.step)
    return known is not None and len(known.kind.outlets(known.settings)) > 1


def _road(here: Plan, visit: Visit) -> str:
    known = here.steps.get(visit.step)
    outlets = known.kind.outlets(known.settings) if known else []
    label = next((str(outlet.label) for outlet in outlets if outlet.key == visit.outlet), visit.outlet or "")
    return f"{explain.title(here, visit.step)}: {label}"
