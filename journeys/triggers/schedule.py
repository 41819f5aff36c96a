from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.problems import Context, Problem
from journeys.document.settings import Condition, Fault, SettingsError, Zone, setting
from journeys.document.shape import Trigger
from journeys.document.words import gettext_noop
from journeys.forms.inputs import TimeOfDay, WeekdaysField
from journeys.forms.node import NodeForm
from journeys.triggers.base import Rate, TriggerKind
from journeys.triggers.registry import triggers
from lib import calendar_rule
from lib.localtime import first_zone, instant
from profiles.conditions.forms import ConditionField


@dataclass(frozen=True, slots=True)
class Settings:
    """`at`: once, a local time ("2026-01-31T09:00") or an instant; with `rrule` (RFC 5545) the first of many, by the
    clock of `zone` (else the journey's). Neither: once, as soon as the journey is published. `rate` spreads the people
    of one occurrence: {"count": 1000, "per": "PT1H"}."""

    audience: Condition | None = None
    at: str | None = setting(None, length=40)
    rrule: str | None = setting(None, length=500)
    zone: Zone | None = None
    rate: Rate | None = None

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
        elif self.rrule and not calendar_rule.is_readable(self.rrule):
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


ALMOST = timedelta(seconds=59, microseconds=999_999)  # of a minute
PER = [
    ("PT1M", pgettext_lazy("in each", "minute")),
    ("PT1H", pgettext_lazy("in each", "hour")),
    ("P1D", pgettext_lazy("in each", "day")),
]
NINE = "09:00"
DAYS = {"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU"}


class ScheduleForm(NodeForm):
    """Once at publishing, once at a moment, or again and again. A rule that the fields can't say is shown as it is."""

    audience = ConditionField(
        label=_("Who"), required=False, leaves=["attribute", "event", "segment", "consent", "reachable"]
    )
    when = forms.ChoiceField(
        label=_("When"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("publish", _("As soon as it is published")),
            ("once", _("Once, at")),
            ("again", _("Again and again")),
        ],
    )
    at = forms.CharField(
        label=_("Day and time"),
        required=False,
        widget=forms.TextInput(attrs={"type": "datetime-local", "class": "input input-sm w-56"}),
        help_text=_("By the clock of the journey's time zone."),
    )
    every = forms.ChoiceField(
        label=_("Every"),
        required=False,
        choices=[
            ("DAILY", pgettext_lazy("every", "day")),
            ("WEEKLY", pgettext_lazy("every", "week")),
            ("MONTHLY", pgettext_lazy("every", "month")),
        ],
    )
    days = WeekdaysField(label=_("On"))
    time = TimeOfDay(label=_("At"), required=False)
    rrule = forms.CharField(label=_("Rule (RFC 5545)"), required=False, max_length=500)
    rate_count = forms.IntegerField(
        label=_("No more people than"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        widget=forms.NumberInput(attrs={"class": "input input-sm w-32"}),
        help_text=_("Empty: everybody at once."),
    )
    rate_per = forms.ChoiceField(
        label=_("In each"),
        required=False,
        choices=PER,
    )

    sections = ((_("Spread out"), ["rate_count", "rate_per"]),)

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        rule = str(settings.get("rrule") or "")
        simple = _simple(rule)
        found = super().initial_from(settings) | {
            "when": "again" if rule else "once" if settings.get("at") else "publish"
        }
        found["at"] = str(settings.get("at") or "")[:16]
        rate = settings.get("rate")
        rate = rate if isinstance(rate, dict) else {}
        found |= {"rate_count": rate.get("count"), "rate_per": rate.get("per", "PT1H")}
        return found | (simple or {})

    def bind(self) -> None:
        when = str(self["when"].value() or "publish")
        complex_rule = (
            when == "again" and self.before.get("rrule") and _simple(str(self.before["rrule"])) is None
        )
        shown = {
            "publish": set(),
            "once": {"at"},
            "again": {"rrule"} if complex_rule else {"every", "days", "time"},
        }[when]
        if "every" in shown and self["every"].value() != "WEEKLY":
            shown = shown - {"days"}
        for name in {"at", "every", "days", "time", "rrule"} - shown:
            del self.fields[name]
        if "time" in shown and self.is_bound and self.add_prefix("time") not in self.data:  # chosen just now
            self.data = MultiValueDict({**dict(self.data), self.add_prefix("time"): [NINE]})
        per, field = str(self["rate_per"].value() or "PT1H"), self.fields["rate_per"]
        assert isinstance(field, forms.ChoiceField)
        if per not in dict(PER):  # as an integration wrote it
            field.choices = [*PER, (per, per)]
        if not self["rate_count"].value():
            del self.fields["rate_per"]

    def owned_keys(self) -> list[str]:
        return ["audience", "at", "rrule", "rate"]

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"audience": cleaned["audience"]} if cleaned.get("audience") else {}
        when = cleaned.get("when")
        if when == "once" and cleaned.get("at"):
            found["at"] = cleaned["at"]
        elif when == "again":
            found["rrule"] = cleaned.get("rrule") or _rule(cleaned)
        if cleaned.get("rate_count"):
            found["rate"] = {"count": cleaned["rate_count"], "per": cleaned.get("rate_per") or "PT1H"}
        return found


def _simple(rule: str) -> dict[str, Any] | None:
    """The fields that say the rule; None for one they can't."""
    parts = dict(part.split("=", 1) for part in rule.upper().removeprefix("RRULE:").split(";") if "=" in part)
    if not set(parts) <= {"FREQ", "BYDAY", "BYHOUR", "BYMINUTE"} or parts.get("FREQ") not in (
        "DAILY",
        "WEEKLY",
        "MONTHLY",
    ):
        return None
    hour, minute = parts.get("BYHOUR", "9"), parts.get("BYMINUTE", "0")
    days = [day for day in parts.get("BYDAY", "").split(",") if day]
    if not hour.isdigit() or not minute.isdigit() or not set(days) <= set(DAYS.values()):
        return None
    names = [name for name, code in DAYS.items() if code in days]
    return {"every": parts["FREQ"], "days": names, "time": f"{int(hour):02}:{int(minute):02}"}


def _rule(cleaned: dict[str, Any]) -> str:
    hour, minute = (cleaned.get("time") or NINE).split(":")
    parts = [f"FREQ={cleaned.get('every') or 'DAILY'}"]
    if cleaned.get("every") == "WEEKLY" and cleaned.get("days"):
        parts.append("BYDAY=" + ",".join(DAYS[day] for day in cleaned["days"]))
    return ";".join([*parts, f"BYHOUR={int(hour)}", f"BYMINUTE={int(minute)}"])


@triggers.register
class ScheduleTrigger(TriggerKind[Settings]):
    kind, label, icon = "schedule", _("Schedule"), "calendar"
    description = _("A whole audience enters at once, or on a calendar")
    order = 20
    settings_class = Settings
    example = Settings()
    form_class = ScheduleForm

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

    def entry_names(self, settings: Settings) -> Collection[str]:
        return {"scheduled_at"}

    def next_run(
        self, settings: Settings, after: datetime, zone: tzinfo, anchor: datetime | None = None
    ) -> datetime | None:
        """Exclusive of `after`. Without `at` and rule: `after` itself (the caller asks only at publishing)."""
        where = first_zone(settings.zone) if settings.zone else zone
        if settings.rrule is None:
            if not settings.at:
                return after
            once = _local(settings.at, where)
            return once if once is not None and once > after else None
        # Without a beginning of its own, counts and intervals begin at the anchor, on the full minute.
        first = _wall(settings.at, where) if settings.at else _wall_of((anchor or after) + ALMOST, where)
        return calendar_rule.next_moment(settings.rrule, first.replace(second=0, microsecond=0), after, where)

    def rate(self, settings: Settings) -> Rate | None:
        return settings.rate

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
    return _wall_of(found, zone) if found.tzinfo else found


def _wall_of(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _rule_words(settings: Settings) -> str:
    parts = dict(
        part.split("=", 1) for part in calendar_rule.clean(settings.rrule or "").split(";") if "=" in part
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
