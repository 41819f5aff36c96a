from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField, fresh_key
from journeys.steps.base import Context, Group, Outlet, Problem, StepKind, SummaryContext, Visits
from journeys.steps.chance import fractions
from journeys.steps.outcomes import Go, Outcome, Outcomes
from journeys.steps.registry import steps


@dataclass(frozen=True, slots=True)
class Share:
    key: str
    weight: float = setting(minimum=0, maximum=1_000_000)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    shares: tuple[Share, ...] = setting(minimum=1, length=50)


class SplitForm(NodeForm):
    shares = RowsField(
        {
            "key": forms.CharField(widget=forms.HiddenInput),
            "label": forms.CharField(label=_("Name"), required=False, max_length=60),
            "weight": forms.FloatField(
                label=_("Share"),
                min_value=0,
                max_value=1_000_000,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            ),
        },
        label=_("Ways"),
        add_label=_("Add a way"),
        least=1,
        fresh=lambda rows: {"key": fresh_key(rows), "weight": 50},
        help_text=_("Shares are relative: 50 and 50 halve, 90 and 10 try something on a tenth."),
    )


@steps.register
class Split(StepKind[Settings]):
    kind, label, icon, group, tone = "split", _("Split"), "split", Group.DECISIONS, "decide"
    description = _("Divides people by chance; the same person always goes the same way")
    order = 21
    settings_class = Settings
    example = Settings(shares=(Share("a", 50), Share("b", 50)))
    form_class = SplitForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        return " / ".join(
            f"{share.label or share.key.upper()} {_percent(settings, share)}" for share in settings.shares
        )

    def outlets(self, settings: Settings) -> list[Outlet]:
        return [
            Outlet(share.key, share.label or share.key.upper(), _percent(settings, share))
            for share in settings.shares
        ]

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if not sum(share.weight for share in settings.shares):
            yield Problem(
                "error",
                "no_weight",
                gettext("At least one way needs a share above nothing."),
                step.key,
                "shares",
            )

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        ways: list[Outcome] = [Go(share.key) for share in settings.shares]
        total = sum(share.weight for share in settings.shares)
        bounds = [reached / total for reached in accumulate(share.weight for share in settings.shares)]
        drawn = visits.world.draw(visits.step.key)
        if drawn is not None and any(share.key == drawn for share in settings.shares):
            return [Go(drawn)] * len(visits)
        known = visits.world.public_ids(visits.profile_ids)
        ways.append(ways[-1])  # a fraction may round up to the last bound
        names = map(known.__getitem__, visits.profile_ids)
        return [ways[bisect_right(bounds, part)] for part in fractions(names, visits.step.key)]


def _percent(settings: Settings, share: Share) -> str:
    total = sum(each.weight for each in settings.shares)
    return f"{share.weight * 100 / total:.3g}%" if total else "0%"
