from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.settings import setting
from journeys.forms.duration import DurationField
from journeys.forms.node import NodeForm
from journeys.steps.base import Group, Outlet, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Json, Outcome, Outcomes, Wait
from journeys.steps.registry import steps
from lib.durations import Duration, of


@dataclass(frozen=True, slots=True)
class Settings:
    """At most `count` go on by `next` in any span of `per`: the period rolls, it does not begin anew at midnight or on
    Monday. A place is free again when exactly `per` has passed since it was taken (days and weeks by the wall clock of
    the journey's zone). `scope`: all people of the journey together, or each person for herself.

    `over`: who finds no place waits in the order of arrival until one is free (`hold`), or goes on by `over` (`path`).
    """

    per: Duration
    count: int = setting(minimum=1, maximum=10_000_000)
    scope: Literal["journey", "person"] = "journey"
    over: Literal["hold", "path"] = "hold"


class LimitForm(NodeForm):
    count = forms.IntegerField(label=_("At most"), min_value=1, max_value=10_000_000)
    per = DurationField(
        label=_("Period"),
        help_text=_("Counts back from each moment, so never more than this in any such time."),
    )
    scope = forms.ChoiceField(
        label=_("Counted for"),
        required=False,
        choices=[("journey", _("All people together")), ("person", _("Each person"))],
    )
    over = forms.ChoiceField(
        label=_("Who is over the limit"),
        required=False,
        choices=[("hold", _("Waits until there is room")), ("path", _("Goes another way"))],
    )


@steps.register
class Limit(StepKind[Settings]):
    kind, label, icon, group, tone = "limit", _("Limit"), "hand", Group.DECISIONS, "decide"
    description = _("Lets only so many people through in a time; the others wait or go another way")
    order = 22
    settings_class = Settings
    example = Settings(count=100, per=of(days=1))
    form_class = LimitForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        parts: dict[str, Any] = {"count": settings.count, "length": words.duration(settings.per)}
        if settings.scope == "person":
            return (
                ngettext("Once in %(length)s each", "%(count)s times in %(length)s each", settings.count)
                % parts
            )
        return ngettext("1 person in %(length)s", "%(count)s people in %(length)s", settings.count) % parts

    def outlets(self, settings: Settings) -> list[Outlet]:
        if settings.over == "path":
            return [Outlet("next", gettext("Within the limit")), Outlet("over", gettext("Over the limit"))]
        return [Outlet("next", gettext("Next"))]

    def pauses(self, settings: Settings) -> bool:
        return settings.over == "hold"

    def told(self, settings: Settings, note: Json) -> str:
        return {
            "over": gettext("There was no room"),
            "free": gettext("There was room"),
            "waited": gettext("Waited until there was room"),
        }.get(str(note.get("limit")), "")

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        line_up = settings.over == "hold"
        free = visits.world.take_places(
            visits, settings.count, settings.per, own=settings.scope == "person", line_up=line_up
        )
        if not line_up:
            on: Outcome = Go("next", note={"limit": "free"})
            over: Outcome = Go("over", note={"limit": "over"})
            return [on if moment is None else over for moment in free]
        at_once: Outcome = Go("next")
        in_turn: Outcome = Go("next", note={"limit": "waited"})
        waits: dict[datetime, Outcome] = {}
        return [
            waits.setdefault(moment, Wait(moment)) if moment else at_once if wake is None else in_turn
            for moment, wake in zip(free, visits.wakes, strict=True)
        ]

    def due_again(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        """There may be more room under other settings: they ask again, and keep their places in line."""
        again: Outcome = Wait(now)
        return [again] * len(visits)
