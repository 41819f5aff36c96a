"""Where a person stands and why: read from the log. Shared by the person page, the API and simulations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journeys.engine import calls, plan, unsent
from journeys.engine.over import last
from journeys.engine.plan import Plan
from journeys.engine.reasons import end_reason, skip_reason
from journeys.engine.walked import Visit, Walk, walks, why_of
from journeys.models import Enrolment, Failure, Finished, Journey, Version
from journeys.steps.outcomes import Json
from profiles.conditions import why_text
from profiles.masking import Show
from workspaces.models import Workspace

__all__ = [
    "Standing",
    "Visit",
    "Walk",
    "end_reason",
    "iso",
    "position",
    "sentence",
    "skip_reason",
    "title",
    "visit_json",
    "visit_title",
    "walks",
    "why_json",
    "why_of",
]


@dataclass(slots=True)
class Standing:
    """A person's enrolment in one journey. `step` null, `reason` set: it ended; `error`: she is set aside."""

    enrolment_id: int
    journey: Journey
    version: int
    trigger: str
    entered_at: datetime
    step: str | None
    title: str
    since: datetime | None
    due_at: datetime | None
    state: str  # running, failed, paused, ended
    ended_at: datetime | None = None
    reason: str | None = None
    error: str | None = None
    walk: Walk | None = None
    texts: list[str] = field(default_factory=list)
    version_id: int = 0


def position(
    profile_id: int, workspace: Workspace, ended: int = 20, *, show: Show | None = None
) -> list[Standing]:
    """Where the person stands in every journey, and the last `ended` that are over; newest first. `show`: what the
    reader may see of the values that decided."""
    running = list(running_of(profile_id, workspace.pk).order_by("-entered_at"))
    over = [row for row in last(profile_id, ended) if row.workspace_id == workspace.pk]
    both: list[Any] = [*running, *over]
    journeys = Journey.objects.in_bulk({row.journey_id for row in both})
    plans = plan.load(row.version_id for row in both)
    numbers = dict(
        Version.objects.filter(pk__in={row.version_id for row in both}).values_list("pk", "number")
    )
    failures = dict(Failure.objects.filter(pk__in=[row.pk for row in running]).values_list("pk", "error"))
    logs = walks([row.pk for row in both], min((row.entered_at for row in both), default=None))
    if show is not None:
        for log in logs.values():
            log.hide(show)
    unsent.attach(
        logs.values(), workspace, {row.pk: plans[row.version_id] for row in both if row.version_id in plans}
    )
    calling = [
        row.pk for row in running if row.version_id in plans and _calls(plans[row.version_id], row.step)
    ]
    next_tries = calls.attach(logs, calling) if calling else {}
    found = []
    for row in both:
        if row.journey_id not in journeys or row.version_id not in plans:
            continue
        here, walk = plans[row.version_id], logs[row.pk]
        standing = Standing(
            row.pk,
            journeys[row.journey_id],
            numbers.get(row.version_id, 0),
            row.trigger,
            row.entered_at,
            None if isinstance(row, Finished) else row.step,
            title(here, row.step),
            None,
            None,
            "ended",
            walk=walk,
        )
        if isinstance(row, Finished):
            standing.ended_at, standing.reason = row.ended_at, row.reason
        else:
            standing.since, standing.due_at = row.arrived_at, row.due_at or row.frozen_due
            standing.due_at = next_tries.get(row.pk, standing.due_at)
            standing.state = {0: "running", 1: "failed", 2: "paused"}[row.status]
            standing.error = failures.get(row.pk)
        standing.version_id = row.version_id
        standing.texts = [text for visit in walk.visits if (text := sentence(here, visit, workspace))]
        found.append(standing)
    return found


def _calls(found: Plan, step: str) -> bool:
    here = found.steps.get(step)
    return here is not None and here.kind.kind == "call_webhook"


def running_of(profile_id: int, workspace_id: int) -> QuerySet[Enrolment]:
    """Her enrolments that run. The table has no index led by the person, who is in few of a few hundred journeys: they
    are named, and each is a look into the index that keeps an enrolment unique."""
    journeys = Journey.objects.filter(workspace_id=workspace_id, live_id__isnull=False)
    ids = list(journeys.values_list("pk", flat=True))
    return Enrolment.objects.filter(journey_id__in=ids, profile_id=profile_id)


def title(found: Plan, step: str) -> str:
    """What a step is called: its name, else its kind's."""
    here = found.document.steps.get(step)
    if here is None:
        return step
    known = found.steps.get(step)
    return here.name or (str(known.kind.label) if known else here.kind)


def visit_title(found: Plan, visit: Visit) -> str:
    """What the step was called in the version that she walked there."""
    return title(visit.found or found, visit.step)


def sentence(found: Plan, visit: Visit, workspace: Any) -> str:
    """Why a visit went as it did, in the reader's language; empty where the card says it all."""
    said = [_sentence(found, visit, workspace), zone_warning(visit.odd_zone) if visit.odd_zone else ""]
    return ". ".join(part for part in said if part)


def zone_warning(name: str) -> str:
    return _("“%(zone)s” is no time zone, so the journey's is used.") % {"zone": name}


def _sentence(found: Plan, visit: Visit, workspace: Any) -> str:
    if visit.sent is not None:
        return unsent.told(visit.sent)
    if visit.message and visit.message.get("state") == "skipped":
        return _("Not sent: %(reason)s") % {"reason": skip_reason(str(visit.message.get("reason")))}
    if visit.message and visit.message.get("state") == "held":
        return _("Held back until a time when messages may go out")
    if visit.message:
        return _("Sent")
    if visit.ended:
        decisive = _decisive(visit.why)
        if visit.ended == "completed":
            return _("Reached the end")
        text = end_reason(visit.ended)
        return f"{text}: {why_text(decisive, workspace)}" if decisive else text
    if visit.outlet is None and visit.moved and visit.left_at is not None:
        return _("Sent on when version %(number)d came") % {"number": visit.moved}
    known = (visit.found or found).steps.get(visit.step)
    if known is None:
        return ""
    if visit.outlet is None:
        return known.kind.told(known.settings, visit.note) if visit.note else ""
    if visit.note and (text := known.kind.told(known.settings, visit.note)):
        return text
    label = next(
        (str(o.label) for o in known.kind.outlets(known.settings) if o.key == visit.outlet), visit.outlet
    )
    if known.kind.kind == "split":
        return _("Chance decided for %(outlet)s") % {"outlet": label}
    if visit.outlet == "timeout":
        return _("Nothing happened in time")
    if visit.outlet == "else":
        return _("No condition held, so the other way")
    if decisive := _decisive(visit.why):
        return str(why_text(decisive, workspace))
    if visit.left_at is not None and visit.left_at > visit.arrived_at:
        return _("Waited until the time was up")
    return ""


def _decisive(why: list[Json]) -> Json | None:
    """The leaf to name: the last one that held, as ways are tried in order."""
    return next((leaf for leaf in reversed(why) if leaf["result"]), why[-1] if why else None)


def iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def why_json(why: Sequence[Json], workspace: Any) -> list[Json]:
    """Leaf values for an API answer, each with its sentence."""
    return [{**leaf, "text": str(why_text(leaf, workspace))} for leaf in why]


def visit_json(found: Plan, visit: Visit, workspace: Any) -> Json:
    step = (visit.found or found).document.steps.get(visit.step)
    return {
        "step": visit.step,
        "kind": step.kind if step else None,
        "name": visit_title(found, visit),
        "arrived_at": iso(visit.arrived_at),
        "left_at": iso(visit.left_at),
        "outlet": visit.outlet,
        "why": why_json(visit.why, workspace),
        "summary": sentence(found, visit, workspace),
    }
