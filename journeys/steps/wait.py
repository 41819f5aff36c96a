from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.settings import setting
from journeys.forms.duration import DurationField
from journeys.forms.node import NodeForm
from journeys.steps.base import Group, StepKind, SummaryContext, Visits
from journeys.steps.chance import fraction
from journeys.steps.outcomes import Go, Outcome, Outcomes
from journeys.steps.outcomes import Wait as Hold
from journeys.steps.registry import steps
from lib.durations import Duration, of


@dataclass(frozen=True, slots=True)
class Settings:
    """`jitter` spreads people over up to that much longer."""

    for_: Duration
    jitter: Duration | None = setting(None)


class WaitForm(NodeForm):
    for_ = DurationField(label=_("How long"))
    jitter = DurationField(
        label=_("Spread over"),
        required=False,
        help_text=_("Each person waits up to that much longer, so that not all go on at once."),
    )


@steps.register
class Wait(StepKind[Settings]):
    kind, label, icon, group, tone = "wait", _("Wait"), "clock", Group.TIMING, "flow"
    description = _("Everyone stays here for the same length of time")
    short = True
    order = 40
    settings_class = Settings
    example = Settings(for_=of(hours=1))
    form_class = WaitForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        return words.duration(settings.for_)

    def minute_long(self, settings: Settings) -> bool:
        return settings.for_.length >= timedelta(minutes=1)

    def least_stay(self, settings: Settings, outlet: str) -> timedelta:
        return settings.for_.length

    def pauses(self, settings: Settings) -> bool:
        return True

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        on: Outcome = Go("next")
        if settings.jitter is None and settings.for_.is_exact:
            hold: Outcome = Hold(settings.for_.after(now))
            return [hold if wake is None else on for wake in visits.wakes]
        zones = visits.world.zones(visits)
        holds: dict[datetime, Outcome] = {}
        found: list[Outcome] = []
        for row, wake in enumerate(visits.wakes):
            if wake is not None:
                found.append(on)
                continue
            until = self._until(settings, visits, row, zones[row], now)
            found.append(holds.setdefault(until, Hold(until)))
        return found

    def due_again(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        zones, arrived = visits.world.zones(visits), visits.arrived_at
        return [Hold(self._until(settings, visits, row, zones[row], at)) for row, at in enumerate(arrived)]

    def same_for_all(self, settings: Settings) -> timedelta | None:
        return settings.for_.length if settings.jitter is None and settings.for_.is_exact else None

    def _until(
        self, settings: Settings, visits: Visits, row: int, zone: tzinfo, arrived: datetime
    ) -> datetime:
        until = settings.for_.after(arrived, zone)
        if settings.jitter:
            share = fraction(str(visits.enrolment_ids[row]), visits.step.key)
            until += timedelta(seconds=int(settings.jitter.length.total_seconds() * share))
        return until
