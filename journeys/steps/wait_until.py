from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.settings import Fault, SettingsError, setting
from journeys.document.words import gettext_noop
from journeys.forms.duration import DurationField
from journeys.forms.inputs import KnownNameField, TimeOfDay, WeekdaysField
from journeys.forms.node import NodeForm
from journeys.steps.base import Group, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Leave, Outcome, Outcomes, Wait
from journeys.steps.registry import steps
from lib.durations import Duration
from lib.localtime import WEEKDAYS, at_local, instant, next_time


@dataclass(frozen=True, slots=True)
class Settings:
    """One of: `at` (a local time, on some weekdays), `date` (a local date, at `at` or midnight; or an instant), or
    `attribute` (of the profile, or entry.x, context.x) moved by `offset`. `past` says what if that moment is over:
    pass on at once, skip (the same, noted as late), or leave the journey."""

    at: time | None = None
    weekdays: tuple[str, ...] = setting((), values=WEEKDAYS, length=7)
    date: str | None = None
    attribute: str | None = None
    offset: Duration | None = setting(None, positive=False)
    past: Literal["pass", "skip", "leave"] = "pass"

    def __post_init__(self) -> None:
        if self.at is None and not self.date and not self.attribute:
            raise SettingsError(
                [Fault("/at", gettext_noop("Say until when: a time, a date or an attribute."), {})]
            )
        if self.date and read_moment(self.date, UTC, self.at) is None:
            raise SettingsError(
                [
                    Fault(
                        "/date",
                        gettext_noop("“%(value)s” is no date. Write it like 2026-01-31."),
                        {"value": self.date[:80]},
                    )
                ]
            )


def read_moment(value: object, zone: tzinfo, at: time | None = None) -> datetime | None:
    """A date (at `at`, else midnight, in `zone`), a local date-time, or an instant; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        if len(value.strip()) == 10:
            return at_local(date.fromisoformat(value.strip()), at or time(0), zone)
        found = datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else instant(found, zone)


class WaitUntilForm(NodeForm):
    """Three ways to say it; the fields of the other two are left out of the settings."""

    MODES = [("at", _("A time of day")), ("date", _("A date")), ("attribute", _("A date of the customer"))]
    FIELDS = {
        "at": ("at", "weekdays"),
        "date": ("date", "at"),
        "attribute": ("attribute", "offset", "at", "past"),
    }

    mode = forms.ChoiceField(label=_("Until"), choices=MODES, widget=forms.RadioSelect, required=False)
    at = TimeOfDay(label=_("Time, by the customer's own clock"), required=False)
    weekdays = WeekdaysField(label=_("On"), help_text=_("None chosen means every day."))
    date = forms.CharField(
        label=_("Date"),
        required=False,
        widget=forms.TextInput(attrs={"type": "date", "class": "input input-sm w-44"}),
    )
    attribute = KnownNameField(
        "attribute",
        label=_("Attribute"),
        required=False,
        help_text=_("entry.name reads what started the journey."),
    )
    offset = DurationField(label=_("Moved by"), required=False, sides=True)
    past = forms.ChoiceField(
        label=_("If that moment is over"),
        required=False,
        choices=[
            ("pass", _("Go on at once")),
            ("skip", _("Go on, noted as late")),
            ("leave", _("Leave the journey")),
        ],
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        mode = next((name for name in ("attribute", "date") if settings.get(name)), "at")
        return super().initial_from(settings) | {"mode": mode}

    def bind(self) -> None:
        mode = str(self["mode"].value() or "at")
        for name in {"at", "weekdays", "date", "attribute", "offset", "past"} - set(
            self.FIELDS.get(mode, ())
        ):
            del self.fields[name]

    def owned_keys(self) -> list[str]:
        return ["mode", "at", "weekdays", "date", "attribute", "offset", "past"]

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in super().settings_from(cleaned).items() if name != "mode"}


@steps.register
class WaitUntil(StepKind[Settings]):
    kind, label, icon, group, tone = "wait_until", _("Wait until"), "calendar-clock", Group.TIMING, "flow"
    description = _("Until a time of day, a date, or a date of the customer, by their own clock")
    short = True
    order = 41
    settings_class = Settings
    example = Settings(at=time(9, 0))
    form_class = WaitUntilForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        if settings.attribute:
            name = settings.attribute
            if settings.offset is None or not settings.offset.length:
                return gettext("Until %(attribute)s") % {"attribute": name}
            text = (
                gettext("%(length)s before %(attribute)s")
                if settings.offset.negative
                else gettext("%(length)s after %(attribute)s")
            )
            return text % {"length": words.duration(settings.offset), "attribute": name}
        if settings.date:
            moment = read_moment(settings.date, UTC, settings.at)
            shown = words.day(moment) if moment else settings.date
            return gettext("Until %(date)s") % {
                "date": f"{shown} {words.clock(settings.at)}" if settings.at else shown
            }
        assert settings.at is not None
        days = words.weekdays(settings.weekdays)
        if days:
            return gettext("Until %(time)s on %(days)s") % {"time": words.clock(settings.at), "days": days}
        return gettext("Until %(time)s") % {"time": words.clock(settings.at)}

    def minute_long(self, settings: Settings) -> bool:
        # A time of day may be now, but then not again for a day; a date may be over each time round.
        return False

    def may_end(self, settings: Settings) -> bool:
        return settings.past == "leave"

    def pauses(self, settings: Settings) -> bool:
        return True

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        on: Outcome = Go("next")
        late: Outcome = Leave("completed", "late") if settings.past == "leave" else on
        zones = visits.world.zones(visits)
        people = visits.world.people(visits.profile_ids) if settings.attribute else {}
        holds: dict[datetime, Outcome] = {}
        found: list[Outcome] = []
        for row, wake in enumerate(visits.wakes):
            if wake is not None:
                found.append(on)
                continue
            until = self._until(settings, visits, row, zones[row], people, now)
            if until is None or until < now:
                found.append(late)
            elif until == now:
                found.append(on)
            else:
                found.append(holds.setdefault(until, Wait(until)))
        return found

    def due_again(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        zones = visits.world.zones(visits)
        people = visits.world.people(visits.profile_ids) if settings.attribute else {}
        over: Outcome = Leave("completed", "late") if settings.past == "leave" else Go("next")
        found: list[Outcome] = []
        for row, arrived in enumerate(visits.arrived_at):
            until = self._until(settings, visits, row, zones[row], people, arrived)
            found.append(over if until is None or until < arrived else Wait(until))
        return found

    def _until(
        self,
        settings: Settings,
        visits: Visits,
        row: int,
        zone: tzinfo,
        people: dict[int, Any],
        now: datetime,
    ) -> datetime | None:
        if settings.attribute:
            value = _lookup(settings.attribute, people, visits, row)
            moment = read_moment(value, zone, settings.at)
            if moment is not None and settings.offset is not None:
                try:
                    moment = settings.offset.after(moment, zone)
                except OverflowError:  # before the year 1, or behind 9999: no moment that comes
                    return None
            return moment
        if settings.date:
            return read_moment(settings.date, zone, settings.at)
        assert settings.at is not None
        return next_time(settings.at, now, zone, settings.weekdays)


def _lookup(path: str, people: dict[int, Any], visits: Visits, row: int) -> object:
    head, _dot, rest = path.partition(".")
    value: object
    if head == "entry" and rest:
        value, path = visits.entries[row], rest
    elif head == "context" and rest:
        value, path = visits.contexts[row], rest
    else:
        person = people.get(visits.profile_ids[row])
        value = person.attributes if person else {}
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
