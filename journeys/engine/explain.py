"""Where a person stands and why: read from the log. Shared by the person page, the API and simulations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection
from django.utils.translation import gettext as _

from journeys.engine import plan
from journeys.engine.plan import Plan
from journeys.models import Enrolment, Failure, Finished, Journey, Version
from journeys.steps.outcomes import Json
from profiles.conditions import why_text
from workspaces.models import Workspace


@dataclass(slots=True)
class Visit:
    """One stay at one step. `why`: [{"condition", "value", "result"}]; `message`: {"state", "reason"} of the one
    made."""

    step: str
    arrived_at: datetime
    left_at: datetime | None = None
    outlet: str | None = None
    why: list[Json] = field(default_factory=list)
    message: Json | None = None
    ended: str | None = None
    note: Json | None = None
    moved: int | None = None  # the number of the version to which she was moved while she stood here
    found: Plan | None = None  # the version that she walked here


@dataclass(slots=True)
class Walk:
    """An enrolment as the log tells it."""

    enrolment_id: int
    trigger: str | None = None
    entered_why: list[Json] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)


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


def walks(enrolment_ids: Sequence[int]) -> dict[int, Walk]:
    """The log of these enrolments, put together; one query."""
    found = {id_: Walk(id_) for id_ in enrolment_ids}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "select enrolment_id, version_id, at, route::text from journeys_pass where enrolment_id = any(%s) "
            "order by enrolment_id, at, seq, id",
            [list(found)],
        )
        rows = cursor.fetchall()
    plans = plan.load({row[1] for row in rows})
    for id_, version_id, at, route in rows:
        _add(found[id_], plans.get(version_id), at, msgspec.json.decode(route) if route else [])
    return found


def why_of(found: Plan | None, part: Json) -> list[Json]:
    """The leaf values in a part of a route; leaves of the step's own conditions stand there by their place."""
    leaves = found.leaves(part["s"]) if found is not None and "s" in part else []
    why = []
    for leaf in part.get("w", []):
        if isinstance(leaf, dict):
            why.append({"condition": leaf["c"], "value": leaf["v"], "result": leaf["r"]})
        elif leaf[0] < len(leaves):
            why.append({"condition": leaves[leaf[0]], "value": leaf[1], "result": leaf[2]})
    return why


def _add(walk: Walk, found: Plan | None, at: datetime, route: list[Json]) -> None:
    for place, part in enumerate(route):
        why = why_of(found, part)
        if "t" in part:
            walk.trigger, walk.entered_why = part["t"], why
            continue
        again = (
            place == 0
            and walk.visits
            and walk.visits[-1].left_at is None
            and walk.visits[-1].step == part["s"]
        )
        if not again:
            walk.visits.append(Visit(part["s"], at))
        visit = walk.visits[-1]
        visit.outlet, visit.ended = part["o"], part.get("x")
        visit.why = why or visit.why
        visit.message = part.get("m") or visit.message
        visit.note = part.get("n") or visit.note
        visit.moved = part.get("v") or visit.moved
        sent_on = "v" in part and place + 1 < len(route)
        visit.found = visit.found if sent_on else found
        if visit.outlet is not None or visit.ended or sent_on:
            visit.left_at = at


def position(profile_id: int, workspace: Workspace, ended: int = 20) -> list[Standing]:
    """Where the person stands in every journey, and the last `ended` that are over; newest first."""
    running = list(
        Enrolment.objects.filter(profile_id=profile_id, workspace_id=workspace.pk).order_by("-entered_at")
    )
    over = list(
        Finished.objects.filter(profile_id=profile_id, workspace_id=workspace.pk).order_by("-ended_at")[
            :ended
        ]
    )
    both: list[Any] = [*running, *over]
    journeys = Journey.objects.in_bulk({row.journey_id for row in both})
    plans = plan.load(row.version_id for row in both)
    numbers = dict(
        Version.objects.filter(pk__in={row.version_id for row in both}).values_list("pk", "number")
    )
    failures = dict(Failure.objects.filter(pk__in=[row.pk for row in running]).values_list("pk", "error"))
    logs = walks([row.pk for row in both])
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
            standing.state = {0: "running", 1: "failed", 2: "paused"}[row.status]
            standing.error = failures.get(row.pk)
        standing.version_id = row.version_id
        standing.texts = [text for visit in walk.visits if (text := sentence(here, visit, workspace))]
        found.append(standing)
    return found


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
    if visit.outlet is None:
        return ""
    known = (visit.found or found).steps.get(visit.step)
    if known is None:
        return ""
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


def end_reason(reason: str) -> str:
    """Why an enrolment ended, for people."""
    return {
        "completed": _("Reached the end"),
        "goal": _("Reached the goal"),
        "exit_rule": _("Left by a rule of the journey"),
        "stopped": _("The journey was stopped"),
        "merged": _("Goes on under another profile"),
        "step_removed": _("The step is gone"),
        "erased": _("Erased"),
        "max_stay": _("Stayed as long as the journey lets people"),
        "failed": _("Could not go on"),
    }.get(reason, reason)


def skip_reason(reason: str) -> str:
    """Why a message was not sent, for people."""
    return {
        "no_consent": _("no consent"),
        "no_address": _("no address"),
        "quiet_hours": _("quiet hours"),
        "frequency_cap": _("too many messages"),
        "suppressed": _("the address is blocked"),
        "expired": _("too late"),
        "holdout": _("in the control group"),
        "not_approved": _("the content is not approved"),
        "exit_rule": _("left the journey before"),
        "render_error": _("the content could not be made"),
    }.get(reason, reason)


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
