from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from journeys.forms.node import NodeForm
from journeys.steps.base import Group, Outlet, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Leave, Outcome, Outcomes
from journeys.steps.registry import steps


@dataclass(frozen=True, slots=True)
class Settings:
    """What this end is called in reports, and a note why."""

    outcome: str = ""
    reason: str = ""


class EndForm(NodeForm):
    outcome = forms.CharField(
        label=_("Outcome"), required=False, max_length=80, help_text=_("What reports call this end.")
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)


@steps.register
class End(StepKind[Settings]):
    kind, label, icon, group, tone = "end", _("End"), "flag", Group.FLOW, "flow"
    description = _("The journey ends here for everyone who arrives")
    short = True
    order = 90
    settings_class = Settings
    example = Settings(outcome="done")
    form_class = EndForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        return settings.reason or settings.outcome

    def outlets(self, settings: Settings) -> list[Outlet]:
        return []

    def minute_long(self, settings: Settings) -> bool:
        return True  # nobody goes on from here

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        leave: Outcome = Leave("completed", settings.outcome)
        return [leave] * len(visits)
