"""The clock of a simulation: from moment to moment, what is due first, then what happens at that moment."""

import heapq
import time
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from django.db import connection
from django.utils.translation import gettext as _

from journeys.engine import advance
from journeys.engine.enrol import Candidate, Refusal, admitted, enter
from journeys.engine.live import Index
from journeys.engine.plan import Plan, PlanTrigger
from journeys.engine.simulate import calling, happenings, sending
from journeys.engine.simulate.figures import Figures
from journeys.engine.simulate.given import Happening, Reaction
from journeys.engine.simulate.ways import Ways
from journeys.steps.outcomes import Json
from lib.localtime import first_zone
from profiles.masking import Show
from profiles.models import Profile
from workspaces.models import Workspace

MOST_MOVES = 5000
MOST_SECONDS = 5.0


@dataclass(slots=True)
class Run:
    """One simulation under way. `coming`: what is still to happen; `sent`: what each message looked like then."""

    workspace: Workspace
    found: Plan
    index: Index
    profile: Profile
    draws: dict[str, str]
    reactions: list[Reaction] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    sent: dict[int, Json] = field(default_factory=dict)
    called: list[tuple[int, Json]] = field(default_factory=list)  # webhooks, by enrolment
    answers: dict[str, Happening] = field(default_factory=dict)  # what webhooks answer from now on, by step
    warnings: list[str] = field(default_factory=list)
    coming: list[tuple[datetime, int, Happening]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)
    show: Show | None = None  # what the reader may see of her; None: everything

    def expect(self, at: datetime, happening: Happening) -> None:
        heapq.heappush(self.coming, (at, next(self.order), happening))


def play(run: Run, start: datetime, until: datetime, dated: list[tuple[datetime, Happening]]) -> None:
    for at, happening in dated:
        if at <= until:
            run.expect(at, happening)
    figures = Figures(run, start, until)
    ways = Ways(run, start, until)
    started = {str(event["trigger"]) for _at, event in dated if "trigger" in event and "event" not in event}
    for key, way in run.found.triggers.items():
        if way.kind.called and key not in started and way.trigger.next:
            start_by(run, way, {}, start)
    webhooks = any(step.kind.kind == "call_webhook" for step in run.found.steps.values())
    stop = time.monotonic() + MOST_SECONDS
    for _move in range(MOST_MOVES):
        due, waiting = _outlook(run)
        if waiting:
            sending.send_new(run)
        if webhooks:
            calling.answer_new(run)
            due, waiting = _outlook(run)
        runs_out = figures.next_moment()
        moments = [due, run.coming[0][0] if run.coming else None, ways.next_moment(), runs_out]
        moment = min((at for at in moments if at is not None), default=None)
        if moment is None or moment > until:
            return
        if time.monotonic() > stop:
            break
        if ways.pass_time(moment):
            continue
        if runs_out is not None and runs_out <= moment:
            if figures.look(moment):
                happenings.tell_changed(run, moment)
        elif due is not None and due <= moment:
            advance.advance_once(run.found.journey_id, moment, run.draws)
        elif run.coming and run.coming[0][0] <= moment:
            at, _place, happening = heapq.heappop(run.coming)
            happenings.happen(run, at, happening)
        else:
            ways.open(moment)
            continue
        ways.look(moment)
    run.warnings.append(_("The simulation was cut off: too much happens in this time."))


def start_by(run: Run, way: PlanTrigger, entry: Json, at: datetime) -> None:
    """She comes in by this way, if its condition and the rule of re-entry let her."""
    zone = str(first_zone(run.found.document.time_zone, run.workspace.time_zone))
    inside, outside = admitted(run.found, way, [Candidate(run.profile.pk, entry, at)], at, zone)
    run.refusals += outside
    if inside and not enter(run.found, way, inside, at, run.draws):
        run.refusals.append(Refusal(way.trigger.key, at, []))


def _outlook(run: Run) -> tuple[datetime | None, bool]:
    """When somebody is due next, and whether a message waits to go out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select min(due_at) from journeys_enrolment where journey_id = %(id)s), "
            "exists(select from channels_message where journey_id = %(id)s and state = 'created')",
            {"id": run.found.journey_id},
        )
        due, waiting = cursor.fetchone()
        return due, bool(waiting)
