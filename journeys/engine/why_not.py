"""Why a person is not in a journey: what stands in her way now, and what each way in says of her.

Answered from a handful of index look-ups and one evaluation of each condition for her alone: who was turned away is
remembered (engine.refused), everything else is asked as things stand now.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from journeys.engine import over, plan
from journeys.engine.explain import title
from journeys.engine.plan import Plan, PlanTrigger
from journeys.models import Enrolment, Journey, Occurrence, Refused, Schedule
from journeys.steps.base import SummaryContext
from journeys.steps.outcomes import Json
from lib.localtime import first_zone
from profiles.conditions import Rows, compile_condition, evaluate
from profiles.masking import Show, facts
from profiles.models import Event, Profile
from workspaces import words
from workspaces.models import Workspace


@dataclass(slots=True)
class Reason:
    """`code` for programs, `text` for people. `why`: the leaves of a condition with their values; `holds`: what it came
    to."""

    code: str
    text: str
    at: datetime | None = None
    until: datetime | None = None
    why: list[Json] = field(default_factory=list)
    holds: bool | None = None


@dataclass(slots=True)
class WayIn:
    trigger: str
    title: str
    reasons: list[Reason] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """`reasons` hold for the journey as a whole, `ways` for each way in."""

    journey: Journey
    inside: bool = False
    reasons: list[Reason] = field(default_factory=list)
    ways: list[WayIn] = field(default_factory=list)


@dataclass(slots=True)
class Question:
    """One person before one version of a journey."""

    profile: Profile
    journey: Journey
    workspace: Workspace
    found: Plan
    now: datetime
    refused: dict[str, Refused]
    show: Show | None = None

    def when(self, moment: datetime) -> str:
        return words.full(words.in_zone(moment, self.workspace.time_zone))

    def ask(self, condition: Json, entry: Json | None = None) -> tuple[bool, list[Json]]:
        zone = str(first_zone(self.found.document.time_zone, self.workspace.time_zone))
        rows = Rows(
            workspace_id=self.workspace.pk,
            profile_ids=[self.profile.pk],
            now=self.now,
            entry=[entry] if entry is not None else None,
            zone=zone,
        )
        (verdict,) = evaluate([compile_condition(condition, self.workspace.pk)], rows)
        return verdict.results[0], verdict.why(0)


def ask(
    profile: Profile, journey: Journey, workspace: Workspace, now: datetime, show: Show | None = None
) -> Answer:
    """`show`: what the reader may see of her."""
    answer = Answer(journey)
    found = plan.load([journey.live_id]).get(journey.live_id) if journey.live_id else None
    if found is None:
        answer.reasons.append(Reason("not_published", _("The journey has never been published")))
        return answer
    rows = Refused.objects.filter(profile_id=profile.pk, journey_id=journey.pk)
    question = Question(profile, journey, workspace, found, now, {row.trigger: row for row in rows}, show)
    answer.reasons += _state(question)
    running = list(Enrolment.objects.filter(journey_id=journey.pk, profile_id=profile.pk).order_by("pk")[:20])
    answer.inside = bool(running)
    answer.reasons += [_inside(question, row) for row in running]
    if not running:
        answer.reasons += _before(question)
    if journey.state in ("live", "paused"):
        answer.ways = [_way(question, way) for way in found.triggers.values() if way.trigger.next]
    for reason in [*answer.reasons, *(one for way in answer.ways for one in way.reasons)]:
        reason.why = facts(reason.why, show)
    return answer


def _state(question: Question) -> list[Reason]:
    journey = question.journey
    if journey.state == "live":
        return []
    if journey.state == "paused" and journey.paused_at:
        text = _("The journey is paused since %(when)s: nobody enters") % {
            "when": question.when(journey.paused_at)
        }
        return [Reason("paused", text, journey.paused_at)]
    texts = {
        "paused": _("The journey is paused: nobody enters"),
        "stopped": _("The journey was stopped: nobody enters any more"),
        "archived": _("The journey is archived: nobody enters any more"),
    }
    return [Reason(journey.state, texts.get(journey.state, _("The journey is not live")))]


def _inside(question: Question, row: Enrolment) -> Reason:
    found = plan.load([row.version_id]).get(row.version_id, question.found)
    slots = {"step": title(found, row.step), "when": question.when(row.arrived_at)}
    return Reason("inside", _("Is in it now: at “%(step)s” since %(when)s") % slots, row.arrived_at)


def _before(question: Question) -> list[Reason]:
    """She was in it before: may she again?"""
    last = over.last(question.profile.pk, 1, question.journey.pk).first()
    if last is None:
        return []
    reentry, ended = question.found.rules.policy.reentry, question.when(last.ended_at)
    if reentry.mode == "never" and not reentry.key:
        text = _("May enter only once, and was in it until %(when)s") % {"when": ended}
        return [Reason("entered_once", text, last.ended_at)]
    if reentry.mode == "after_exit" and reentry.cooldown and not reentry.key:
        until = reentry.cooldown.after(last.ended_at)
        if until > question.now:
            text = _("May not enter again before %(until)s: was in it until %(when)s")
            slots = {"until": question.when(until), "when": ended}
            return [Reason("cooldown", text % slots, last.ended_at, until)]
    return [Reason("was_inside", _("Was in it until %(when)s") % {"when": ended}, last.ended_at)]


def _way(question: Question, way: PlanTrigger) -> WayIn:
    kind, settings = way.kind, way.settings
    name = way.trigger.name or str(kind.label)
    summary = kind.summary(settings, SummaryContext(question.workspace))
    answer = WayIn(way.trigger.key, f"{name}: {summary}" if summary and summary != name else name)
    if event := kind.event(settings):
        answer.reasons += _by_event(question, way, event)
    elif crossing := kind.segment(settings):
        answer.reasons.append(_by_segment(question, crossing))
    elif attribute := kind.date_of(settings):
        answer.reasons.append(_by_date(question, way, attribute))
    elif kind.kind == "schedule":
        answer.reasons += _by_schedule(question, way)
    elif kind.by_api:
        text = _("An integration or a colleague starts it, and nobody has for this person")
        answer.reasons.append(Reason("not_called", text))
    else:
        text = _("Another journey starts it, and none has for this person")
        answer.reasons.append(Reason("not_called", text))
    return answer


def _by_event(question: Question, way: PlanTrigger, event: str) -> list[Reason]:
    events = Event.objects.filter(profile_id=question.profile.pk, name=event)
    last = events.order_by("-ts").only("ts", "properties").first()
    if last is None:
        return [Reason("never_did", _("Never did “%(event)s”") % {"event": event})]
    slots = {"event": event, "when": question.when(last.ts)}
    turned, where = question.refused.get(way.trigger.key), way.kind.where(way.settings)
    reasons = [_turned_away(question, turned)] if turned else []
    if not turned and last.ts < _first_live(question):
        text = _("Did “%(event)s” last on %(when)s, before the journey was live")
        reasons.append(Reason("before_live", text % slots, last.ts))
    if where is None:
        if not reasons:
            text = _("Did “%(event)s” last on %(when)s; nobody could enter then, or it reached us too late")
            reasons.append(Reason("missed", text % slots, last.ts))
        return reasons
    holds, why = question.ask(where, last.properties)
    before = reasons[0] if turned else None
    if before and before.holds is holds and [x["value"] for x in before.why] == [x["value"] for x in why]:
        return reasons  # nothing has changed since
    text = (
        _("As things stand now, the condition holds for the last “%(event)s”")
        if holds
        else _("As things stand now, the condition does not hold for the last “%(event)s”")
    )
    return [*reasons, Reason("condition_now", text % slots, last.ts, why=why, holds=holds)]


def _turned_away(question: Question, turned: Refused) -> Reason:
    found = plan.load([turned.version_id]).get(turned.version_id)
    way = found.triggers.get(turned.trigger) if found else None
    where = way.kind.where(way.settings) if way else None
    leaves = found.compiled(where).leaves if found and where is not None else []
    why = [
        {"condition": leaf, "value": value, "result": result}
        for leaf, (value, result) in zip(leaves, turned.why, strict=False)
    ]
    slots = {"when": question.when(turned.at)}
    if turned.kind == "reentry":
        text = _("On %(when)s the condition held, but this person was inside or might not enter again yet")
        return Reason("no_reentry", text % slots, turned.at, why=why, holds=True)
    return Reason(
        "condition", _("On %(when)s the condition did not hold") % slots, turned.at, why=why, holds=False
    )


def _first_live(question: Question) -> datetime:
    first = question.journey.versions.aggregate(at=Min("published_at"))["at"]
    return first if isinstance(first, datetime) else question.now


def _by_segment(question: Question, crossing: Any) -> Reason:
    inside, why = question.ask({"segment": crossing.segment, "op": "in"})
    if crossing.entered:
        text = (
            _("Is in the segment already: only who comes into it enters")
            if inside
            else _("Is not in the segment, and enters when coming into it")
        )
    else:
        text = (
            _("Is still in the segment, and enters when dropping out of it")
            if inside
            else _("Is not in the segment: only who drops out of it enters")
        )
    return Reason("segment", text, why=why, holds=inside)


def _by_date(question: Question, way: PlanTrigger, attribute: str) -> Reason:
    value: Any = question.profile.attributes
    for part in attribute.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value in (None, ""):
        return Reason("no_date", _("Has no date in “%(attribute)s”") % {"attribute": attribute})
    own = question.profile.attributes.get("time_zone")
    zone = first_zone(own, question.found.document.time_zone, question.workspace.time_zone)
    occasion = way.kind.next_occasion(way.settings, value, zone, question.now)
    seen = question.show(attribute, value) if question.show else value
    slots = {"attribute": attribute, "value": str(seen)[:60]}
    if occasion is None:
        text = _("The date in “%(attribute)s” (%(value)s) is over, or cannot be read")
        return Reason("date_over", text % slots)
    text = _("Enters on %(when)s, by the date in “%(attribute)s” (%(value)s)")
    return Reason("date_to_come", text % (slots | {"when": question.when(occasion.at)}), until=occasion.at)


def _by_schedule(question: Question, way: PlanTrigger) -> list[Reason]:
    journey, key = question.journey, way.trigger.key
    last = (
        Occurrence.objects.filter(journey=journey, trigger=key, at__lte=question.now).order_by("-at").first()
    )
    due = Schedule.objects.filter(journey=journey, trigger=key).values_list("due_at", flat=True).first()
    found = []
    if due is not None:
        text = _("Lets people in on %(when)s") % {"when": question.when(due)}
        found.append(Reason("to_come", text, until=due))
    elif last is None:
        found.append(Reason("never_ran", _("Has let nobody in yet")))
    else:
        text = _("Let people in last on %(when)s, and does not any more") % {"when": question.when(last.at)}
        found.append(Reason("over", text, last.at))
    audience = way.kind.audience(way.settings)
    if audience is not None:
        holds, why = question.ask(audience)
        text = (
            _("Is in the audience as things stand now")
            if holds
            else _("Is not in the audience as things stand now")
        )
        found.append(Reason("audience", text, why=why, holds=holds))
    return found
