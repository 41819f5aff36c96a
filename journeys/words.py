"""Lengths of time, moments and weekdays in the reader's words, for cards, reasons and problems."""

from collections.abc import Sequence
from datetime import date, datetime, time

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.durations import Duration
from lib.localtime import WEEKDAYS


def duration(value: Duration) -> str:
    """“1 hour”, “2 days 3 hours”; the sign is the caller's to word."""
    parts = [
        (value.years, ngettext("%(n)d year", "%(n)d years", value.years)),
        (value.months, ngettext("%(n)d month", "%(n)d months", value.months)),
        (value.weeks, ngettext("%(n)d week", "%(n)d weeks", value.weeks)),
        (value.days, ngettext("%(n)d day", "%(n)d days", value.days)),
        (value.hours, ngettext("%(n)d hour", "%(n)d hours", value.hours)),
        (value.minutes, ngettext("%(n)d minute", "%(n)d minutes", value.minutes)),
        (value.seconds, ngettext("%(n)d second", "%(n)d seconds", value.seconds)),
    ]
    return " ".join(text % {"n": n} for n, text in parts if n)


def clock(value: time) -> str:
    return f"{value:%H:%M}"


def day(value: date) -> str:
    return str(formats.date_format(value, "DATE_FORMAT"))


def moment(value: datetime) -> str:
    return str(formats.date_format(value, "DATETIME_FORMAT"))


def weekdays(values: Sequence[str]) -> str:
    """“Mon, Wed”, “weekdays”, “weekends”; nothing for every day."""
    chosen = [name for name in WEEKDAYS if name in values]
    if not chosen or len(chosen) == 7:
        return ""
    if chosen == list(WEEKDAYS[:5]):
        return _("weekdays")
    if chosen == list(WEEKDAYS[5:]):
        return _("weekends")
    return ", ".join(weekday(name) for name in chosen)


def weekday(name: str) -> str:
    return {
        "mon": _("Mon"),
        "tue": _("Tue"),
        "wed": _("Wed"),
        "thu": _("Thu"),
        "fri": _("Fri"),
        "sat": _("Sat"),
        "sun": _("Sun"),
    }[name]
