from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.problems import Context, Problem
from journeys.document.settings import setting
from journeys.document.shape import Trigger
from journeys.forms.duration import DurationField
from journeys.forms.inputs import KnownNameField, TimeOfDay
from journeys.forms.node import NodeForm
from journeys.triggers.base import Occasion, TriggerKind
from journeys.triggers.registry import triggers
from lib.durations import Duration
from profiles.conditions.comparing import moment as read_moment

LATE_YEARLY = timedelta(days=30)  # a birthday of last spring is no reason for a greeting now
NOTHING = Duration()


@dataclass(frozen=True, slots=True)
class Settings:
    """A date of each person, moved by `offset`, at the local time `at` (else that of the date: midnight for a day).

    `yearly`: its anniversaries; 29 February is the 28th in other years. `late`: what of a date that becomes known only
    when its moment is over: skip it, or enter then (of anniversaries the last, within 30 days).
    """

    attribute: str = setting(length=200)
    offset: Duration | None = setting(None, positive=False)
    at: time | None = None
    yearly: bool = False
    late: Literal["skip", "enter"] = "skip"


class DateForm(NodeForm):
    attribute = KnownNameField("attribute", label=_("Date of the customer"))
    yearly = forms.BooleanField(label=_("Every year, on its anniversary"), required=False)
    offset = DurationField(label=_("Moved by"), required=False, sides=True)
    at = TimeOfDay(
        label=_("Time, by the customer's own clock"),
        required=False,
        help_text=_("Empty: the time of the date itself; midnight for a day without one."),
    )
    late = forms.ChoiceField(
        label=_("If the date becomes known too late"),
        widget=forms.RadioSelect,
        choices=[("skip", _("Leave it out")), ("enter", _("Enter then"))],
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {"late": "skip"} | super().initial_from(settings)

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = super().settings_from(cleaned)
        return {name: value for name, value in found.items() if value is not False}


@triggers.register
class DateTrigger(TriggerKind[Settings]):
    kind, label, icon = "date", _("Date"), "cake"
    description = _("Each person enters on a date of their own: a birthday, a renewal, a trip")
    order = 25
    settings_class = Settings
    example = Settings(attribute="", at=time(9, 0))
    form_class = DateForm

    def summary(self, settings: Settings, names: object) -> str:
        name = settings.attribute
        if not name:
            return gettext("No date chosen yet")
        if settings.offset is not None and settings.offset.length:
            template = (
                gettext("%(length)s before %(attribute)s")
                if settings.offset.negative
                else gettext("%(length)s after %(attribute)s")
            )
            name = template % {"length": words.duration(settings.offset), "attribute": name}
        if settings.yearly:
            name = gettext("Every year: %(when)s") % {"when": name}
        if settings.at is not None:
            return gettext("%(when)s, at %(time)s") % {"when": name, "time": words.clock(settings.at)}
        return name

    def problems(self, trigger: Trigger, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(trigger, settings, context)
        if not settings.attribute.strip():
            text = gettext("Choose the date on which people enter.")
            yield Problem("error", "no_attribute", text, trigger.key, "attribute")

    def entry_names(self, settings: Settings) -> Collection[str] | None:
        return ("attribute", "date", "scheduled_at")

    def date_of(self, settings: Settings) -> str | None:
        return settings.attribute or None

    def next_occasion(
        self, settings: Settings, value: object, zone: tzinfo, after: datetime
    ) -> Occasion | None:
        date = _read(value)
        if date is None:
            return None
        if not settings.yearly:
            found = _once(settings, date, zone)
            return found if found is not None and found.at >= after else None
        offset = settings.offset or NOTHING
        year = after.year + round(offset.length.days / 365) * (1 if offset.negative else -1)
        first = _wall(date, zone)
        today = after.astimezone(zone).date()
        for found in _years(settings, date, zone, year - 2, year + 4):
            # The date itself is no anniversary, but where it is still to come people mean it, too.
            itself = found.day[:4] == f"{first.year:04}"
            if found.at >= after and not (itself and first.date() <= today):
                return found
        # It lies years ahead, or nowhere in the calendar.
        return (
            next(iter(_years(settings, date, zone, first.year, first.year)), None)
            if year < first.year
            else None
        )

    def last_occasion(
        self, settings: Settings, value: object, zone: tzinfo, now: datetime
    ) -> Occasion | None:
        date = _read(value)
        if settings.late != "enter" or date is None:
            return None
        if not settings.yearly:
            found = _once(settings, date, zone)
            return found if found is not None and found.at < now else None
        first, year = _wall(date, zone).year, now.year
        offset = settings.offset or NOTHING
        year += round(offset.length.days / 365) * (1 if offset.negative else -1)
        past = [
            found
            for found in _years(settings, date, zone, year - 2, year + 2)
            if now - LATE_YEARLY <= found.at < now and found.day[:4] > f"{first:04}"
        ]
        return past[-1] if past else None


def _read(value: object) -> datetime | None:
    """A moment, or a wall clock (without a zone) where that is all it says; as conditions read dates."""
    return read_moment(value.strip()) if isinstance(value, str) else None


def _wall(date: datetime, zone: tzinfo) -> datetime:
    return date.astimezone(zone).replace(tzinfo=None) if date.tzinfo else date


def _once(settings: Settings, date: datetime, zone: tzinfo) -> Occasion | None:
    try:
        wall = _wall(date, zone)
        at = _at(settings, wall, zone)
        if date.tzinfo and settings.at is None and (settings.offset is None or settings.offset.is_exact):
            at = (settings.offset or NOTHING).after(
                date
            )  # a moment of its own, on whichever side of a doubled hour
    except (OverflowError, ValueError):  # beyond the calendar
        return None
    return Occasion(_day(settings, wall), at.astimezone(UTC))


def _years(settings: Settings, date: datetime, zone: tzinfo, begin: int, end: int) -> Iterator[Occasion]:
    """Its anniversaries, and in its own year the date itself."""
    try:
        wall = _wall(date, zone)
    except (OverflowError, ValueError):
        return
    for year in range(max(begin, wall.year), end + 1):
        leap_day = (wall.month, wall.day) == (2, 29) and not _leap(year)
        try:
            here = wall.replace(year=year, day=28 if leap_day else wall.day)
            yield Occasion(_day(settings, here), _at(settings, here, zone).astimezone(UTC))
        except (OverflowError, ValueError):
            continue


def _at(settings: Settings, wall: datetime, zone: tzinfo) -> datetime:
    if settings.at is not None:
        wall = datetime.combine(wall.date(), settings.at)
    return (settings.offset or NOTHING).after_wall(wall, zone)


def _day(settings: Settings, wall: datetime) -> str:
    clocked = settings.at is None and wall.time() != time(0)
    return wall.isoformat()[: 16 if clocked else 10]


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
