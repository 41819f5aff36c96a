"""When a person's date lets her in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.triggers.date import LATE_YEARLY
from journeys.triggers.registry import triggers

KIND = triggers.get("date")
SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text)


def of(**settings):
    return KIND.parse({"attribute": "day", **settings})


def next_of(value, zone=UTC, after=LONG_AGO, **settings):
    found = KIND.next_occasion(of(**settings), value, zone, after)
    return (found.day, found.at) if found else None


@pytest.mark.parametrize(
    ("value", "zone", "settings", "day", "moment"),
    [
        ("2026-05-17", UTC, {}, "2026-05-17", "2026-05-17T00:00:00Z"),
        ("2026-05-17", SEOUL, {"at": "09:00"}, "2026-05-17", "2026-05-17T00:00:00Z"),
        ("2026-05-17T18:30", SEOUL, {}, "2026-05-17T18:30", "2026-05-17T09:30:00Z"),
        ("2026-05-17T18:30", SEOUL, {"at": "09:00"}, "2026-05-17", "2026-05-17T00:00:00Z"),
        # The day is the person's: 20:00 in UTC is the next morning in Seoul.
        ("2026-05-17T20:00:00Z", SEOUL, {"at": "09:00"}, "2026-05-18", "2026-05-18T00:00:00Z"),
        ("2026-05-17T20:00:00Z", SEOUL, {"offset": "-PT2H"}, "2026-05-18T05:00", "2026-05-17T18:00:00Z"),
        ("2026-05-17", UTC, {"offset": "-P3D", "at": "09:00"}, "2026-05-17", "2026-05-14T09:00:00Z"),
        ("2026-03-31", UTC, {"offset": "-P1M"}, "2026-03-31", "2026-02-28T00:00:00Z"),
        # The wall clock is kept over the change, and a time in its gap is its end.
        ("2026-03-09", NEW_YORK, {"offset": "-P2D", "at": "09:00"}, "2026-03-09", "2026-03-07T14:00:00Z"),
        ("2026-03-08", NEW_YORK, {"at": "02:30"}, "2026-03-08", "2026-03-08T07:00:00Z"),
        ("2026-03-08", NEW_YORK, {"at": "02:30", "offset": "-P3D"}, "2026-03-08", "2026-03-05T07:30:00Z"),
        ("2026-11-01", NEW_YORK, {"at": "01:30"}, "2026-11-01", "2026-11-01T05:30:00Z"),
        # A moment of its own stays on its side of the doubled hour.
        ("2026-11-01T06:30:00Z", NEW_YORK, {}, "2026-11-01T01:30", "2026-11-01T06:30:00Z"),
    ],
)
def test_a_date_once(value, zone, settings, day, moment):
    assert next_of(value, zone, **settings) == (day, at(moment))
    assert next_of(value, zone, at(moment), **settings) == (day, at(moment))  # exactly now is now
    assert next_of(value, zone, at(moment) + timedelta(microseconds=1), **settings) is None


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-02-30", "17.05.2026", None, 20260517, "2026-05-17T25:00", "9" * 60]
)
def test_what_is_no_date_lets_nobody_in(value):
    assert next_of(value) is None and next_of(value, yearly=True) is None
    assert KIND.last_occasion(of(late="enter"), value, UTC, datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("value", "after", "day"),
    [
        ("1990-05-17", "2026-01-01T00:00:00Z", "2026-05-17"),
        ("1990-05-17", "2026-05-17T09:00:00Z", "2026-05-17"),
        ("1990-05-17", "2026-05-17T09:00:01Z", "2027-05-17"),
        ("2000-02-29", "2026-01-01T00:00:00Z", "2026-02-28"),
        ("2000-02-29", "2028-01-01T00:00:00Z", "2028-02-29"),
        ("2000-02-29", "2100-01-01T00:00:00Z", "2100-02-28"),
        ("2024-02-28", "2028-02-28T10:00:00Z", "2029-02-28"),
        # The date itself only where it is still to come.
        ("2026-03-02", "2026-03-02T08:00:00Z", "2027-03-02"),
        ("2026-03-02", "2026-03-01T08:00:00Z", "2026-03-02"),
        ("2030-03-02", "2026-03-01T08:00:00Z", "2030-03-02"),
        ("2045-03-02", "2026-03-01T08:00:00Z", "2045-03-02"),
    ],
)
def test_anniversaries(value, after, day):
    found = next_of(value, after=at(after), yearly=True, at="09:00")
    assert found == (day, at(f"{day}T09:00:00Z"))


def test_anniversaries_are_moved_by_the_offset():
    settings = {"yearly": True, "offset": "-P7D", "at": "09:00"}
    assert next_of("1990-01-03", after=at("2025-12-28T00:00:00Z"), **settings) == (
        "2027-01-03",
        at("2026-12-27T09:00:00Z"),
    )
    assert next_of("2000-02-29", after=at("2026-01-01T00:00:00Z"), yearly=True, offset="P1D") == (
        "2026-02-28",
        at("2026-03-01T00:00:00Z"),
    )


def test_known_too_late():
    def late(value, **settings):
        found = KIND.last_occasion(of(late="enter", **settings), value, UTC, at("2026-06-01T12:00:00Z"))
        return found.day if found else None

    assert late("2026-05-31") == "2026-05-31" and late("2020-01-01") == "2020-01-01"
    assert late("2026-06-02") is None
    assert late("1990-05-20", yearly=True) == "2026-05-20"
    assert late("1990-02-20", yearly=True) is None  # no reason for a greeting now
    assert late("2026-05-31", yearly=True) is None  # no anniversary yet
    assert KIND.last_occasion(of(), "2026-05-31", UTC, at("2026-06-01T12:00:00Z")) is None


ZONES = sorted(available_timezones())


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(ZONES),
    born=st.dates(date(1930, 1, 1), date(2023, 12, 31)),
    after=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    hour=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_every_year_once_in_every_zone(name, born, after, hour):
    """Walking from one to the next meets each year once, at the person's local time on her day."""
    zone, year = ZoneInfo(name), None
    for _turn in range(4):
        found = KIND.next_occasion(of(yearly=True, at=f"{hour:%H:%M}"), born.isoformat(), zone, after)
        assert found is not None and found.at >= after
        local = found.at.astimezone(zone).replace(tzinfo=None)
        day = date.fromisoformat(found.day)
        assert (day.month, day.day) == (born.month, born.day) or (born.month, born.day) == (2, 29)
        if (born.month, born.day) == (2, 29):
            leap = day.year % 4 == 0
            assert (day.month, day.day) == (2, 29 if leap else 28)
        # The local time, or the first after a gap that swallowed it (in Samoa once a whole day).
        assert local >= datetime.combine(day, hour) and local - datetime.combine(day, hour) <= timedelta(
            hours=24
        )
        assert year is None or day.year == year + 1
        year, after = day.year, found.at + timedelta(microseconds=1)


@settings(max_examples=200, deadline=None)
@given(
    born=st.dates(date(1930, 1, 1), date(2030, 12, 31)),
    now=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    days=st.integers(-400, 400),
)
def test_late_is_the_one_before_and_next_the_one_after(born, now, days):
    settings_ = of(yearly=True, late="enter", offset=f"{'-' if days < 0 else ''}P{abs(days)}D")
    late = KIND.last_occasion(settings_, born.isoformat(), SEOUL, now)
    if late is not None:
        assert now - LATE_YEARLY <= late.at < now
        following = KIND.next_occasion(
            settings_, born.isoformat(), SEOUL, late.at + timedelta(microseconds=1)
        )
        assert (
            following is not None and following.at >= now and int(following.day[:4]) == int(late.day[:4]) + 1
        )


def test_the_card_and_the_problems():
    class Names:
        workspace = None

    assert KIND.summary(of(), Names()) == "day"
    assert (
        KIND.summary(of(offset="-P3D", at="09:00", yearly=True), Names())
        == "Every year: 3 days before day, at 09:00"
    )
    assert KIND.summary(KIND.example, Names()) == "No date chosen yet"
