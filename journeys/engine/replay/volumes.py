"""What became of the people of a replay: numbers a day, for all people and not for the sample alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo

from django.db import connection

from journeys.engine import explain
from journeys.engine.explain import iso
from journeys.engine.replay.playing import PAGE, Run
from journeys.engine.replay.sample import Sample
from journeys.models import Enrolment, Finished
from journeys.steps.outcomes import Json
from lib.localtime import first_zone

Days = list[int]


def days_of(since: datetime, until: datetime, zone: tzinfo) -> list[str]:
    """The local dates that [since, until) touches."""
    day, last = since.astimezone(zone).date(), (until - timedelta(microseconds=1)).astimezone(zone).date()
    return [(day + timedelta(days=n)).isoformat() for n in range((last - day).days + 1)]


def of(run: Run, sample: Sample) -> Json:
    """{"days": dates, "entered", "steps": {key: …}, "channels": {medium: {state: …}}, "ended": {reason: n}, "inside",
    "reached", "grain"}; … is {"total", "days"}."""
    zone = first_zone(run.found.document.time_zone, run.workspace.time_zone)
    days = days_of(run.since, run.until, zone)
    place = {day: index for index, day in enumerate(days)}

    def by_day(moments: Iterable[datetime]) -> Json:
        found = [0] * len(days)
        for moment in moments:
            found[
                min(place.get(moment.astimezone(zone).date().isoformat(), len(days) - 1), len(days) - 1)
            ] += 1
        return _scaled(found, sample.factor)

    entered = _entered()
    return {
        "days": days,
        "entered": by_day(entered.values()),
        "steps": {step: by_day(moments) for step, moments in _arrivals(sorted(entered)).items()},
        "channels": _messages(by_day),
        "ended": _ended(sample.factor),
        "inside": round(Enrolment.objects.count() * sample.factor),
        "reached": iso(run.reached),
        "grain": int(run.grain.total_seconds()),
    }


def _scaled(days: Days, factor: float) -> Json:
    return {"total": round(sum(days) * factor), "days": [round(day * factor) for day in days]}


def _entered() -> dict[int, datetime]:
    running = Enrolment.objects.values_list("id", "entered_at")
    return dict(running) | dict(Finished.objects.values_list("enrolment_id", "entered_at"))


def _arrivals(enrolments: list[int]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for first in range(0, len(enrolments), PAGE):
        for walk in explain.walks(enrolments[first : first + PAGE]).values():
            for visit in walk.visits:
                found[visit.step].append(visit.arrived_at)
    return found


def _messages(by_day: Callable[[Iterable[datetime]], Json]) -> Json:
    moments: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute("select medium, state, created_at from channels_message")
        for medium, state, at in cursor.fetchall():
            moments[medium][state].append(at)
    return {
        medium: {state: by_day(found) for state, found in states.items()}
        for medium, states in moments.items()
    }


def _ended(factor: float) -> Json:
    counts: dict[str, int] = defaultdict(int)
    for reason in Finished.objects.values_list("reason", flat=True):
        counts[reason] += 1
    return {reason: round(count * factor) for reason, count in counts.items()}
