"""The preview of one customer (journeys.md 8): the engine itself, on a virtual clock, in a transaction that is rolled
back. Messages are made as ever and rendered at their moment; nothing is sent, nothing is kept."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels import rendering
from channels.media import Medium
from channels.models import Message, MessageEvent
from journeys.document.shape import parse
from journeys.engine import advance, explain, live, on_events, plan
from journeys.engine.enrol import Candidate, Refusal, admitted, enter
from journeys.engine.explain import iso, why_json
from journeys.engine.live import Index
from journeys.engine.plan import Plan, PlanTrigger
from journeys.engine.schedules import next_run
from journeys.models import Enrolment, Failure, Finished, Journey, Version
from journeys.steps.outcomes import Json
from lib.localtime import first_zone
from profiles.conditions import Rows, evaluate
from profiles.models import Consent, Profile
from profiles.signals import RecordedEvent
from workspaces.models import Workspace

MOST_MOVES = 5000
MOST_SECONDS = 5.0
MOST_EVENTS = 1000
REACTIONS = {"opened": "opened_at", "clicked": "clicked_at", "delivered": "delivered_at"}


class SimulationError(ValueError):
    """An argument that can't be used; `pointer` is its place in the request."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


@dataclass(slots=True)
class Run:
    """One simulation under way. `sent`: what each message looked like at its moment."""

    workspace: Workspace
    found: Plan
    index: Index
    profile: Profile
    draws: dict[str, str]
    refusals: list[Refusal] = field(default_factory=list)
    sent: dict[int, Json] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def simulate(
    document: Any,
    workspace: Workspace,
    *,
    person: Mapping[str, Any],
    start: datetime,
    until: datetime,
    events: Sequence[Mapping[str, Any]] = (),
    draws: Mapping[str, str] | None = None,
    consents: Any = None,
    journey: Journey | None = None,
) -> Json:
    """The answer of design/api.md: enrolments with visits and messages, who did not enter and why, warnings.

    Raises DocumentError, SimulationError. `journey` is the one the document belongs to; its people are not touched.
    """
    parse(document)
    happenings = sorted(_read_events(events), key=lambda pair: pair[0])
    with transaction.atomic():
        try:
            with connection.cursor() as cursor:
                cursor.execute("set local statement_timeout = '5s'")
            run = _prepare(document, workspace, person, consents, start, dict(draws or {}))
            try:
                _play(run, start, until, happenings)
                return _answer(run)
            finally:
                plan.forget(run.found.version_id)
        finally:
            transaction.set_rollback(True)


def _read_events(events: object) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise SimulationError("/events", _("The events must be a list."))
    if len(events) > MOST_EVENTS:
        raise SimulationError(
            "/events", _("At most %(most)s events are possible here.") % {"most": MOST_EVENTS}
        )
    for place, event in enumerate(events):
        if not isinstance(event, Mapping):
            raise SimulationError(f"/events/{place}", _("This must be an object with named parts."))
        yield _moment(event.get("timestamp"), f"/events/{place}/timestamp"), event
        _check_event(event, f"/events/{place}")


def _check_event(event: Mapping[str, Any], pointer: str) -> None:
    if isinstance(event.get("event"), str) and isinstance(event.get("properties", {}), dict):
        return
    if isinstance(event.get("set"), dict) or isinstance(event.get("trigger"), str):
        return
    if isinstance(event.get("message"), str) and event.get("happened") in (*REACTIONS, "bounced", "failed"):
        return
    raise SimulationError(pointer, _("Say an event, what to set, or what happened to a message."))


def _moment(value: object, pointer: str) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SimulationError(pointer, _("Write a moment like 2026-01-31T09:00:00Z."))
    return moment.astimezone(UTC)


def _prepare(
    document: Any,
    workspace: Workspace,
    person: Mapping[str, Any],
    consents: Any,
    start: datetime,
    draws: dict[str, str],
) -> Run:
    journey = Journey.objects.create(workspace=workspace, name="simulation", state="live")
    version = Version.objects.create(journey=journey, number=1, document=document, published_at=start)
    Journey.objects.filter(pk=journey.pk).update(live=version)
    profile = _person(workspace, person, start)
    _consent(profile, consents if consents is not None else person.get("consents"), start)
    found = plan.load([version.pk])[version.pk]
    index = live.build({version.pk: found}, ((journey.pk, "live", version.pk),))
    run = Run(workspace, found, index, profile, draws)
    for key in found.unread:
        run.warnings.append(_("“%(key)s” can't be read, so nobody gets past it.") % {"key": key})
    return run


def _person(workspace: Workspace, person: Mapping[str, Any], start: datetime) -> Profile:
    real = Profile.objects.filter(workspace=workspace, erased_at=None)
    if person.get("id"):
        try:
            found = real.filter(public_id=UUID(str(person["id"]))).first()
        except ValueError:
            found = None
    elif person.get("external_id"):
        found = real.filter(external_id=str(person["external_id"])).first()
    else:
        attributes = person.get("attributes", {})
        if not isinstance(attributes, dict):
            raise SimulationError("/person/attributes", _("This must be an object with named parts."))
        made = Profile.objects.create(
            workspace=workspace, attributes=attributes, created_at=start, updated_at=start
        )
        past = [
            (_moment(event.get("timestamp"), f"/person/events/{i}/timestamp"), event)
            for i, event in enumerate(person.get("events") or [])
        ]
        for at, event in past:
            _store_event(workspace.pk, made.pk, str(event.get("event")), event.get("properties") or {}, at)
        return made
    if found is None:
        raise SimulationError("/person", _("There is no such person."))
    return found


def _consent(profile: Profile, consents: Any, at: datetime) -> None:
    if consents is None:
        return
    if consents == "all":
        wanted = [(medium.value, "*", "granted") for medium in Medium]
        Consent.objects.filter(profile=profile).delete()
    elif isinstance(consents, dict) and all(isinstance(topics, dict) for topics in consents.values()):
        wanted = [
            (medium, topic, state) for medium, topics in consents.items() for topic, state in topics.items()
        ]
    else:
        raise SimulationError(
            "/person/consents", _("Consents are “all”, or a state for each medium and topic.")
        )
    for medium, topic, state in wanted:
        if state in ("granted", "withdrawn"):
            Consent.objects.update_or_create(
                profile=profile,
                medium=medium,
                topic=topic,
                defaults={"state": state, "at": at, "how": "simulation"},
            )
        else:
            Consent.objects.filter(profile=profile, medium=medium, topic=topic).delete()


def _play(
    run: Run, start: datetime, until: datetime, happenings: list[tuple[datetime, Mapping[str, Any]]]
) -> None:
    """Goes from moment to moment: what is due first, then what happens at that moment."""
    queue = [pair for pair in happenings if pair[0] <= until]
    calendar = {key: _next_ring(run, way, start, first=True) for key, way in run.found.triggers.items()}
    started = {str(event["trigger"]) for _at, event in queue if "trigger" in event and "event" not in event}
    for key, way in run.found.triggers.items():
        if way.kind.by_api and key not in started and way.trigger.next:
            _enter(run, way, {}, start)
    stop = time.monotonic() + MOST_SECONDS
    for _move in range(MOST_MOVES):
        _render_new(run)
        due = _next_due(run)
        rings = [(at, key) for key, at in calendar.items() if at is not None]
        moment = min(
            [at for at in (due, queue[0][0] if queue else None, min(rings)[0] if rings else None) if at],
            default=None,
        )
        if moment is None or moment > until:
            return
        if time.monotonic() > stop:
            break
        if due is not None and due <= moment:
            advance.advance_journey(run.found.journey_id, moment, run.draws)
        elif queue and queue[0][0] <= moment:
            _happen(run, *queue.pop(0))
        else:
            at, key = min(rings)
            way = run.found.triggers[key]
            _ring(run, way, at)
            calendar[key] = _next_ring(run, way, at) if way.settings.rrule else None
    run.warnings.append(_("The simulation was cut off: too much happens in this time."))


def _next_due(run: Run) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select min(due_at) from journeys_enrolment where journey_id = %s", [run.found.journey_id]
        )
        row = cursor.fetchone()
        due: datetime | None = row[0] if row else None
        return due


def _next_ring(run: Run, way: PlanTrigger, after: datetime, *, first: bool = False) -> datetime | None:
    if way.kind.kind != "schedule" or not way.trigger.next:
        return None
    # `next_run` looks strictly after: the very start counts, too.
    from_ = after - timedelta(microseconds=1) if first else after
    at = next_run(run.found, way, from_, run.workspace.time_zone)
    return after if first and at == from_ else at


def _happen(run: Run, at: datetime, event: Mapping[str, Any]) -> None:
    profile_id = run.profile.pk
    if "set" in event:
        with connection.cursor() as cursor:
            cursor.execute(
                "update profiles_profile set attributes = jsonb_strip_nulls(attributes || %s::jsonb), "
                "updated_at = %s where id = %s",
                [msgspec.json.encode(event["set"]).decode(), at, profile_id],
            )
        _tell(run, [], at, changed=True)
    elif "message" in event:
        _react(run, str(event["message"]), str(event["happened"]), at)
    elif "event" in event:
        _record(run, str(event["event"]), dict(event.get("properties") or {}), at)
    else:
        way = run.found.triggers.get(str(event["trigger"]))
        if way is None:
            run.warnings.append(_("There is no trigger “%(key)s”.") % {"key": event["trigger"]})
        elif way.trigger.next:
            _enter(run, way, dict(event.get("data") or {}), at)


def _record(run: Run, name: str, properties: Json, at: datetime) -> None:
    id_ = _store_event(run.workspace.pk, run.profile.pk, name, properties, at)
    _tell(run, [RecordedEvent(run.profile.pk, name, at, properties, at, id=id_)], at)


def _tell(run: Run, events: list[RecordedEvent], at: datetime, *, changed: bool = False) -> None:
    on_events.handle(
        run.workspace.pk,
        events,
        [run.profile.pk] if changed else [],
        at,
        index=run.index,
        draws=run.draws,
        refusals=run.refusals,
    )


def _store_event(workspace_id: int, profile_id: int, name: str, properties: Json, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties) "
            "values (%s, %s, %s, %s, %s, %s::jsonb) returning id",
            [workspace_id, profile_id, name, at, at, msgspec.json.encode(properties).decode()],
        )
        return int(cursor.fetchone()[0])


def _react(run: Run, step: str, what: str, at: datetime) -> None:
    messages = Message.objects.filter(
        journey_id=run.found.journey_id, step=step, state__in=["sent", "delivered"], created_at__lte=at
    )
    message = messages.order_by("-created_at", "-id").first()
    if message is None:
        run.warnings.append(
            _("Nothing can happen to the message of “%(step)s”: it was not sent before.") % {"step": step}
        )
        return
    changes: Json = {column: at for name, column in REACTIONS.items() if name == what}
    if what == "clicked":
        changes.setdefault("opened_at", message.opened_at or at)
    if what == "delivered":
        changes["state"] = "delivered"
    if what in ("bounced", "failed"):
        changes |= {"state": "failed", "reason": what}
    Message.objects.filter(pk=message.pk).update(**changes)
    MessageEvent.objects.create(
        workspace_id=run.workspace.pk, message_id=message.pk, profile_id=run.profile.pk, kind=what, at=at
    )
    properties = {
        "message": str(message.public_id),
        "medium": message.medium,
        "topic": message.topic,
        "step": step,
    }
    _record(run, f"message_{what}", properties, at)


def _ring(run: Run, way: PlanTrigger, at: datetime) -> None:
    """A schedule's moment: is she in the audience?"""
    condition = way.kind.audience(way.settings)
    if condition is not None:
        zone = str(first_zone(run.found.document.time_zone, run.workspace.time_zone))
        rows = Rows(workspace_id=run.workspace.pk, profile_ids=[run.profile.pk], now=at, zone=zone)
        (verdict,) = evaluate([run.found.compiled(condition)], rows)
        if not verdict.results[0]:
            run.refusals.append(Refusal(way.trigger.key, at, verdict.why(0)))
            return
    iso_at = iso(at)
    _enter(run, way, {"scheduled_at": iso_at}, at)


def _enter(run: Run, way: PlanTrigger, entry: Json, at: datetime) -> None:
    inside, outside = admitted(run.found, way, [Candidate(run.profile.pk, entry, at)], at)
    run.refusals += outside
    if inside and not enter(run.found, way, inside, at, run.draws):
        run.refusals.append(Refusal(way.trigger.key, at, []))


def _render_new(run: Run) -> None:
    """A message that would go out is sent at that moment, and looks as the customer would see it then."""
    fresh = [
        message
        for message in Message.objects.filter(journey_id=run.found.journey_id, state="created").order_by("id")
        if message.pk not in run.sent
    ]
    if not fresh:
        return
    profile = Profile.objects.get(pk=run.profile.pk)
    people = {profile.pk: {**profile.attributes, "id": str(profile.public_id)}}
    for message, answer in zip(fresh, rendering.render(fresh, people), strict=True):
        if isinstance(answer, Exception):
            run.sent[message.pk] = {"error": str(answer)}
            Message.objects.filter(pk=message.pk).update(
                state="skipped", reason="render_error", error=str(answer)[:2000]
            )
        else:
            run.sent[message.pk] = {"content": dict(answer.data)}
            Message.objects.filter(pk=message.pk).update(state="sent", sent_at=message.created_at)


def _answer(run: Run) -> Json:
    journey_id = run.found.journey_id
    ended = {row.enrolment_id: row for row in Finished.objects.filter(journey_id=journey_id)}
    running = {row.pk: row for row in Enrolment.objects.filter(journey_id=journey_id)}
    for failure in Failure.objects.filter(journey_id=journey_id):
        run.warnings.append(f"{explain.title(run.found, failure.step)}: {failure.error}")
    every: dict[int, Any] = {**ended, **running}
    logs = explain.walks(sorted(every))
    messages = list(Message.objects.filter(journey_id=journey_id).order_by("seq", "id"))
    enrolments = []
    for id_ in sorted(every):
        row, over = every[id_], ended.get(id_)
        enrolments.append(
            {
                "trigger": row.trigger,
                "started_at": iso(row.entered_at),
                "ended_at": iso(over.ended_at) if over else None,
                "reason": over.reason if over else None,
                "outcome": (over.outcome or None) if over else None,
                "why": why_json(logs[id_].entered_why, run.workspace),
                "visits": [explain.visit_json(run.found, visit, run.workspace) for visit in logs[id_].visits],
                "messages": [_message(run, message) for message in messages if message.enrolment_id == id_],
            }
        )
    return {
        "enrolments": enrolments,
        "not_entered": [
            {
                "trigger": one.trigger,
                "at": iso(one.at),
                "why": why_json(one.why, run.workspace),
                "text": _not_entered(one),
            }
            for one in run.refusals
        ],
        "warnings": list(dict.fromkeys(run.warnings)),
    }


def _message(run: Run, message: Message) -> Json:
    shown = run.sent.get(message.pk, {})
    return {
        "step": message.step,
        "medium": message.medium,
        "at": iso(message.created_at),
        "state": message.state,
        "reason": message.reason or None,
        "text": explain.skip_reason(message.reason) if message.reason else None,
        "error": shown.get("error"),
        "content": shown.get("content"),
        "locale": message.locale,
        "address": message.address,
    }


def _not_entered(refusal: Refusal) -> str:
    if not refusal.why:
        return _("Already inside, or not allowed to enter again yet")
    return _("The trigger's condition did not hold")
