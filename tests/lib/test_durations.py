from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lib.durations import DurationError, of, parse

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize("text", ["PT1H", "P3D", "-P1D", "P1DT2H", "P1W", "P1Y2M3DT4H5M6S", "PT90M", "P400D"])
def test_parse_and_write_agree(text):
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "P1H", "P-1D", "PT1", "P1DT", "soon", "P99999Y", "P1.5D", "PT1H\n2"]
)
def test_unreadable_is_refused(text):
    with pytest.raises(DurationError):
        parse(text)


def test_hours_are_exact_over_the_spring_change():
    before = datetime(2025, 3, 8, 14, 0, tzinfo=UTC)  # 09:00 in New York, the day before
    assert of(hours=24).after(before, NEW_YORK) == before + timedelta(hours=24)


def test_days_keep_the_wall_clock_over_the_spring_and_autumn_change():
    spring = datetime(2025, 3, 8, 14, 0, tzinfo=UTC)
    assert of(days=1).after(spring, NEW_YORK) - spring == timedelta(hours=23)
    autumn = datetime(2025, 11, 1, 13, 0, tzinfo=UTC)
    assert of(days=1).after(autumn, NEW_YORK) - autumn == timedelta(hours=25)


def test_a_month_later_ends_with_the_month():
    assert of(months=1).after(datetime(2025, 1, 31, 12, tzinfo=UTC)) == datetime(2025, 2, 28, 12, tzinfo=UTC)
    assert of(years=1).after(datetime(2024, 2, 29, 12, tzinfo=UTC)) == datetime(2025, 2, 28, 12, tzinfo=UTC)
    assert parse("-P1M").after(datetime(2025, 1, 15, tzinfo=UTC)) == datetime(2024, 12, 15, tzinfo=UTC)


def test_before_is_the_other_direction():
    moment = datetime(2025, 6, 1, tzinfo=UTC)
    assert of(days=3).before(moment) == datetime(2025, 5, 29, tzinfo=UTC)
