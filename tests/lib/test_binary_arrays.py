"""Arrays as the server sends them (lib.binary_arrays)."""

from datetime import UTC, datetime

import pytest

from lib import binary_arrays
from lib.fast_sql import binary


def sent(sql):
    return binary(sql, []).get_value(0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("values", [[7], [1, -2, 2**62, 0], list(range(5000))])
def test_numbers(values):
    assert binary_arrays.numbers(sent(f"select array{values}::bigint[]")) == values


@pytest.mark.django_db
def test_moments():
    found = binary_arrays.moments(
        sent(
            "select array['2026-11-23 05:00:00.000001+09', '1969-07-20 20:17:40Z', "
            "'2026-11-23 05:00:00.000001+09']::timestamptz[]"
        )
    )
    moment = datetime(2026, 11, 22, 20, 0, 0, 1, tzinfo=UTC)
    assert found == [moment, datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC), moment]
