"""The ways in that open by themselves: a schedule's moments, her own dates, and segments that she comes into or drops
out of, by what she does or by the passing of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from journeys.engine import crossings, personal_dates
from journeys.engine.enrol import Refusal
from journeys.engine.explain import iso
from journeys.engine.plan import PlanTrigger
from journeys.engine.schedules import next_run
from journeys.steps.outcomes import Json
from journeys.triggers.base import Crossing, Occasion
from lib.localtime import first_zone
from profiles.conditions import Compiled, ConditionError, Rows, compile_condition, evaluate
from profiles.conditions.comparing import WITHIN, path_of
from profiles.conditions.leaves.segment import DEEPEST, condition_of
from profiles.models import Profile

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run

MOMENT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
LOOKS = 366  # at a segment's rules about time: every hour, in a long simulation every day
SHORTEST = timedelta(hours=1)


@dataclass(slots=True)
class Dates:
    """A date trigger: her date as it was read, and the next time it lets her in."""

    way: PlanTrigger
    value: str = ""
    zone: str = ""
    next: Occasion | None = None
    opens: datetime | None = None
    done: str = ""


@dataclass(slots=True)
class Segment:
    """A segment trigger: whether she is in. `timed`: time alone may change it."""

    way: PlanTrigger
    crossing: Crossing
    compiled: Compiled
    timed: bool
    inside: bool = False


class Ways:
    def __init__(self, run: "Run", start: datetime, until: datetime) -> None:
        self.run, self.start = run, start
        self.step = max(SHORTEST, (until - start) / LOOKS)
        self.looked = start
        open_ = [way for way in run.found.triggers.values() if way.trigger.next]
        self.schedules = {way.trigger.key: way for way in open_ if way.kind.kind == "schedule"}
        self.rings: dict[str, datetime | None] = {
            key: self._first_ring(way) for key, way in self.schedules.items()
        }
        self.dates = [Dates(way) for way in open_ if way.kind.date_of(way.settings)]
        self.segments = [found for way in open_ if (found := self._segment(way)) is not None]
        self._read_dates(start, fresh=False)
        for one, inside in zip(self.segments, self._inside(start), strict=True):
            one.inside = inside
        self.present = [one for one in self.segments if one.crossing.present and one.inside]

    def next_moment(self) -> datetime | None:
        """When one of them may open, or has to be looked at, next."""
        moments = [at for at in self.rings.values() if at is not None]
        moments += [one.opens for one in self.dates if one.opens is not None]
        if self.present:
            moments.append(self.start)
        if any(one.timed for one in self.segments):
            moments.append(self.looked + self.step)
        return min(moments, default=None)

    def open(self, moment: datetime) -> None:
        """What opens at a moment that `next_moment` named: one thing at a time."""
        if self.present and self.start <= moment:
            self._cross(self.present.pop(0), self.start)
            return
        for key, at in self.rings.items():
            if at is not None and at <= moment:
                way = self.schedules[key]
                self.rings[key] = self._next_ring(way, at) if way.settings.rrule else None
                self._ring(way, at)
                return
        for one in self.dates:
            if one.opens is not None and one.opens <= moment:
                self._enter_on_date(one, one.opens)
                return

    def look(self, now: datetime) -> None:
        """After something has happened: is a date of hers another one, has she come into a segment?"""
        if self.dates:
            self._read_dates(now, fresh=True)
        for one, inside in zip(self.segments, self._inside(now), strict=True):
            if inside != one.inside:
                self._turn(one, now)

    def pass_time(self, moment: datetime) -> bool:
        """Whether she crossed a segment on the way to `moment` by the passing of time alone; then she has entered at
        the very second, and what comes next may be something else."""
        timed = [one for one in self.segments if one.timed]
        if not timed or moment <= self.looked:
            return False
        turns = [
            (self._second(one, moment), place)
            for place, inside in enumerate(self._inside(moment))
            if inside != (one := self.segments[place]).inside
        ]
        if not turns:
            self.looked = moment
            return False
        self.looked, place = min(turns)
        self._turn(self.segments[place], self.looked)
        return True

    # schedules

    def _first_ring(self, way: PlanTrigger) -> datetime | None:
        # `next_run` looks strictly after: the very start counts, too.
        at = self._next_ring(way, self.start - MOMENT)
        return self.start if at == self.start - MOMENT else at

    def _next_ring(self, way: PlanTrigger, after: datetime) -> datetime | None:
        return next_run(self.run.found, way, after, self.run.workspace.time_zone, self.start)

    def _ring(self, way: PlanTrigger, at: datetime) -> None:
        """A schedule's moment: is she in the audience?"""
        condition = way.kind.audience(way.settings)
        if condition is not None:
            (verdict,) = evaluate([self.run.found.compiled(condition)], self._rows(at, self._zone_name))
            if not verdict.results[0]:
                self.run.refusals.append(Refusal(way.trigger.key, at, verdict.why(0)))
                return
        self._enter(way, {"scheduled_at": iso(at)}, at)

    # dates

    def _read_dates(self, now: datetime, *, fresh: bool) -> None:
        """As engine.personal_dates does: what was at the start is history, what is learned later may be late."""
        if not self.dates:
            return
        attributes = Profile.objects.values_list("attributes", flat=True).get(pk=self.run.profile.pk)
        name = _text(attributes.get("time_zone"))
        zone = first_zone(name, self.run.found.document.time_zone, self.run.workspace.time_zone)
        for one in self.dates:
            value = _text(_at(attributes, path_of(str(one.way.kind.date_of(one.way.settings)))))
            if fresh and (value, name) == (one.value, one.zone):
                continue
            self._set_next(one, value, zone, now)
            if fresh and value != one.value:
                late = one.way.kind.last_occasion(one.way.settings, value, zone, now)
                if late is not None and late.day != one.done:
                    one.next, one.opens = late, now
            one.value, one.zone = value, name

    def _set_next(self, one: Dates, value: str, zone: tzinfo, after: datetime) -> None:
        kind, settings = one.way.kind, one.way.settings
        found = kind.next_occasion(settings, value, zone, after)
        if found is not None and found.day == one.done:
            found = kind.next_occasion(settings, value, zone, found.at + MOMENT)
        one.next, one.opens = found, found.at if found else None

    def _enter_on_date(self, one: Dates, at: datetime) -> None:
        occasion = one.next
        assert occasion is not None
        one.done = occasion.day
        zone = first_zone(one.zone, self.run.found.document.time_zone, self.run.workspace.time_zone)
        self._set_next(one, one.value, zone, at + MOMENT)
        entry = {
            "attribute": one.way.kind.date_of(one.way.settings),
            "date": occasion.day,
            "scheduled_at": iso(occasion.at),
        }
        self._enter(one.way, entry, at)

    # segments

    def _segment(self, way: PlanTrigger) -> Segment | None:
        crossing = way.kind.segment(way.settings)
        workspace_id = self.run.workspace.pk
        condition = condition_of(workspace_id, crossing.segment) if crossing is not None else None
        if crossing is None or condition is None:
            return None
        try:
            compiled = compile_condition(condition, workspace_id)
        except ConditionError:
            return None
        return Segment(way, crossing, compiled, _timed(condition, workspace_id))

    def _inside(self, at: datetime) -> list[bool]:
        if not self.segments:
            return []
        rows = self._rows(at, self.run.workspace.time_zone)
        return [verdict.results[0] for verdict in evaluate([one.compiled for one in self.segments], rows)]

    def _second(self, one: Segment, moment: datetime) -> datetime:
        """When she crossed it, between the last look and `moment`."""
        low, high = self.looked, moment
        while high - low > SECOND:
            middle = low + (high - low) / 2
            (verdict,) = evaluate([one.compiled], self._rows(middle, self.run.workspace.time_zone))
            low, high = (low, middle) if verdict.results[0] != one.inside else (middle, high)
        return high

    def _turn(self, one: Segment, at: datetime) -> None:
        one.inside = not one.inside
        if one.crossing.entered == one.inside:
            self._cross(one, at)

    def _cross(self, one: Segment, at: datetime) -> None:
        key = one.way.trigger.key
        self._enter(one.way, crossings.entry(self.run.found, key, at), at)

    # all

    @property
    def _zone_name(self) -> str:
        return str(first_zone(self.run.found.document.time_zone, self.run.workspace.time_zone))

    def _rows(self, at: datetime, zone: str) -> Rows:
        return Rows(workspace_id=self.run.workspace.pk, profile_ids=[self.run.profile.pk], now=at, zone=zone)

    def _enter(self, way: PlanTrigger, entry: Json, at: datetime) -> None:
        from journeys.engine.simulate import playing

        playing.start_by(self.run, way, entry, at)


def _timed(condition: Any, workspace_id: int, depth: int = 0) -> bool:
    """Whether its answer may change by the passing of time alone."""
    if isinstance(condition, list):
        return any(_timed(part, workspace_id, depth) for part in condition)
    if not isinstance(condition, dict):
        return False
    if condition.get("within") or condition.get("op") in WITHIN:
        return True
    if isinstance(condition.get("segment"), str):
        inner = condition_of(workspace_id, condition["segment"]) if depth < DEEPEST else None
        return _timed(inner, workspace_id, depth + 1)
    return any(_timed(part, workspace_id, depth) for part in condition.values())


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return value[: personal_dates.MOST_TEXT] if isinstance(value, str) else ""
