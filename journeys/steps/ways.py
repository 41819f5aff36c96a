"""The ordered ways out of a wait for an event, and which of them what happened opens first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from journeys.document.settings import Condition, Fault, SettingsError
from journeys.document.words import gettext_noop
from journeys.steps.base import Visits
from journeys.steps.outcomes import Go, Happened, Json, Outcome


@dataclass(frozen=True, slots=True)
class Way:
    """An event (whose properties pass `where`), or a condition."""

    key: str
    label: str = ""
    event: str | None = None
    where: tuple[dict[str, Any], ...] = ()
    when: Condition | None = None

    def __post_init__(self) -> None:
        if bool(self.event) == (self.when is not None):
            raise SettingsError([Fault("/event", gettext_noop("Give either an event or a condition."), {})])

    @property
    def test(self) -> Json | None:
        """`where` as a condition on the event that came."""
        return where_test(self.where)


def where_test(where: Sequence[Json]) -> Json | None:
    """Property tests as one condition whose `entry` leaves read the event; None: every event will do."""
    tests = [
        {("entry" if name == "property" else name): value for name, value in test.items()} for test in where
    ]
    return {"all": tests} if tests else None


def first(
    ways: Sequence[Way], visits: Visits, events: Mapping[int, Sequence[Happened]], rows: set[int]
) -> dict[int, Outcome]:
    """For each of these visits that may go on its way: the earliest event decides, among its ways the first; a
    condition is looked at as things stand now."""
    ordered = sorted(rows)
    conditions = [way.when for way in ways if way.when is not None]
    verdicts = iter(visits.world.evaluate(conditions, visits) if conditions and ordered else [])
    holds: dict[str, Any] = {way.key: next(verdicts) for way in ways if way.when is not None and ordered}
    passed: dict[str, dict[tuple[int, int], list[Json]]] = {}
    for way in ways:
        if not way.event:
            continue
        pairs = [(row, i) for row in ordered for i, e in enumerate(events[row]) if e.name == way.event]
        if way.test is None or not pairs:
            passed[way.key] = {pair: [] for pair in pairs}
            continue
        whys = visits.world.match(
            way.test, visits, [row for row, _i in pairs], [events[row][i].properties for row, i in pairs]
        )
        passed[way.key] = {pair: why for pair, why in zip(pairs, whys, strict=True) if why is not None}
    chosen: dict[int, Outcome] = {}
    for row in ordered:
        options: list[tuple[datetime, int, Outcome]] = []
        for place, way in enumerate(ways):
            if way.event:
                for i, event in enumerate(events[row]):
                    why = passed[way.key].get((row, i))
                    if why is not None:
                        cause: Json = {
                            "condition": {"event": event.name},
                            "value": event.ts.isoformat(),
                            "result": True,
                        }
                        options.append((event.ts, place, Go(way.key, [cause, *why])))
                        break
            elif holds[way.key].results[row]:
                last = max((event.ts for event in events[row]), default=datetime.max.replace(tzinfo=UTC))
                options.append((last, place, Go(way.key, holds[way.key].why(row))))
        if options:
            chosen[row] = min(options, key=lambda option: option[:2])[2]
    return chosen
