"""ISO 8601 durations: `PT1H`, `P3D`, `-P1W`. Days and longer keep the wall clock, hours and shorter are exact time."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from lib.localtime import instant

_SHAPE = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)
_LIMIT = timedelta(days=366 * 100)


class DurationError(ValueError):
    """The text is no ISO 8601 duration, or longer than a hundred years."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as it was written. All parts share one sign."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    negative: bool = False

    @property
    def length(self) -> timedelta:
        """About how long it is, without sign: a month counts as 30 days, a year as 365."""
        days = self.years * 365 + self.months * 30 + self.weeks * 7 + self.days
        return timedelta(days=days, hours=self.hours, minutes=self.minutes, seconds=self.seconds)

    @property
    def is_exact(self) -> bool:
        """Only hours or less, so the same everywhere."""
        return not (self.years or self.months or self.weeks or self.days)

    def after(self, moment: datetime, zone: tzinfo = UTC) -> datetime:
        """`moment` plus this, in UTC: the calendar part on the wall clock of `zone`, then the exact part."""
        if self.is_exact:
            return moment.astimezone(UTC) + self._exact
        return _after(self, moment.astimezone(UTC), zone)

    def after_wall(self, wall: datetime, zone: tzinfo = UTC) -> datetime:
        """The same from what the clocks of `zone` show, be there such a time on that day or not."""
        sign = -1 if self.negative else 1
        wall = wall.replace(fold=0)  # a time that exists twice means the first
        months = (self.years * 12 + self.months) * sign
        if months:
            index = wall.year * 12 + wall.month - 1 + months
            year, month = divmod(index, 12)
            wall = wall.replace(year=year, month=month + 1, day=min(wall.day, _days_in(year, month + 1)))
        wall += timedelta(days=self.weeks * 7 + self.days) * sign
        return instant(wall, zone) + self._exact

    @property
    def _exact(self) -> timedelta:
        length = timedelta(hours=self.hours, minutes=self.minutes, seconds=self.seconds)
        return -length if self.negative else length

    def before(self, moment: datetime, zone: tzinfo = UTC) -> datetime:
        """`moment` minus this."""
        return Duration(
            self.years,
            self.months,
            self.weeks,
            self.days,
            self.hours,
            self.minutes,
            self.seconds,
            negative=not self.negative,
        ).after(moment, zone)

    def __str__(self) -> str:
        date = "".join(
            f"{n}{c}"
            for n, c in zip((self.years, self.months, self.weeks, self.days), "YMWD", strict=True)
            if n
        )
        clock = "".join(
            f"{n}{c}" for n, c in zip((self.hours, self.minutes, self.seconds), "HMS", strict=True) if n
        )
        if not date and not clock:
            return "PT0S"
        return ("-" if self.negative else "") + "P" + date + (f"T{clock}" if clock else "")


@lru_cache(maxsize=1024)
def _after(duration: Duration, moment: datetime, zone: tzinfo) -> datetime:
    """Whoever moves people asks for the same few again and again. In UTC no two moments look alike."""
    return duration.after_wall(moment.astimezone(zone).replace(tzinfo=None), zone)


def parse(text: str) -> Duration:
    """Reads `P1DT2H`; raises DurationError."""
    if not isinstance(text, str) or len(text) >= 60:
        raise DurationError(text)
    return _parse(text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Duration:
    match = _SHAPE.fullmatch(text.strip())
    if match is None or not any(
        match.group(name) for name in ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
    ):
        raise DurationError(text)
    if text.strip().endswith("T"):
        raise DurationError(text)
    parts = {name: int(value) for name, value in match.groupdict().items() if name != "sign" and value}
    duration = replace(Duration(), **parts)  # type: ignore[arg-type]
    if match.group("sign") == "-":
        duration = replace(duration, negative=True)
    if duration.length > _LIMIT:
        raise DurationError(text)
    return duration


def of(
    weeks: int = 0, days: int = 0, hours: int = 0, minutes: int = 0, months: int = 0, years: int = 0
) -> Duration:
    """`of(hours=1)`."""
    return Duration(years=years, months=months, weeks=weeks, days=days, hours=hours, minutes=minutes)


def _days_in(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - only counts days
    return (following - timedelta(days=1)).day
