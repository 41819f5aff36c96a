from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.settings import Condition, setting
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField, fresh_key
from journeys.steps.base import Group, Outlet, Rival, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Json, Outcome, Outcomes
from journeys.steps.registry import steps
from journeys.steps.visits import Verdict
from profiles.conditions.forms import ConditionField


@dataclass(frozen=True, slots=True)
class Way:
    key: str
    when: Condition
    label: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    branches: tuple[Way, ...] = setting(minimum=1, length=50)


class BranchForm(NodeForm):
    branches = RowsField(
        {
            "key": forms.CharField(widget=forms.HiddenInput),
            "label": forms.CharField(label=_("Name of the way"), required=False, max_length=60),
            "when": ConditionField(label=_("For people who"), required=False),
        },
        label=_("Ways, the first that fits is taken"),
        add_label=_("Add a way"),
        ordered=True,
        least=1,
        fresh=lambda rows: {"key": fresh_key(rows), "when": {}},
    )

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        rows = cleaned.get("branches") or []
        return {
            "branches": [
                {name: value for name, value in row.items() if value or name == "when"} for row in rows
            ]
        }


@steps.register
class Branch(StepKind[Settings]):
    kind, label, icon, group, tone = "branch", _("Branch"), "git-branch", Group.DECISIONS, "decide"
    description = _("The first condition that holds decides the way")
    order = 20
    settings_class = Settings
    example = Settings(
        branches=(Way("a", Condition({"attribute": "plan", "op": "is", "value": "pro"})),),
    )
    form_class = BranchForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        if len(settings.branches) == 1:
            return names.sentence(settings.branches[0].when)
        return gettext("%(first)s, and %(more)d more") % {
            "first": settings.branches[0].label or names.sentence(settings.branches[0].when),
            "more": len(settings.branches) - 1,
        }

    def outlets(self, settings: Settings) -> list[Outlet]:
        ways = [
            Outlet(way.key, way.label or _numbered(settings, place))
            for place, way in enumerate(settings.branches)
        ]
        return [*ways, Outlet("else", gettext("Otherwise"))]

    def rivals(self, settings: Settings) -> list[list[Rival]]:
        return [[Rival(f"branches/{place}", "when", way.when) for place, way in enumerate(settings.branches)]]

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        verdicts = visits.world.evaluate([way.when for way in settings.branches], visits)
        # Thousands of people share a handful of answers: one outcome for all of the same values.
        columns = [column for v in verdicts for column in (v.results, *v.values, *v.leaf_results)]
        known: dict[bytes, Outcome] = {}
        found: list[Outcome] = []
        for row, answers in enumerate(zip(*columns, strict=True)):
            mark = _ENCODER.encode(answers)
            outcome = known.get(mark)
            if outcome is None:
                outcome = known[mark] = _decide(settings, verdicts, row)
            found.append(outcome)
        return found


_ENCODER = msgspec.json.Encoder()


def _decide(settings: Settings, verdicts: list[Verdict], row: int) -> Go:
    """The first way whose condition holds, with the values of every leaf looked at until then."""
    why: list[Json] = []
    for way, verdict in zip(settings.branches, verdicts, strict=True):
        why += verdict.why(row)
        if verdict.results[row]:
            return Go(way.key, why)
    return Go("else", why)


def _numbered(settings: Settings, place: int) -> str:
    if len(settings.branches) == 1:
        return gettext("Yes")
    return gettext("Way %(number)d") % {"number": place + 1}
