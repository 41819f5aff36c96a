"""The ways in that open by themselves, for all people of the sample at once: a schedule's moments, people's own dates,
and segments that they come into or drop out of. What is known of them stays in memory."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from journeys.engine import crossings
from journeys.engine.enrol import Candidate, admitted, enter
from journeys.engine.explain import iso
from journeys.engine.plan import PlanTrigger
from journeys.engine.schedules import next_run
from journeys.steps.outcomes import Json
from journeys.triggers.base import Occasion
from lib.localtime import first_zone
from profiles.conditions import Compiled, ConditionError, Rows, compile_condition, evaluate
from profiles.conditions.comparing import path_of
from profiles.conditions.leaves.segment import condition_of
from profiles.models import Profile

if TYPE_CHECKING:
    from journeys.engine.replay.playing import Run

MOMENT = timedelta(microseconds=1)
SHORTEST, LOOKS = timedelta(hours=1), 366  # between two looks at a segment that time alone may move


@dataclass(slots=True)
class Dates:
    """A date trigger: when whose next date is. The attribute is read once: people are as they are today."""

    way: PlanTrigger
    values: dict[int, tuple[object, str]] = field(default_factory=dict)
    next: list[tuple[datetime, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Followed:
    """A segment trigger, and who is in."""

    way: PlanTrigger
    entered: bool
    compiled: Compiled
    inside: set[int] = field(default_factory=set)


class Ways:
    def __init__(self, run: "Run", people: Sequence[int]) -> None:
        self.run, self.people = run, list(people)
        self.zone = str(first_zone(run.found.document.time_zone, run.workspace.time_zone))
        open_ = [way for way in run.found.triggers.values() if way.trigger.next]
        self.schedules = [way for way in open_ if way.kind.kind == "schedule"]
        self.rings = {way.trigger.key: self._ring(way, run.since - MOMENT) for way in self.schedules}
        self.dates = [Dates(way) for way in open_ if way.kind.date_of(way.settings)]
        self._read_dates()
        self.segments = [found for way in open_ if (found := self._segment(way)) is not None]
        self.step = max(SHORTEST, (run.until - run.since) / LOOKS)
        self.looked = run.since
        for one in self.segments:
            one.inside = self._inside(one, self.people, run.since)
        self.present = [
            one for one in self.segments if (c := one.way.kind.segment(one.way.settings)) and c.present
        ]

    def next_moment(self) -> datetime | None:
        moments = [at for at in self.rings.values() if at is not None]
        moments += [one.next[0][0] for one in self.dates if one.next]
        if self.present:
            moments.append(self.run.since)
        if self.segments:
            moments.append(self.looked + self.step)
        return min(moments, default=None)

    def open(self, now: datetime) -> None:
        """Lets in all whose moment has come."""
        for one in self.present:
            self._cross(one, sorted(one.inside), now)
        self.present = []
        for way in self.schedules:
            while (at := self.rings[way.trigger.key]) is not None and at <= now:
                self.rings[way.trigger.key] = self._ring(way, at) if way.settings.rrule else None
                self._let_in(way, {id_: {"scheduled_at": iso(at)} for id_ in self._audience(way, now)}, now)
        for dated in self.dates:
            self._open_dates(dated, now)
        if self.segments and self.looked + self.step <= now:
            self.looked = now
            self.look(self.people, now)

    def look(self, people: Iterable[int], now: datetime) -> None:
        """After something has happened to them: who of these has come into a segment, or dropped out?"""
        ids = sorted(set(people))
        for one in self.segments:
            inside = self._inside(one, ids, now)
            turned = inside - one.inside if one.entered else (one.inside & set(ids)) - inside
            one.inside = (one.inside - set(ids)) | inside
            self._cross(one, sorted(turned), now)

    def _ring(self, way: PlanTrigger, after: datetime) -> datetime | None:
        at = next_run(self.run.found, way, after, self.run.workspace.time_zone, self.run.since)
        return self.run.since if at == self.run.since - MOMENT else at

    def _audience(self, way: PlanTrigger, now: datetime) -> list[int]:
        condition = way.kind.audience(way.settings)
        return (
            self.people
            if condition is None
            else self._passing(self.run.found.compiled(condition), self.people, now)
        )

    def _read_dates(self) -> None:
        if not self.dates:
            return
        rows = Profile.objects.filter(pk__in=self.people).values_list("pk", "attributes")
        for profile_id, attributes in rows:
            for dated in self.dates:
                value = attributes
                for part in path_of(str(dated.way.kind.date_of(dated.way.settings))):
                    value = value.get(part) if isinstance(value, dict) else None
                if value is not None:
                    dated.values[profile_id] = value, str(attributes.get("time_zone") or "")
                    self._queue(dated, profile_id, self.run.since)

    def _queue(self, dated: Dates, profile_id: int, after: datetime) -> None:
        value, zone = dated.values[profile_id]
        where = first_zone(zone, self.run.found.document.time_zone, self.run.workspace.time_zone)
        found: Occasion | None = dated.way.kind.next_occasion(dated.way.settings, value, where, after)
        if found is not None and found.at < self.run.until:
            heapq.heappush(dated.next, (found.at, profile_id, found.day))

    def _open_dates(self, dated: Dates, now: datetime) -> None:
        entries: dict[datetime, dict[int, Json]] = defaultdict(dict)
        while dated.next and dated.next[0][0] <= now:
            at, profile_id, day = heapq.heappop(dated.next)
            attribute = dated.way.kind.date_of(dated.way.settings)
            entries[at][profile_id] = {"attribute": attribute, "date": day, "scheduled_at": iso(at)}
            self._queue(dated, profile_id, at + MOMENT)
        for _at, these in sorted(entries.items()):
            self._let_in(dated.way, these, now)

    def _segment(self, way: PlanTrigger) -> Followed | None:
        crossing, workspace_id = way.kind.segment(way.settings), self.run.workspace.pk
        condition = condition_of(workspace_id, crossing.segment) if crossing is not None else None
        if crossing is None or condition is None:
            return None
        try:
            return Followed(way, crossing.entered, compile_condition(condition, workspace_id))
        except ConditionError:
            return None

    def _inside(self, one: Followed, people: Sequence[int], now: datetime) -> set[int]:
        return set(self._passing(one.compiled, people, now, self.run.workspace.time_zone))

    def _passing(self, compiled: Compiled, people: Sequence[int], now: datetime, zone: str = "") -> list[int]:
        rows = Rows(
            workspace_id=self.run.workspace.pk, profile_ids=list(people), now=now, zone=zone or self.zone
        )
        (verdict,) = evaluate([compiled], rows)
        return [id_ for id_, passes in zip(people, verdict.results, strict=True) if passes]

    def _cross(self, one: Followed, people: Sequence[int], now: datetime) -> None:
        entry = crossings.entry(self.run.found, one.way.trigger.key, now)
        self._let_in(one.way, dict.fromkeys(people, entry), now)

    def _let_in(self, way: PlanTrigger, entries: dict[int, Json], now: datetime) -> None:
        people = [Candidate(profile_id, entry, now) for profile_id, entry in sorted(entries.items())]
        inside, _outside = admitted(self.run.found, way, people, now, self.zone)
        enter(self.run.found, way, inside, now)
