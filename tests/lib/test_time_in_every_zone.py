"""Waits, times of day and windows against the clocks themselves (journeys.md 5): every zone of the tz database,
2024 to 2030.

The reference knows no offsets and no folds. It walks along the instants and reads the clock, as a person would: a
local time is *reached* at the first instant at which the clock has shown it or a later one. That says all there is to
say: a time in a gap is reached at its end, one that comes twice the first time.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.durations import Duration, of
from lib.localtime import WEEKDAYS, at_local, in_window, instant, next_time, window_end, window_start

TICK = timedelta(minutes=5)  # clocks change on full quarters of an hour
DAY = timedelta(days=1)
ZONES = sorted(available_timezones())
BEGIN, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


def changes(name):
    """The instants at which the clock of a zone jumps."""
    where, found, at = ZoneInfo(name), [], BEGIN

    def offset(moment):
        return moment.astimezone(where).utcoffset()

    while at < END:
        if offset(at) != offset(at + DAY):
            before, low, high = offset(at), 0, int(DAY / TICK)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(at + middle * TICK) == before else (low, middle)
            found.append(at + high * TICK)
        at += DAY
    return found


@lru_cache(maxsize=64)
def walk(name, day):
    """(instants, the latest time that the clock has shown by then) for some days from the day before `day`."""
    where = ZoneInfo(name)
    at = datetime.combine(day, time(0), tzinfo=UTC) - 2 * DAY
    instants, shown, latest = [], [], datetime.min
    for _step in range(int(14 * DAY / TICK)):
        latest = max(latest, at.astimezone(where).replace(tzinfo=None, fold=0))
        instants.append(at)
        shown.append(latest)
        at += TICK
    return instants, shown


def reached(name, wall, day):
    """When the clock of the zone first shows `wall` or later."""
    instants, shown = walk(name, day)
    return instants[bisect_left(shown, wall)]


def hits(name, moment, at, weekdays, days=range(-1, 11)):
    """The instants around `moment` at which it is `at` on an allowed day."""
    today = moment.date()
    return [
        reached(name, datetime.combine(today + n * DAY, at), today)
        for n in days
        if not weekdays or WEEKDAYS[(today + n * DAY).weekday()] in weekdays
    ]


@pytest.fixture(scope="module")
def every_change():
    return {name: changes(name) for name in ZONES}


def on_the_tick(moment):
    return moment - timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )


MOMENTS = st.datetimes(datetime(2024, 1, 3), datetime(2030, 12, 1), timezones=st.just(UTC)).map(on_the_tick)
TIMES = st.integers(0, 287).map(lambda n: time(n // 12, n % 12 * 5))
DAYS = st.sets(st.sampled_from(WEEKDAYS))
JUMPS = [datetime(2025, 3, 9, 7, tzinfo=UTC), datetime(2025, 11, 2, 6, tzinfo=UTC)]  # New York


@settings(max_examples=500, deadline=None)
@given(name=st.sampled_from(ZONES), moment=MOMENTS, at=TIMES, weekdays=DAYS)
@example("America/New_York", JUMPS[0] - DAY, time(2, 30), set())
@example("America/New_York", JUMPS[1], time(1, 30), set())
@example("Australia/Lord_Howe", datetime(2025, 10, 4, 15, 30, tzinfo=UTC), time(2, 15), set())
@example("Antarctica/Troll", datetime(2025, 3, 29, 12, tzinfo=UTC), time(1, 30), set())
def test_until_a_time_of_day(name, moment, at, weekdays):
    expected = min(hit for hit in hits(name, moment, at, weekdays) if hit >= moment)
    assert next_time(at, moment, ZoneInfo(name), weekdays) == expected
    assert next_time(at, expected, ZoneInfo(name), weekdays) == expected  # exactly now is now
    assert next_time(at, expected + timedelta(microseconds=1), ZoneInfo(name), weekdays) > expected


@settings(max_examples=500, deadline=None)
@given(name=st.sampled_from(ZONES), moment=MOMENTS, begin=TIMES, end=TIMES, weekdays=DAYS)
@example("America/New_York", JUMPS[0], time(2, 0), time(3, 0), set())  # a window that the gap swallows
@example("America/New_York", JUMPS[1], time(22), time(6), {"sat"})
def test_windows_are_half_open_and_may_run_overnight(name, moment, begin, end, weekdays):
    where, today = ZoneInfo(name), moment.date()
    windows = []
    for n in range(-2, 10):
        day = today + n * DAY
        if not weekdays or WEEKDAYS[day.weekday()] in weekdays:
            over = day if end > begin else day + DAY
            windows.append(
                (
                    reached(name, datetime.combine(day, begin), today),
                    reached(name, datetime.combine(over, end), today),
                )
            )
    holding = [(start, stop) for start, stop in windows if start <= moment < stop]
    assert in_window(moment, where, begin, end, weekdays) == bool(holding)
    if holding:
        assert window_start(moment, where, begin, end, weekdays) == moment
        assert window_end(moment, where, begin, end, weekdays) in [stop for _start, stop in holding]
    else:
        assert window_end(moment, where, begin, end, weekdays) == moment
        start = window_start(moment, where, begin, end, weekdays)
        assert start == min(start for start, stop in windows if start >= moment and stop > start)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(ZONES),
    moment=MOMENTS,
    weeks=st.integers(0, 3),
    days=st.integers(0, 9),
    hours=st.integers(0, 50),
    back=st.booleans(),
)
def test_days_and_weeks_keep_the_wall_clock_hours_are_exact(name, moment, weeks, days, hours, back):
    where, sign = ZoneInfo(name), -1 if back else 1
    duration = Duration(weeks=weeks, days=days, hours=hours, negative=back)
    wall = moment.astimezone(where).replace(tzinfo=None, fold=0) + sign * timedelta(weeks=weeks, days=days)
    # Whoever waits for no days at all stands in her own hour, be it a doubled one.
    there = reached(name, wall, wall.date()) if weeks or days else moment
    assert duration.after(moment, where) == there + sign * timedelta(hours=hours)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(ZONES), moment=MOMENTS, hours=st.integers(0, 400), minutes=st.integers(0, 59))
def test_hours_are_the_same_everywhere(name, moment, hours, minutes):
    assert of(hours=hours, minutes=minutes).after(moment, ZoneInfo(name)) == moment + timedelta(
        hours=hours, minutes=minutes
    )


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(ZONES),
    born=st.sampled_from([date(2024, 2, 29), date(2028, 2, 29)]),
    years=st.integers(-4, 6),
    at=TIMES,
)
def test_29_february_is_the_28th_in_other_years(name, born, years, at):
    year = born.year + years
    day = date(year, 2, 29 if year % 4 == 0 else 28)
    duration = Duration(years=abs(years), negative=years < 0)
    if years and 2024 <= year <= 2030:
        found = duration.after_wall(datetime.combine(born, at), ZoneInfo(name))
        assert found == reached(name, datetime.combine(day, at), day) == at_local(day, at, ZoneInfo(name))


def test_around_every_change_of_every_zone(every_change):
    """Each gap and each doubled hour of the seven years, not a sample of them."""
    gaps = folds = 0
    for name, found in every_change.items():
        where = ZoneInfo(name)
        for jump in found:
            before = (jump - timedelta(minutes=1)).astimezone(where).replace(tzinfo=None) + timedelta(
                minutes=1
            )
            after = jump.astimezone(where).replace(tzinfo=None, fold=0)
            middle = before + (after - before) / 2
            if after > before:  # the clock skips these times
                gaps += 1
                for wall in (before, middle, after):
                    assert instant(wall, where) == jump
                assert instant(before - TICK, where) == jump - TICK
            else:  # and shows these twice
                folds += 1
                for wall in (after, middle):
                    assert instant(wall, where) == jump - (before - wall)
                assert instant(before, where) == jump + (before - after)
            at, day = middle.time(), middle.date()
            assert next_time(at, jump - DAY + TICK, where) >= jump - DAY
            nine = next_time(time(9), jump - 12 * timedelta(hours=1), where).astimezone(where)
            assert nine.time() == time(9)
            following = of(days=1).after(at_local(day - DAY, at, where), where)
            assert following == instant(datetime.combine(day, at), where)
    assert gaps > 500 and folds > 500


def test_the_next_day_at_nine_is_23_or_25_hours_later():
    new_york = ZoneInfo("America/New_York")
    spring, autumn = datetime(2026, 3, 7, 14, tzinfo=UTC), datetime(2026, 10, 31, 13, tzinfo=UTC)
    assert of(days=1).after(spring, new_york) - spring == timedelta(hours=23)
    assert of(days=1).after(autumn, new_york) - autumn == timedelta(hours=25)
