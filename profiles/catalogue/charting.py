"""Volume of the last days as bars: an SVG's numbers, and the sentence that says the same."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from profiles.models import KnownName, NameDay

DAYS = 30


@dataclass(frozen=True, slots=True)
class Bar:
    day: date
    total: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Volume:
    bars: list[Bar]
    total: int
    most: int


def volume(name: KnownName, now: datetime) -> Volume:
    """The bars fill a box of 300 x 60."""
    today = now.date()
    first = today - timedelta(days=DAYS - 1)
    counts = dict(NameDay.objects.filter(known_name=name, day__gte=first).values_list("day", "total"))
    most = max(counts.values(), default=0)
    bars = []
    for n in range(DAYS):
        day = first + timedelta(days=n)
        total = counts.get(day, 0)
        height = round(max(60 * total / most, 2), 1) if total else 0
        bars.append(Bar(day, total, n * 10, 60 - height, height))
    return Volume(bars, sum(counts.values()), most)
