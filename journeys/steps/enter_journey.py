from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from content.personalise import RenderError
from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.node import NodeForm
from journeys.forms.pairs import PairsField, rows_of, values_of
from journeys.models import Journey
from journeys.steps.base import Context, Group, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Fail, Go, Json, Outcome, Outcomes
from journeys.steps.registry import steps
from journeys.steps.values import filled, is_fixed, template_faults


@dataclass(frozen=True, slots=True)
class Settings:
    """`journey`: the other one's public id. `data` is what the enrolment there has as its entry; templates allowed."""

    journey: str = setting(length=80)
    data: dict[str, Any] = setting({})


class EnterJourneyForm(NodeForm):
    journey = forms.ChoiceField(
        label=_("Journey"),
        required=False,
        help_text=_("It needs the trigger “Another journey”. Who may enter again is up to that journey."),
    )
    data_ = PairsField(label=_("Data to hand on"), add_label=_("Add a value"))

    def bind(self) -> None:
        journeys = Journey.objects.filter(workspace=self.workspace).exclude(state="archived").order_by("name")
        found = [(str(public_id), name) for public_id, name in journeys.values_list("public_id", "name")]
        now = self.before.get("journey")
        if now and now not in dict(found):  # what the document names stays choosable, also when it is gone
            found.append((now, gettext("%(name)s (gone)") % {"name": _name(self.workspace, now) or now}))
        field = self.fields["journey"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose a journey")), *found]

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        return super().initial_from(settings) | {"data_": rows_of(settings.get("data") or {})}

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = super().settings_from(cleaned | {"data_": values_of(cleaned.get("data_"))})
        return {"journey": "", **found}


@steps.register
class EnterJourney(StepKind[Settings]):
    kind, label, icon, group, tone = (
        "enter_journey",
        _("Enter journey"),
        "log-in",
        Group.FLOW,
        "flow",
    )
    description = _("Starts another journey for people, who also go on here")
    order = 81
    settings_class = Settings
    example = Settings(journey="")
    form_class = EnterJourneyForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        if not settings.journey:
            return gettext("No journey chosen yet")
        return _name(names.workspace, settings.journey) or gettext("A journey that is gone")

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if not settings.journey:
            yield Problem("error", "no_journey", gettext("Choose the journey to enter."), step.key, "journey")
        elif context.workspace_id is not None:
            yield from self._of_target(step, settings, context.workspace_id)
        for place, fault in template_faults(settings.data, "data"):
            yield Problem("error", "bad_template", fault, step.key, place)

    def _of_target(self, step: Step, settings: Settings, workspace_id: int) -> Iterable[Problem]:
        found = Journey.objects.filter(workspace_id=workspace_id, public_id=_id(settings.journey))
        there = found.exclude(state="archived").select_related("live").first()
        if there is None:
            text = gettext("The journey that people shall enter is gone.")
            yield Problem("error", "unknown_journey", text, step.key, "journey")
            return
        name = {"name": there.name}
        if there.live is None or there.state != "live":
            text = gettext("“%(name)s” is not live: until it is, nobody enters it from here.") % name
            yield Problem("warning", "journey_not_live", text, step.key, "journey")
        document = there.live.document if there.live else there.draft
        ways = (document.get("triggers") or {}).values() if isinstance(document, dict) else []
        if not any(isinstance(way, dict) and way.get("kind") == "journey" for way in ways):
            text = gettext("“%(name)s” lacks the trigger “Another journey”, so nobody can enter it.") % name
            yield Problem("error", "no_way_in", text, step.key, "journey")

    def told(self, settings: Settings, note: Json) -> str:
        name = {"name": note.get("name") or settings.journey}
        return {
            "entered": gettext("Entered “%(name)s”"),
            "refused": gettext("Did not enter “%(name)s”: already inside, or not allowed to enter again yet"),
            "closed": gettext("Did not enter “%(name)s”: it takes nobody in now"),
            "too_deep": gettext("Did not enter “%(name)s”: too many journeys set each other off"),
            "would": gettext("Would enter “%(name)s”, which this preview does not play"),
        }.get(str(note.get("entry")), "") % name

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        found: dict[int, Outcome] = {}
        entries: dict[int, Json] = {}
        fixed = is_fixed(settings.data)
        people = {} if fixed else visits.world.people(visits.profile_ids)
        for row, profile_id in enumerate(visits.profile_ids):
            if fixed:
                entries[row] = settings.data
                continue
            about = {"entry": visits.entries[row], "context": visits.contexts[row]}
            try:
                entries[row] = filled(settings.data, {"person": people[profile_id].attributes, **about})
            except RenderError as error:
                found[row] = Fail(str(error))
        answers = visits.world.enter_journey(visits, list(entries), settings.journey, list(entries.values()))
        name = _name(visits.world.workspace_id, settings.journey)
        alike: dict[str, Outcome] = {
            answer: Go("next", note={"entry": answer, "name": name}) for answer in set(answers)
        }
        found |= {row: alike[answer] for row, answer in zip(entries, answers, strict=True)}
        return [found[row] for row in range(len(visits))]


def _name(workspace: Any, journey: str) -> str:
    """Of a journey of this workspace; "" where there is none."""
    found = Journey.objects.filter(workspace=workspace, public_id=_id(journey))
    return found.values_list("name", flat=True).first() or ""


def _id(text: str) -> UUID:
    """The nil UUID, which no journey has, for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
