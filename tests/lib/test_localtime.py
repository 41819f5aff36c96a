from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.durations import of
from lib.localtime import WEEKDAYS, first_zone, in_window, instant, next_time, window_end, window_start, zone

ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Europe/Dublin",
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Asia/Gaza",
    "America/Santiago",
    "UTC",
]
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None))
WALLS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(lambda w: w.replace(microsecond=0))


def walls_around(where, moment, hours=30):
    """Every quarter of an hour around, as the clocks of the zone show it: the slow, obvious reference."""
    start = moment.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    for step in range(hours * 4):
        at = start + timedelta(minutes=15 * step)
        yield at, at.astimezone(where).replace(tzinfo=None)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ZONES), wall=WALLS)
def test_instant_shows_the_wall_time_or_is_the_end_of_the_gap(name, wall):
    where = ZoneInfo(name)
    found = instant(wall, where)
    shown = found.astimezone(where).replace(tzinfo=None)
    if shown == wall:
        # The first of two: an hour before it the clock did not show the same.
        earlier = found - timedelta(hours=1)
        assert earlier.astimezone(where).replace(tzinfo=None) != wall
    else:
        just_before = (found - timedelta(seconds=1)).astimezone(where).replace(tzinfo=None)
        assert just_before < wall < shown


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ZONES), moment=MOMENTS, at=TIMES, days=st.sets(st.sampled_from(WEEKDAYS)))
def test_next_time_is_never_past_and_on_an_allowed_day(name, moment, at, days):
    where = ZoneInfo(name)
    found = next_time(at, moment, where, days)
    local = found.astimezone(where)
    assert moment <= found <= moment + timedelta(days=9)
    if local.replace(tzinfo=None).time() == at:
        assert not days or WEEKDAYS[local.weekday()] in days
        # No earlier moment would do.
        if not days:
            assert found - moment <= timedelta(hours=25)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(ZONES), moment=MOMENTS, begin=TIMES, end=TIMES)
def test_windows_agree_with_the_clock(name, moment, begin, end):
    where = ZoneInfo(name)
    wall = moment.astimezone(where).time().replace(tzinfo=None)
    inside = in_window(moment, where, begin, end)
    day = [
        instant(datetime.combine(moment.astimezone(where).date() + timedelta(days=d), t), where)
        for d in (-1, 0, 1)
        for t in (begin, end)
    ]
    if min(abs(at - moment) for at in day) > timedelta(hours=3) and begin != end:
        # Away from its edges, where no change of the clocks can matter, it is what the clock says.
        assert inside == (begin <= wall < end if begin < end else wall >= begin or wall < end)
    if inside:
        assert window_start(moment, where, begin, end) == moment
        assert window_end(moment, where, begin, end) > moment
    else:
        assert window_end(moment, where, begin, end) == moment
        assert window_start(moment, where, begin, end) > moment


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(ZONES), moment=MOMENTS, days=st.integers(1, 400))
def test_days_keep_the_wall_clock(name, moment, days):
    where = ZoneInfo(name)
    moment = moment.replace(microsecond=0)
    local = moment.astimezone(where)
    wanted = local.replace(tzinfo=None) + timedelta(days=days)
    shown = of(days=days).after(moment, where).astimezone(where).replace(tzinfo=None)
    assert shown == wanted.replace(fold=0) or shown > wanted  # later only out of a gap


def test_a_gap_goes_to_its_end():
    where = ZoneInfo("America/New_York")
    assert instant(datetime(2025, 3, 9, 2, 30), where) == datetime(2025, 3, 9, 7, 0, tzinfo=UTC)
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # half an hour
    assert instant(datetime(2025, 10, 5, 2, 15), lord_howe) == datetime(2025, 10, 4, 15, 30, tzinfo=UTC)


def test_twice_means_the_first():
    assert instant(datetime(2025, 11, 2, 1, 30), ZoneInfo("America/New_York")) == datetime(
        2025, 11, 2, 5, 30, tzinfo=UTC
    )


def test_exactly_now_is_now_and_a_second_later_is_tomorrow():
    now = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
    assert next_time(time(9), now, UTC) == now
    assert next_time(time(9), now + timedelta(seconds=1), UTC) == now + timedelta(days=1)


def test_overnight_windows_are_half_open():
    night = (time(22), time(6))
    for hour, minute, inside in [(21, 59, False), (22, 0, True), (3, 0, True), (5, 59, True), (6, 0, False)]:
        assert in_window(datetime(2025, 1, 6, hour, minute, tzinfo=UTC), UTC, *night) is inside
    assert window_end(datetime(2025, 1, 6, 23, tzinfo=UTC), UTC, *night) == datetime(
        2025, 1, 7, 6, tzinfo=UTC
    )


def test_an_overnight_window_belongs_to_the_day_it_began():
    friday_night = datetime(2025, 1, 11, 2, tzinfo=UTC)  # Saturday, 02:00
    assert in_window(friday_night, UTC, time(22), time(6), ["fri"])
    assert not in_window(friday_night, UTC, time(22), time(6), ["sat"])


@pytest.mark.parametrize("name", ["", "Nowhere/Here", "../etc/passwd", "/etc/localtime", "Asia/Seoul\0"])
def test_what_is_no_zone_is_none(name):
    assert zone(name) is None
    assert first_zone(name, None, 7, "Asia/Seoul") == ZoneInfo("Asia/Seoul")
    assert first_zone(name) is UTC


def test_every_zone_of_the_database_has_a_next_nine_o_clock():
    now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    for name in sorted(available_timezones()):
        found = next_time(time(9), now, ZoneInfo(name))
        assert found.astimezone(ZoneInfo(name)).time() == time(9) and timedelta(
            0
        ) <= found - now <= timedelta(hours=26)
