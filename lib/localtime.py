"""Wall clocks and zones (journeys.md 5): a local time that does not exist goes to the first instant after the gap,
one that exists twice means the first. All instants are aware and in UTC."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None for anything else."""
    if not name or name.startswith((".", "/")) or "\\" in name or "\0" in name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def first_zone(*names: object) -> tzinfo:
    """The first name that is a zone, else UTC."""
    for name in names:
        if isinstance(name, str) and (found := zone(name)) is not None:
            return found
    return UTC


def instant(wall: datetime, where: tzinfo) -> datetime:
    """The instant at which the clocks of `where` show `wall` (naive; its fold is honoured)."""
    moment = wall.replace(tzinfo=where).astimezone(UTC)
    if moment.astimezone(where).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
        return moment
    return _end_of_gap(wall, where)


def _end_of_gap(wall: datetime, where: tzinfo) -> datetime:
    # In a gap fold=1 counts with the later offset and so lies before it, fold=0 after it.
    low = wall.replace(tzinfo=where, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=where, fold=0).astimezone(UTC)
    target = high.astimezone(where).utcoffset()
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(where).utcoffset() == target:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0) if high.microsecond < 2 else high


def next_time(at: time, moment: datetime, where: tzinfo, weekdays: Collection[str] = ()) -> datetime:
    """The next instant, `moment` itself included, at which it is `at` on one of the local `weekdays` (none: any)."""
    day = moment.astimezone(where).date() - timedelta(days=1)
    for _ in range(10):
        if not weekdays or WEEKDAYS[day.weekday()] in weekdays:
            found = instant(datetime.combine(day, at), where)
            if found >= moment:
                return found
        day += timedelta(days=1)
    raise ValueError("no such weekday")


def at_local(day: date, at: time, where: tzinfo) -> datetime:
    """The instant of a local date and time."""
    return instant(datetime.combine(day, at), where)


def in_window(
    moment: datetime, where: tzinfo, begin: time, end: time, weekdays: Collection[str] = ()
) -> bool:
    """Whether the local time lies in [begin, end); a window whose end is not after its begin runs overnight and
    belongs to the weekday on which it began. Equal ends: the whole day."""
    return _window(moment, where, begin, end, weekdays) is not None


def window_end(
    moment: datetime, where: tzinfo, begin: time, end: time, weekdays: Collection[str] = ()
) -> datetime:
    """When the window that holds `moment` ends; `moment` when none holds it."""
    return _window(moment, where, begin, end, weekdays) or moment


def window_start(
    moment: datetime, where: tzinfo, begin: time, end: time, weekdays: Collection[str] = ()
) -> datetime:
    """`moment` when a window holds it, else the begin of the next one."""
    if _window(moment, where, begin, end, weekdays) is not None:
        return moment
    for start, stop in _windows(moment, where, begin, end, weekdays, 15):
        if moment <= start < stop:  # a gap may swallow a whole window
            return start
    raise ValueError("no such weekday")


def _window(
    moment: datetime, where: tzinfo, begin: time, end: time, weekdays: Collection[str]
) -> datetime | None:
    for start, stop in _windows(moment, where, begin, end, weekdays, 3):
        if start <= moment < stop:
            return stop
    return None


def _windows(
    moment: datetime, where: tzinfo, begin: time, end: time, weekdays: Collection[str], days: int
) -> Iterator[tuple[datetime, datetime]]:
    """Those that begin on the day before `moment` and on the following."""
    day = moment.astimezone(where).date() - timedelta(days=1)
    for _ in range(days):
        if not weekdays or WEEKDAYS[day.weekday()] in weekdays:
            last = day if end > begin else day + timedelta(days=1)
            yield instant(datetime.combine(day, begin), where), instant(datetime.combine(last, end), where)
        day += timedelta(days=1)
