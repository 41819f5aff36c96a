"""What a simulation answers: the enrolments with visits and messages, who did not enter, and the warnings."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from channels.media import mask
from channels.models import Message
from journeys.engine import explain
from journeys.engine.enrol import Refusal
from journeys.engine.explain import Walk, iso, why_json
from journeys.engine.simulate import warnings
from journeys.models import Enrolment, Finished
from journeys.steps.outcomes import Json
from profiles.masking import facts

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run


def of(run: "Run") -> Json:
    journey_id = run.found.journey_id
    ended = {row.enrolment_id: row for row in Finished.objects.filter(journey_id=journey_id)}
    running = {row.pk: row for row in Enrolment.objects.filter(journey_id=journey_id)}
    every: dict[int, Any] = {**ended, **running}
    logs = explain.walks(sorted(every))
    if run.show is not None:
        for log in logs.values():
            log.hide(run.show)
    messages = list(Message.objects.filter(journey_id=journey_id).order_by("seq", "id"))
    return {
        "enrolments": [
            _enrolment(run, every[id_], logs[id_], [one for one in messages if one.enrolment_id == id_])
            for id_ in sorted(every)
        ],
        "not_entered": [
            {
                "trigger": one.trigger,
                "at": iso(one.at),
                "why": why_json(facts(one.why, run.show), run.workspace),
                "text": _not_entered(one),
            }
            for one in run.refusals
        ],
        "warnings": list(
            dict.fromkeys([*warnings.of_request(run), *run.warnings, *warnings.of_end(run, ended, logs)])
        ),
    }


def _enrolment(run: "Run", row: Any, walk: Walk, messages: list[Message]) -> Json:
    over = row if isinstance(row, Finished) else None
    return {
        "trigger": row.trigger,
        "started_at": iso(row.entered_at),
        "ended_at": iso(over.ended_at) if over else None,
        "reason": over.reason if over else None,
        "outcome": (over.outcome or None) if over else None,
        "why": why_json(walk.entered_why, run.workspace),
        "visits": [explain.visit_json(run.found, visit, run.workspace) for visit in walk.visits],
        "messages": [_message(run, message) for message in messages],
        "calls": [call for id_, call in run.called if id_ == _id(row)],
    }


def _id(row: Any) -> int:
    return int(row.enrolment_id if isinstance(row, Finished) else row.pk)


def _message(run: "Run", message: Message) -> Json:
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
        "address": _address(run, message),
    }


def _address(run: "Run", message: Message) -> str:
    name = {"email": "email", "sms": "phone"}.get(message.medium, "")
    if run.show is None or run.show(name or "address", message.address) == message.address:
        return message.address
    return mask(message.medium, message.address)


def _not_entered(refusal: Refusal) -> str:
    if not refusal.why:
        return _("Already inside, or not allowed to enter again yet")
    return _("The trigger's condition did not hold")
