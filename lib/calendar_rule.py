"""Rules of a calendar (RFC 5545: FREQ, INTERVAL, COUNT, UNTIL, BYDAY ...) over a zone's wall clock, hourly or rarer.

A wall time that does not exist runs at the end of its gap, one that exists twice runs the first time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from dateutil.rrule import rrule, rrulestr

from lib.localtime import instant

REACH = timedelta(days=366 * 12)  # 29 February may be eight years away


def next_moment(rule: str, first: datetime, after: datetime, zone: tzinfo) -> datetime | None:
    """The first instant strictly after `after`. `first`: the wall clock at which counts and intervals begin."""
    # A day earlier: where the clock goes back, a wall time before this one may still be to come.
    wall = after.astimezone(zone).replace(tzinfo=None, fold=0) - timedelta(days=1)
    for found in _within_reach(_read(rule, first, zone), wall):
        moment = instant(found, zone)
        if moment > after:
            return moment
    return None


def is_readable(rule: str) -> bool:
    text = clean(rule)
    too_often = any(freq in text for freq in ("FREQ=SECONDLY", "FREQ=MINUTELY"))
    if "FREQ=" not in text or too_often or "\n" in text:
        return False
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock
    try:
        found = _read(rule, start, UTC)
        if found._interval < 1 or not _possible(text):  # type: ignore[attr-defined]
            return False
        next(_within_reach(found, start), None)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError):
        return False
    return True


def clean(rule: str) -> str:
    return rule.strip().upper().removeprefix("RRULE:")


def _read(rule: str, first: datetime, zone: tzinfo) -> rrule:
    """UNTIL may be an instant ("...Z"): RFC 5545 wants it so where there is a zone; a day is meant as a whole."""
    parts = []
    for part in clean(rule).split(";"):
        name, _equals, value = part.partition("=")
        if name == "UNTIL" and value.endswith("Z"):
            until = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
            value = until.strftime("%Y%m%dT%H%M%S")
        elif name == "UNTIL" and "T" not in value:
            value += "T235959"
        parts.append(f"{name}={value}" if value else part)
    found = rrulestr(";".join(parts), dtstart=first)
    if not isinstance(found, rrule):
        raise ValueError(rule)
    return found


def _within_reach(rule: rrule, after: datetime) -> Iterator[datetime]:
    """Its moments from `after` on, as far as one would look."""
    begin, until, count = rule._dtstart, rule._until, rule._count  # type: ignore[attr-defined]
    horizon = max(after, begin) + REACH
    rule = rule.replace(until=min(until or horizon, horizon), count=None)
    return (found for found in islice(rule, count) if found >= after)


def _possible(rule: str) -> bool:
    """Whether there are such days at all: one would look for a 30 February to the end of the calendar."""
    days = [part for part in rule.split(";") if part.startswith(("BYMONTH=", "BYMONTHDAY=", "BYYEARDAY="))]
    leap_year = datetime(2028, 1, 1)  # noqa: DTZ001 - a wall clock
    return next(iter(rrulestr(";".join(["FREQ=YEARLY", *days]), dtstart=leap_year)), None) is not None
