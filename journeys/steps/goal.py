from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from content.personalise import RenderError
from journeys.document.settings import Fault, SettingsError, Value, setting
from journeys.document.shape import Step
from journeys.document.words import gettext_noop
from journeys.forms.inputs import typed
from journeys.forms.node import NodeForm
from journeys.steps.base import Context, Group, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Json, Outcome, Outcomes
from journeys.steps.registry import steps
from journeys.steps.values import is_fixed, template_faults, value_of

MOST = Decimal(10) ** 14  # what the column holds, and more than anybody sells


@dataclass(frozen=True, slots=True)
class Settings:
    """`value`: what it is worth, a number or a template that gives one. A name counts once an enrolment, the first
    time; she goes on."""

    name: str = setting(length=80)
    value: Value | None = setting(None)

    def __post_init__(self) -> None:
        if isinstance(self.value, bool | dict | list):
            raise SettingsError(
                [Fault("/value", gettext_noop("Write a number, or a token that gives one."), {})]
            )


class GoalForm(NodeForm):
    name = forms.CharField(
        label=_("Name of the goal"),
        max_length=80,
        help_text=_("What reports call it, such as “First order”."),
    )
    value = forms.CharField(
        label=_("Worth"),
        required=False,
        max_length=200,
        help_text=_("A number, or a token such as {{ entry.total }}. Reports add it up."),
    )

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = super().settings_from(cleaned)
        if "value" in found:
            found["value"] = typed(found["value"])
        return found


@steps.register
class Goal(StepKind[Settings]):
    kind, label, icon, group, tone = "goal", _("Goal"), "target", Group.FLOW, "flow"
    description = _("Marks that people have reached a goal, and what it is worth")
    order = 80
    settings_class = Settings
    example = Settings(name="")
    form_class = GoalForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        if not settings.name.strip():
            return gettext("No name yet")
        if settings.value is None:
            return settings.name
        return gettext("%(goal)s, worth %(value)s") % {"goal": settings.name, "value": _shown(settings.value)}

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if not settings.name.strip():
            yield Problem("error", "no_name", gettext("Give the goal a name."), step.key, "name")
        for place, fault in template_faults(settings.value, "value"):
            yield Problem("error", "bad_template", fault, step.key, place)
        if is_fixed(settings.value) and settings.value is not None and worth(settings.value) is None:
            yield Problem("error", "no_number", gettext("This is no number."), step.key, "value")

    def told(self, settings: Settings, note: Json) -> str:
        if note.get("value") is not None:
            return gettext("%(goal)s, worth %(value)s") % {
                "goal": note["goal"],
                "value": _shown(note["value"]),
            }
        if note.get("odd"):
            return gettext("%(goal)s, but its worth is no number") % {"goal": note["goal"]}
        return gettext("Reached the goal “%(goal)s”") % {"goal": note["goal"]}

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        found: list[Outcome] = []
        values: list[Decimal | None] = []
        alike: dict[Decimal | None, Outcome] = {}
        fixed = worth(settings.value) if is_fixed(settings.value) else None
        people = {} if is_fixed(settings.value) else visits.world.people(visits.profile_ids)
        for row, profile_id in enumerate(visits.profile_ids):
            value = fixed
            if people:
                about = {"entry": visits.entries[row], "context": visits.contexts[row]}
                value = _filled(settings.value, {"person": people[profile_id].attributes, **about})
            values.append(value)
            note: Json = {"goal": settings.name}
            if value is not None:
                note["value"] = int(value) if value == int(value) else float(value)
            elif settings.value is not None:
                note["odd"] = True
            found.append(alike.setdefault(value, Go("next", note=note)))
        visits.world.reach_goal(visits, settings.name, values)
        return found


def _shown(value: object) -> str:
    return formats.number_format(value, force_grouping=True) if isinstance(value, int | float) else str(value)


def _filled(value: object, variables: Json) -> Decimal | None:
    """A value that can't be made holds up nobody: the goal is reached all the same."""
    try:
        return worth(value_of(value, variables))
    except RenderError:
        return None


def worth(value: object) -> Decimal | None:
    """The number, to four places after the point; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip().replace(",", ""))
        return number.quantize(Decimal("0.0001")) if number.is_finite() and abs(number) < MOST else None
    except InvalidOperation:
        return None
