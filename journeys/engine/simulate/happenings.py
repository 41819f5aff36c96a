"""What happens to the person while she walks: events, changes, consents, reactions to messages, starts by hand."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from channels.models import Message, MessageEvent
from journeys.engine import on_events
from journeys.engine.simulate import person, playing
from journeys.engine.simulate.given import Happening
from journeys.steps.outcomes import Json
from profiles.signals import RecordedEvent

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run

FIRST = {"opened": "opened_at", "clicked": "clicked_at", "delivered": "delivered_at"}


def happen(run: "Run", at: datetime, happening: Happening) -> None:
    if "set" in happening:
        person.change(run.profile.pk, happening["set"], at)
        _tell(run, [], at, changed=True)
    elif "consents" in happening:
        person.allow(run.profile, happening["consents"], at, "/events")
        _tell(run, [], at, changed=True)
    elif "webhook" in happening:
        run.answers[str(happening["webhook"])] = happening
    elif "message" in happening:
        _react(run, str(happening["message"]), str(happening["happened"]), at, happening.get("of"))
    elif "event" in happening:
        _record(run, str(happening["event"]), dict(happening.get("properties") or {}), at)
    else:
        _start(run, str(happening["trigger"]), dict(happening.get("data") or {}), at)


def tell_changed(run: "Run", at: datetime) -> None:
    """Her attributes are other than before, by the clock alone."""
    _tell(run, [], at, changed=True)


def _start(run: "Run", trigger: str, data: Json, at: datetime) -> None:
    way = run.found.triggers.get(trigger)
    if way is None:
        run.warnings.append(_("There is no trigger “%(key)s”.") % {"key": trigger})
    elif way.trigger.next:
        playing.start_by(run, way, data, at)


def _record(run: "Run", name: str, properties: Json, at: datetime) -> None:
    id_ = person.store_event(run.workspace.pk, run.profile.pk, name, properties, at)
    _tell(run, [RecordedEvent(run.profile.pk, name, at, properties, at, id=id_)], at)


def _tell(run: "Run", events: list[RecordedEvent], at: datetime, *, changed: bool = False) -> None:
    on_events.handle(
        run.workspace.pk,
        events,
        [run.profile.pk] if changed else [],
        at,
        index=run.index,
        draws=run.draws,
        refusals=run.refusals,
    )


def _react(run: "Run", step: str, what: str, at: datetime, of: int | None) -> None:
    """To the last message of the step, or to the very one (`of`) that a reaction was waiting for."""
    if step not in run.found.document.steps:
        run.warnings.append(_("There is no step “%(key)s” to react to.") % {"key": step})
        return
    messages = Message.objects.filter(
        journey_id=run.found.journey_id, step=step, state__in=["sent", "delivered"], created_at__lte=at
    )
    if of is not None:
        messages = messages.filter(pk=of)
    message = messages.order_by("-created_at", "-id").first()
    if message is None:
        if of is None:
            run.warnings.append(
                _("Nothing can happen to the message of “%(step)s”: it was not sent before.") % {"step": step}
            )
        return
    changes: Json = {FIRST[what]: getattr(message, FIRST[what]) or at} if what in FIRST else {}
    if what == "clicked":
        changes["opened_at"] = message.opened_at or at
    if what == "delivered":
        changes["state"] = "delivered"
    if what in ("bounced", "failed"):
        changes |= {"state": "failed", "reason": what}
    if changes:
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
