"""Rules of a calendar by the wall clock, against what RFC 5545 says in its own examples."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.calendar_rule import is_readable, next_moment

NEW_YORK, SEOUL = ZoneInfo("America/New_York"), ZoneInfo("Asia/Seoul")


def runs(rule, first, zone=UTC, most=20, after=None):
    """The wall clocks at which it runs."""
    found, moment = [], after or datetime(1990, 1, 1, tzinfo=UTC)
    while len(found) < most and (moment := next_moment(rule, first, moment, zone)) is not None:
        found.append(moment.astimezone(zone).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["1997-09-02 09:00", "1997-09-03 09:00", "1997-09-04 09:00"]),
        ("FREQ=DAILY;UNTIL=19970904", ["1997-09-02 09:00", "1997-09-03 09:00", "1997-09-04 09:00"]),
        ("FREQ=DAILY;UNTIL=19970903T130000Z", ["1997-09-02 09:00", "1997-09-03 09:00"]),
        ("FREQ=DAILY;UNTIL=19970903T125959Z", ["1997-09-02 09:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", ["1997-09-02 09:00", "1997-09-16 09:00", "1997-09-30 09:00"]),
        ("FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH",
         ["1997-09-02 09:00", "1997-09-04 09:00", "1997-09-09 09:00", "1997-09-11 09:00"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", ["1997-09-05 09:00", "1997-10-03 09:00", "1997-11-07 09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["1997-09-30 09:00", "1997-10-31 09:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["1997-09-30 09:00", "1997-10-31 09:00"]),
        ("RRULE:FREQ=YEARLY;COUNT=2;BYMONTH=6", ["1998-06-02 09:00", "1999-06-02 09:00"]),
    ],
)  # fmt: skip
def test_examples_of_the_standard(rule, expected):
    first = datetime(1997, 9, 2, 9, 0)
    assert runs(rule, first, NEW_YORK) == expected


def test_counts_begin_at_the_beginning_wherever_one_looks_from():
    first = datetime(2026, 1, 5, 9, 0)
    late = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
    assert runs("FREQ=DAILY;COUNT=3", first, after=late) == ["2026-01-07 09:00"]
    assert runs("FREQ=WEEKLY;INTERVAL=2", first, after=late, most=1) == ["2026-01-19 09:00"]


def test_a_time_in_the_gap_runs_at_its_end_and_a_doubled_one_once():
    spring = runs("FREQ=DAILY;BYHOUR=2;BYMINUTE=30;COUNT=3", datetime(2026, 3, 7, 2, 30), NEW_YORK)
    assert spring == ["2026-03-07 02:30", "2026-03-08 03:00", "2026-03-09 02:30"]
    autumn = runs("FREQ=DAILY;BYHOUR=1;BYMINUTE=30;COUNT=3", datetime(2026, 10, 31, 1, 30), NEW_YORK)
    assert autumn == ["2026-10-31 01:30", "2026-11-01 01:30", "2026-11-02 01:30"]
    assert next_moment(
        "FREQ=DAILY", datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, tzinfo=UTC), NEW_YORK
    ) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_the_29th_of_february():
    assert runs("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", datetime(2026, 1, 1, 9), most=2) == [
        "2028-02-29 09:00",
        "2032-02-29 09:00",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
    ],
)
def test_what_never_comes_true_is_no_rule_and_found_out_soon(rule):
    begun = time.process_time()
    assert not is_readable(rule)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "rule",
    ["", "weekly", "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=DAILY;COUNT=x", "FREQ=DAILY\nRRULE:FREQ=DAILY", "FREQ=NEVER",
     "FREQ=DAILY;UNTIL=soonZ", "FREQ=DAILY;BYHOUR=25", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0"],
)  # fmt: skip
def test_what_is_no_rule(rule):
    assert not is_readable(rule)


@settings(max_examples=150, deadline=None)
@given(
    freq=st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY"]),
    interval=st.integers(1, 5),
    zone=st.sampled_from([NEW_YORK, SEOUL, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Casablanca")]),
    first=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    looks=st.lists(st.integers(0, 400), max_size=6),
)
def test_looking_from_anywhere_finds_the_same_runs(freq, interval, zone, first, looks):
    """The runs after a moment are those after it of all runs: restarts and late beats change nothing."""
    rule, first = f"FREQ={freq};INTERVAL={interval};COUNT=40", first.replace(second=0, microsecond=0)
    every, moment = [], datetime(1990, 1, 1, tzinfo=UTC)
    while (moment := next_moment(rule, first, moment, zone)) is not None:
        every.append(moment)
    assert every == sorted(set(every)) and 38 <= len(every) <= 40  # two in one gap are one
    for hours in looks:
        at = every[0] + (every[-1] - every[0]) * hours / 400
        assert next_moment(rule, first, at, zone) == next((one for one in every if one > at), None)
