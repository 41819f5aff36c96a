from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys import words
from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.duration import DurationField
from journeys.forms.inputs import KnownNameField, typed
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField, fresh_key
from journeys.steps import ways
from journeys.steps.base import Context, Group, Outlet, Problem, Rival, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Happened, Json, Outcome, Outcomes, Stay, Wait, Wake
from journeys.steps.registry import steps
from journeys.steps.ways import Way
from lib.durations import Duration, of
from profiles.conditions.forms import ConditionField


@dataclass(frozen=True, slots=True)
class Settings:
    """`already`: whether what happened before she arrived counts; looked for as far back as `within` reaches.

    Default: it does not. Without `within` she waits as long as the journey lets her."""

    branches: tuple[Way, ...] = setting(minimum=1, length=50)
    within: Duration | None = setting(None)
    already: Literal["count", "ignore"] = "ignore"


_TESTS = [
    ("is", _("is")), ("is_not", _("is not")), ("gt", _("is more than")), ("gte", _("is at least")),
    ("lt", _("is less than")), ("lte", _("is at most")), ("contains", _("contains")), ("exists", _("is there")),
]  # fmt: skip


class WaitForEventForm(NodeForm):
    """A way is an event with tests of its properties; a way with a condition instead shows that."""

    within = DurationField(label=_("Wait at most"), required=False)
    already = forms.ChoiceField(
        label=_("What happened before"),
        required=False,
        choices=[("ignore", _("Doesn't count: only what comes from now on")), ("count", _("Counts, too"))],
    )
    branches = RowsField(
        {
            "key": forms.CharField(widget=forms.HiddenInput),
            "label": forms.CharField(label=_("Name of the way"), required=False, max_length=60),
            "event": KnownNameField("event", label=_("When the customer does"), required=False),
            "where": RowsField(
                {
                    "property": forms.CharField(label=_("Property"), max_length=200),
                    "op": forms.ChoiceField(
                        label=_("Test"),
                        choices=_TESTS,
                        widget=forms.Select(attrs={"class": "select select-sm w-full"}),
                    ),
                    "value": forms.CharField(label=_("Value"), required=False, max_length=500),
                },
                label="",
                add_label=_("Only if a property fits"),
                fresh=lambda rows: {"op": "is"},
            ),
            "when": ConditionField(label=_("Or as soon as this is true"), required=False),
        },
        label=_("Ways, whichever comes first"),
        add_label=_("Add a way"),
        ordered=True,
        least=1,
        fresh=lambda rows: {"key": fresh_key(rows)},
    )

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = {name: cleaned[name] for name in ("within", "already") if cleaned.get(name)}
        return found | {"branches": [_way(row) for row in cleaned.get("branches") or []]}


def _way(row: Json) -> Json:
    way = {name: row[name] for name in ("key", "label") if row.get(name)}
    if row.get("event") or not row.get("when"):
        way["event"] = row.get("event") or ""
        if tests := [_property_test(test) for test in row.get("where") or [] if test.get("property")]:
            way["where"] = tests
    else:
        way["when"] = row["when"]
    return way


def _property_test(row: Json) -> Json:
    test = {"property": row["property"], "op": row.get("op") or "is"}
    if test["op"] != "exists":
        test["value"] = typed(row.get("value"))
    return test


@steps.register
class WaitForEvent(StepKind[Settings]):
    kind, label, icon, group, tone = (
        "wait_for_event",
        _("Wait for event"),
        "hourglass",
        Group.TIMING,
        "decide",
    )
    description = _("Waits until something happens, or takes another way when time is up")
    order = 42
    settings_class = Settings
    example = Settings(branches=(Way("a", event="order_completed"),), within=of(days=1))
    form_class = WaitForEventForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        first = settings.branches[0]
        text = names.sentence(first.when) if first.when is not None else str(first.event)
        if len(settings.branches) > 1:
            text = gettext("%(first)s, and %(more)d more") % {
                "first": text,
                "more": len(settings.branches) - 1,
            }
        if settings.within is None:
            return text
        return gettext("%(event)s, at most %(length)s") % {
            "event": text,
            "length": words.duration(settings.within),
        }

    def outlets(self, settings: Settings) -> list[Outlet]:
        found = [
            Outlet(way.key, way.label or way.event or _numbered(place))
            for place, way in enumerate(settings.branches)
        ]
        return [*found, Outlet("timeout", gettext("Time is up"))]

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(step, settings, context)
        for place, way in enumerate(settings.branches):
            if way.test is not None:
                for _at, message in context.condition_faults(way.test):
                    yield Problem("error", "bad_condition", message, step.key, f"branches/{place}/where")
            if way.key == "timeout":
                text = gettext("The key “timeout” is the way out when time is up: choose another.")
                yield Problem("error", "reserved_outlet", text, step.key, f"branches/{place}/key")

    def pauses(self, settings: Settings) -> bool:
        return True

    def least_stay(self, settings: Settings, outlet: str) -> timedelta:
        return settings.within.length if settings.within and outlet == "timeout" else timedelta(0)

    def rivals(self, settings: Settings) -> list[list[Rival]]:
        """Of several ways for one event, and of several conditions, the first counts."""
        found: dict[str | None, list[Rival]] = {}
        for place, way in enumerate(settings.branches):
            rival = (
                Rival(f"branches/{place}", "when", way.when)
                if way.when is not None
                else Rival(f"branches/{place}", "where" if way.where else "event", way.test or {"all": []})
            )
            found.setdefault(way.event, []).append(rival)
        return list(found.values())

    def wait_events(self, settings: Settings) -> Iterable[str]:
        return [way.event for way in settings.branches if way.event]

    def wait_conditions(self, settings: Settings) -> Iterable[Json]:
        return [way.when for way in settings.branches if way.when is not None]

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        wakes = visits.wakes
        found: list[Outcome | None] = [None] * len(visits)
        arriving = [row for row, wake in enumerate(wakes) if wake is None]
        looked = self._already(settings, visits, arriving, now) if settings.already == "count" else {}
        # What came in time wins over the clock, though whoever was to tell of it may be late, or dead.
        over = [row for row, wake in enumerate(wakes) if wake is not None and wake.due and settings.within]
        untold = self._meanwhile(settings, visits, over)
        woken = {
            row: self._in_time(settings, visits, row, wake, untold.get(row, ()), now)
            for row, wake in enumerate(wakes)
            if wake is not None
        }
        changed = {row for row, wake in woken.items() if wake.events or wake.profile_changed}
        chosen = ways.first(
            settings.branches,
            visits,
            looked | {row: woken[row].events for row in changed},
            set(looked) | changed,
        )
        names = self._names(settings, visits)
        waits: dict[datetime | None, Outcome] = {}
        zones = visits.world.zones(visits) if settings.within and not settings.within.is_exact else None
        timeout, stay = Go("timeout"), Stay()
        for row, wake in enumerate(wakes):
            if row in chosen:
                found[row] = chosen[row]
            elif wake is None:
                until = settings.within.after(now, zones[row] if zones else UTC) if settings.within else None
                found[row] = waits.setdefault(until, Wait(until, names))
            else:
                found[row] = timeout if wake.due and settings.within else stay
        return [outcome for outcome in found if outcome is not None]

    def due_again(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        names, within = self._names(settings, visits), settings.within
        zones = visits.world.zones(visits) if within and not within.is_exact else None
        return [
            Wait(within.after(arrived, zones[row] if zones else UTC) if within else None, names)
            for row, arrived in enumerate(visits.arrived_at)
        ]

    def _names(self, settings: Settings, visits: Visits) -> tuple[str, ...]:
        names: set[str] = set()
        for way in settings.branches:
            names.update([way.event] if way.event else visits.world.listens(way.when or {}))
        return tuple(sorted(names))

    def _already(
        self, settings: Settings, visits: Visits, rows: list[int], now: datetime
    ) -> dict[int, tuple[Happened, ...]]:
        names = sorted({way.event for way in settings.branches if way.event})
        if not names or not rows:
            return dict.fromkeys(rows, ())
        back = settings.within.before(now) if settings.within else datetime.min.replace(tzinfo=UTC)
        since = [min(back, visits.entered_at[row]) for row in rows]
        return {
            row: tuple(events)
            for row, events in zip(rows, visits.world.happened(visits, rows, names, since), strict=True)
        }

    def _meanwhile(
        self, settings: Settings, visits: Visits, rows: list[int]
    ) -> dict[int, tuple[Happened, ...]]:
        names = sorted({way.event for way in settings.branches if way.event})
        if not names or not rows:
            return {}
        since = [visits.arrived_at[row] for row in rows]
        found = visits.world.happened(visits, rows, names, since)
        return {row: tuple(events) for row, events in zip(rows, found, strict=True)}

    def _in_time(
        self,
        settings: Settings,
        visits: Visits,
        row: int,
        wake: Wake,
        untold: tuple[Happened, ...],
        now: datetime,
    ) -> Wake:
        """Without the events that came too late, or before she did where those don't count."""
        until, arrived = visits.due_at[row], visits.arrived_at[row]
        known = {event.id for event in wake.events}
        # One that nobody told of and that is stamped as she arrived may be the very one that brought her here.
        missed = [event for event in untold if event.id not in known and event.ts != arrived]
        events = tuple(
            event
            for event in (*wake.events, *missed)
            if (until is None or event.ts < until) and (settings.already == "count" or event.ts >= arrived)
        )
        profile = wake.profile_changed and (until is None or now < until)
        return Wake(due=wake.due, events=events, profile_changed=profile)


def _numbered(place: int) -> str:
    return gettext("Way %(number)d") % {"number": place + 1}
