"""Arrays as the server sends them (lib.binary_arrays)."""

from datetime import UTC, datetime

import pytest

from lib import binary_arrays
from lib.fast_sql import MANY, bigints, binary, fetch


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


@pytest.mark.django_db
@pytest.mark.parametrize("values", [[], [7], [1, -2, 2**62, 0, -(2**63)], list(range(-3000, 5000))])
def test_numbers_go_the_other_way(values):
    result = binary("select %s::bigint[], cardinality(%s::bigint[])", [binary_arrays.Bigints(values)] * 2)
    assert int.from_bytes(result.get_value(0, 1)) == len(values)
    assert binary_arrays.numbers(result.get_value(0, 0)) == values


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 3, MANY, MANY + 1, 5000])
def test_few_and_many_ids_are_the_same_parameter(count):
    ids = [3 * n for n in range(count)]
    sql = "select n from generate_series(1, 20000) n where n = any(%s::bigint[]) order by n"
    for _time in range(7):  # prepared on the way
        assert [n for (n,) in fetch(sql, [bigints(ids)])] == [n for n in ids if n]


def test_what_is_no_bigint_is_refused():
    with pytest.raises(OverflowError):
        binary_arrays.Bigints([2**63])
