from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from content.personalise import RenderError
from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.inputs import KnownNameField
from journeys.forms.node import NodeForm
from journeys.forms.pairs import PairsField, rows_of, values_of
from journeys.steps.base import Context, Group, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Fail, Go, Json, Outcome, Outcomes
from journeys.steps.registry import steps
from journeys.steps.values import filled, is_fixed, template_faults


@dataclass(frozen=True, slots=True)
class Settings:
    """The properties' texts may be templates over person, entry and context."""

    event: str = setting(length=200)
    properties: dict[str, Any] = setting({})


class RecordEventForm(NodeForm):
    event = KnownNameField("event", label=_("Event"))
    properties = PairsField(label=_("Properties"), add_label=_("Add a property"))

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        return super().initial_from(settings) | {"properties": rows_of(settings.get("properties") or {})}

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        return super().settings_from(cleaned | {"properties": values_of(cleaned.get("properties"))})


@steps.register
class RecordEvent(StepKind[Settings]):
    kind, label, icon, group, tone = "record_event", _("Record event"), "activity", Group.DATA, "data"
    description = _("Records an event as if the customer did it: it wakes and starts journeys")
    order = 62
    settings_class = Settings
    example = Settings(event="")
    form_class = RecordEventForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        if not settings.event.strip():
            return gettext("No event chosen yet")
        if not settings.properties:
            return settings.event
        pairs = ", ".join(f"{name} = {value}" for name, value in settings.properties.items())
        return f"{settings.event}: {pairs}"

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if not settings.event.strip():
            yield Problem("error", "no_event", gettext("Choose the event to record."), step.key, "event")
        for place, fault in template_faults(settings.properties, "properties"):
            yield Problem("error", "bad_template", fault, step.key, place)

    def told(self, settings: Settings, note: Json) -> str:
        if note.get("refused"):
            return gettext("Not recorded: too many journeys set each other off")
        return gettext("Recorded “%(event)s”") % {"event": settings.event}

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        done: Outcome = Go("next", note={"recorded": True})
        refused: Outcome = Go("next", note={"refused": True})
        found: dict[int, Outcome] = {}
        made: dict[int, Json] = {}
        fixed = is_fixed(settings.properties)
        people = {} if fixed else visits.world.people(visits.profile_ids)
        for row, profile_id in enumerate(visits.profile_ids):
            if fixed:
                made[row] = settings.properties
                continue
            about = {"entry": visits.entries[row], "context": visits.contexts[row]}
            try:
                made[row] = filled(settings.properties, {"person": people[profile_id].attributes, **about})
            except RenderError as error:
                found[row] = Fail(str(error))
        answers = visits.world.record_events(visits, list(made), settings.event, list(made.values()))
        found |= {row: done if kept else refused for row, kept in zip(made, answers, strict=True)}
        return [found[row] for row in range(len(visits))]
