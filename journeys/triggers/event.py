from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.problems import Context, Problem
from journeys.document.settings import Condition, setting
from journeys.document.shape import Trigger
from journeys.forms.inputs import KnownNameField
from journeys.forms.node import NodeForm
from journeys.triggers.base import TriggerKind
from journeys.triggers.registry import triggers
from profiles.conditions.forms import ConditionField


@dataclass(frozen=True, slots=True)
class Settings:
    """The name of an event, and what must hold (usually `entry` leaves, which read the event's properties)."""

    event: str = setting(length=200)
    where: Condition | None = None


class EventForm(NodeForm):
    event = KnownNameField("event", label=_("When the customer does"))
    where = ConditionField(
        label=_("Only if"), required=False, leaves=["entry", "attribute", "event", "segment", "consent"]
    )


@triggers.register
class EventTrigger(TriggerKind[Settings]):
    kind, label, icon = "event", _("Event"), "zap"
    description = _("People enter when they do something")
    order = 10
    settings_class = Settings
    example = Settings(event="")
    form_class = EventForm

    def summary(self, settings: Settings, names: object) -> str:
        if not settings.event:
            return gettext("No event chosen yet")
        if settings.where:
            tested = getattr(names, "sentence", str)(settings.where)
            return gettext("%(event)s, where %(condition)s") % {"event": settings.event, "condition": tested}
        return settings.event

    def problems(self, trigger: Trigger, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(trigger, settings, context)
        if not settings.event.strip():
            yield Problem(
                "error", "no_event", gettext("Choose the event that lets people in."), trigger.key, "event"
            )

    def event(self, settings: Settings) -> str | None:
        return settings.event or None

    def where(self, settings: Settings) -> Condition | None:
        return settings.where or None
