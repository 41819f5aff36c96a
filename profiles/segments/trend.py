"""The sizes of segments by day, and the line they draw."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from profiles.models import SegmentSize
from workspaces import words

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Chart:
    """For an SVG of the given size: the line, the area under it, its last point, and the words of its axes."""

    line: str
    area: str
    x: float
    y: float
    first: int
    last: int
    top: str
    half: str
    days: list[tuple[float, str, str]]  # x, anchor, words


def sizes(segment_ids: Iterable[int], now: datetime, zone: str) -> dict[int, list[tuple[date, int]]]:
    """By segment: a figure a day there is one, the oldest first."""
    since = now.astimezone(ZoneInfo(zone)).date() - timedelta(weeks=WEEKS)
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    rows = SegmentSize.objects.filter(segment_id__in=list(segment_ids), day__gte=since).order_by("day")
    for segment_id, day, size in rows.values_list("segment_id", "day", "size"):
        found[segment_id].append((day, size))
    return found


def spark(figures: list[tuple[date, int]], width: float = 84, height: float = 22) -> str:
    """The points of a small line; "" for less than two days."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(figures, 1, 2, width - 2, height - 4))


def chart(figures: list[tuple[date, int]], now: datetime, width: float = 350) -> Chart | None:
    """None for less than two days."""
    points = _points(figures, 40, 8, width - 48, 68, from_zero=True)
    if not points:
        return None
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    top = max(size for _day, size in figures)
    first, last = figures[0][0], figures[-1][0]
    middle = first + (last - first) / 2
    days = [(points[0][0], "start", _day(first, now))]
    if (last - first).days > 13:
        days.append(((points[0][0] + points[-1][0]) / 2, "middle", _day(middle, now)))
    days.append((points[-1][0], "end", _day(last, now)))
    return Chart(
        line,
        f"{line}L{points[-1][0]:.1f} 76L{points[0][0]:.1f} 76Z",
        points[-1][0],
        points[-1][1],
        figures[0][1],
        figures[-1][1],
        words.compact(top),
        words.compact(round(top / 2)) if top > 1 else "",
        days,
    )


def week_ago(figures: list[tuple[date, int]], now: datetime, zone: str) -> int | None:
    """The size a week before, where that is known."""
    day = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=7)
    before = [size for at, size in figures if at <= day]
    return before[-1] if before else None


def _day(day: date, now: datetime) -> str:
    return words.date(datetime(day.year, day.month, day.day, tzinfo=now.tzinfo), year=day.year != now.year)


def _points(
    figures: list[tuple[date, int]],
    left: float,
    top: float,
    width: float,
    height: float,
    *,
    from_zero: bool = False,
) -> list[tuple[float, float]]:
    if len(figures) < 2:
        return []
    first, most = figures[0][0], max(size for _day, size in figures)
    least = 0 if from_zero else min(size for _day, size in figures)
    days, range_ = (figures[-1][0] - first).days or 1, (most - least) or 1
    return [
        (left + width * (day - first).days / days, top + height * (1 - (size - least) / range_))
        for day, size in figures
    ]
