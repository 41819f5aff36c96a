from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from dateutil.rrule import rrulestr
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.problems import Context, Problem
from journeys.document.settings import Condition, Fault, SettingsError, Zone, setting
from journeys.document.shape import Trigger
from journeys.document.words import gettext_noop
from journeys.triggers.base import TriggerKind
from journeys.triggers.registry import triggers
from lib.localtime import first_zone, instant


@dataclass(frozen=True, slots=True)
class Settings:
    """`at`: once, a local time ("2026-01-31T09:00") or an instant; with `rrule` (RFC 5545) the first of many, by the
    clock of `zone` (else the journey's). Neither: once, as soon as the journey is published."""

    audience: Condition | None = None
    at: str | None = setting(None, length=40)
    rrule: str | None = setting(None, length=500)
    zone: Zone | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.at and _local(self.at, UTC) is None:
            faults.append(
                Fault(
                    "/at",
                    gettext_noop("“%(value)s” is no moment. Write it like 2026-01-31T09:00."),
                    {"value": self.at},
                )
            )
        elif self.rrule and not _readable(self.rrule, self.at):
            faults.append(
                Fault(
                    "/rrule",
                    gettext_noop(
                        "“%(value)s” is no rule. Write it like FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0."
                    ),
                    {"value": self.rrule},
                )
            )
        if faults:
            raise SettingsError(faults)


@triggers.register
class ScheduleTrigger(TriggerKind[Settings]):
    kind, label, icon = "schedule", _("Schedule"), "calendar"
    description = _("A whole audience enters at once, or on a calendar")
    order = 20
    settings_class = Settings
    example = Settings()

    def summary(self, settings: Settings, names: object) -> str:
        when = gettext("On publishing")
        if settings.rrule:
            when = _rule_words(settings)
        elif settings.at and (moment := _local(settings.at, UTC)):
            when = words.moment(moment.replace(tzinfo=None))
        if settings.audience:
            who = getattr(names, "sentence", str)(settings.audience)
            return gettext("%(when)s: %(who)s") % {"when": when, "who": who}
        return gettext("%(when)s: everyone") % {"when": when}

    def problems(self, trigger: Trigger, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(trigger, settings, context)
        if not settings.audience:
            yield Problem(
                "warning",
                "everyone",
                gettext("No audience is chosen: everyone enters."),
                trigger.key,
                "audience",
            )

    def next_run(self, settings: Settings, after: datetime, zone: tzinfo) -> datetime | None:
        """Exclusive of `after`. Without `at` and rule: `after` itself (the caller asks only at publishing)."""
        where = first_zone(settings.zone) if settings.zone else zone
        if settings.rrule is None:
            if not settings.at:
                return after
            once = _local(settings.at, where)
            return once if once is not None and once > after else None
        first = _wall(settings.at, where) if settings.at else after.astimezone(where).replace(tzinfo=None)
        wall = after.astimezone(where).replace(tzinfo=None)
        rule = rrulestr(_clean(settings.rrule), dtstart=first.replace(second=0, microsecond=0))
        for _turn in range(10):
            # A wall time in a gap may land on or before `after`: look on.
            found = rule.after(wall)
            if found is None:
                return None
            moment = instant(found, where)
            if moment > after:
                return moment
            wall = found
        return None

    def audience(self, settings: Settings) -> Condition | None:
        return settings.audience or None


def _local(value: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else instant(found, zone)


def _wall(value: str, zone: tzinfo) -> datetime:
    found = datetime.fromisoformat(value.strip())
    return found.astimezone(zone).replace(tzinfo=None) if found.tzinfo else found


def _clean(rule: str) -> str:
    return rule.strip().removeprefix("RRULE:")


def _readable(rule: str, at: str | None) -> bool:
    text = _clean(rule).upper()
    if (
        "FREQ=" not in text
        or any(freq in text for freq in ("FREQ=SECONDLY", "FREQ=MINUTELY"))
        or "\n" in text
    ):
        return False
    try:
        rrulestr(_clean(rule), dtstart=datetime(2026, 1, 1)).after(datetime(2026, 1, 1))  # noqa: DTZ001 - a wall clock
    except (ValueError, TypeError, AttributeError, KeyError, IndexError):
        return False
    return True


def _rule_words(settings: Settings) -> str:
    parts = dict(
        part.split("=", 1) for part in _clean(settings.rrule or "").upper().split(";") if "=" in part
    )
    hour, minute = parts.get("BYHOUR", ""), parts.get("BYMINUTE", "0")
    clock = f"{int(hour):02}:{int(minute):02}" if hour.isdigit() and minute.isdigit() else ""
    days = [
        {"MO": "mon", "TU": "tue", "WE": "wed", "TH": "thu", "FR": "fri", "SA": "sat", "SU": "sun"}.get(
            day[-2:], ""
        )
        for day in parts.get("BYDAY", "").split(",")
        if day
    ]
    every = {
        "HOURLY": gettext("Every hour"),
        "DAILY": gettext("Every day"),
        "WEEKLY": gettext("Every week"),
        "MONTHLY": gettext("Every month"),
        "YEARLY": gettext("Every year"),
    }.get(parts.get("FREQ", ""), settings.rrule or "")
    return " ".join(part for part in (every, words.weekdays(days), clock) if part)
