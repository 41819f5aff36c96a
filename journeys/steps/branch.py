from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.settings import Condition, setting
from journeys.document.shape import Step
from journeys.steps.base import Context, Group, Outlet, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Json, Outcome, Outcomes
from journeys.steps.registry import steps


@dataclass(frozen=True, slots=True)
class Way:
    key: str
    when: Condition
    label: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    branches: tuple[Way, ...] = setting(minimum=1, length=50)


@steps.register
class Branch(StepKind[Settings]):
    kind, label, icon, group, tone = "branch", _("Branch"), "git-branch", Group.DECISIONS, "decide"
    description = _("The first condition that holds decides the way")
    order = 20
    settings_class = Settings
    example = Settings(
        branches=(Way("a", Condition({"attribute": "plan", "op": "is", "value": "pro"})),),
    )

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

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(step, settings, context)
        for place, way in enumerate(settings.branches):
            if any(way.when == earlier.when for earlier in settings.branches[:place]):
                yield Problem(
                    "warning",
                    "shadowed",
                    gettext("Nobody takes this way: the one before has the same condition."),
                    step.key,
                    f"branches/{place}/when",
                )

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        verdicts = visits.world.evaluate([way.when for way in settings.branches], visits)
        found: list[Outcome] = []
        for row in range(len(visits)):
            why: list[Json] = []
            outlet = "else"
            for way, verdict in zip(settings.branches, verdicts, strict=True):
                why += verdict.why(row)
                if verdict.results[row]:
                    outlet = way.key
                    break
            found.append(Go(outlet, why))
        return found


def _numbered(settings: Settings, place: int) -> str:
    if len(settings.branches) == 1:
        return gettext("Yes")
    return gettext("Way %(number)d") % {"number": place + 1}
