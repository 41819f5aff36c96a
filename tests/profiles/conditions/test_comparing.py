"""Every operator, on values that are there, missing, of another type, or strange."""

import pytest

PRO = {
    "plan": "pro",
    "age": 34,
    "score": "7.5",
    "vip": True,
    "tags": ["red", 5, "vert\u00e9"],
    "city": "Inche\u0301on",
}
LATER = "2026-03-12T00:00:00Z"


@pytest.mark.parametrize(
    ("attributes", "op", "value", "expected"),
    [
        (PRO, "is", "pro", True),
        (PRO, "is", "PRO", False),
        (PRO, "is_not", "pro", False),
        (PRO, "is_not", "free", True),
        ({"plan": 5}, "is", "5", True),
        ({"plan": "5"}, "is", 5, True),
        ({"plan": "5.0"}, "is", 5, True),
        ({"plan": "five"}, "is", 5, False),
        ({"plan": "five"}, "is_not", 5, True),
        ({"plan": True}, "is", True, True),
        ({"plan": True}, "is", "true", True),
        ({"plan": "true"}, "is", True, True),
        ({"plan": 1}, "is", True, False),
        ({"plan": ["pro"]}, "is", "pro", False),
        ({"plan": "e\u0301"}, "is", "\u00e9", True),
        ({"plan": "\u00e9"}, "is", "e\u0301", True),
        ({"plan": "2026-03-01T09:00:00+09:00"}, "is", "2026-03-01T00:00:00Z", True),
        ({"plan": "서울"}, "is", "서울", True),
        ({"plan": "\u1109\u1165\u110b\u116e\u11af"}, "is", "서울", True),  # as macOS writes it
        ({"plan": "서\u110b\u116e\u11af"}, "in", ["부산", "서울"], True),
        ({"plan": "부산"}, "is", "서울", False),
        ({"plan": "\u212a"}, "is", "K", True),  # the Kelvin sign
        ({"plan": {"a": 1}}, "is", '{"a": 1}', False),
        ({"plan": '{"a": 1}'}, "is", '{"a": 1}', True),
        ({"plan": [1]}, "in", ["[1]", "x"], False),
        ({"plan": int("7" * 70)}, "is", "7" * 70, False),  # too long to be read as a number
        ({"plan": "7" * 70}, "is", "7" * 70, True),
        ({"plan": None}, "is", "null", False),
        ({"plan": "null"}, "is", "null", True),
        ({"plan": {"city": "서울"}}, "is", "서울", False),
        (PRO, "in", ["free", "pro"], True),
        (PRO, "in", ["free"], False),
        ({"plan": 5}, "in", ["x", 5], True),
        ({"plan": True}, "in", ["x", True], True),
        (PRO, "not_in", ["free"], True),
        (PRO, "not_in", ["pro"], False),
        ({"plan": 5}, "gt", 4, True),
        ({"plan": 5}, "gt", 5, False),
        ({"plan": 5}, "gte", 5, True),
        ({"plan": 5}, "lt", 5, False),
        ({"plan": 5}, "lte", 5, True),
        ({"plan": "12"}, "gt", 5, True),
        ({"plan": "12"}, "gt", "5", True),
        ({"plan": "twelve"}, "gt", 5, False),
        ({"plan": "twelve"}, "lte", 5, False),
        ({"plan": "NaN"}, "gt", 5, False),
        ({"plan": "1e400"}, "gt", 5, False),
        ({"plan": True}, "gt", 0, False),
        ({"plan": [9]}, "gt", 5, False),
        ({"plan": {"a": 1}}, "gt", 5, False),
        ({"plan": "2026-03-01"}, "gt", "2026-02-28", True),
        ({"plan": 5}, "between", [5, 7], True),
        ({"plan": 8}, "between", [5, 7], False),
        ({"plan": "2026-03-01"}, "between", ["2026-03-01", "2026-03-02"], True),
        ({"plan": "professional"}, "contains", "fess", True),
        ({"plan": "pro"}, "contains", "x", False),
        ({"plan": ["a", "b"]}, "contains", "b", True),
        ({"plan": ["a", "b"]}, "contains", "c", False),
        ({"plan": ["a", 5]}, "contains", 5, True),
        ({"plan": ["e\u0301"]}, "contains", "\u00e9", True),
        ({"plan": []}, "contains", "a", False),
        ({"plan": 55}, "contains", "5", False),
        ({"plan": "pro"}, "not_contains", "x", True),
        ({"plan": ["a"]}, "not_contains", "a", False),
        ({"plan": "50%_off"}, "contains", "%_o", True),
        ({"plan": "50 off"}, "contains", "%", False),
        ({"plan": "professional"}, "starts_with", "pro", True),
        ({"plan": "a pro"}, "starts_with", "pro", False),
        ({"plan": "ana@example.com"}, "ends_with", "@example.com", True),
        ({"plan": "ana@example.org"}, "ends_with", "@example.com", False),
        ({"plan": ""}, "exists", None, True),
        ({"plan": []}, "exists", None, True),
        ({"plan": None}, "exists", None, False),
        ({"plan": None}, "missing", None, True),
        ({"plan": 0}, "missing", None, False),
        ({"plan": "2026-03-01"}, "before", "2026-03-02", True),
        ({"plan": "2026-03-02"}, "before", "2026-03-02", False),
        ({"plan": "2026-03-02T00:00:01Z"}, "after", "2026-03-02", True),
        ({"plan": "2026-03-02T09:00:00+09:00"}, "after", "2026-03-02T00:00:00Z", False),
        ({"plan": "2026-02-30"}, "before", "2026-03-02", False),
        ({"plan": "yesterday"}, "before", "2026-03-02", False),
        ({"plan": 20260301}, "before", "2026-03-02", False),
        ({"plan": "2026-02-08T12:00:00Z"}, "within_last", "P30D", True),
        ({"plan": "2026-02-08T11:59:59Z"}, "within_last", "P30D", False),
        ({"plan": LATER}, "within_last", "P30D", False),
        ({"plan": LATER}, "within_next", "P2D", True),
        ({"plan": LATER}, "within_next", "P1D", False),
        ({"plan": "1990-03-10"}, "anniversary_in", "P0D", True),
        ({"plan": "1990-03-12"}, "anniversary_in", "P2D", True),
        ({"plan": "1990-03-13"}, "anniversary_in", "P2D", False),
        ({"plan": "1990-03-09"}, "anniversary_in", "P30D", False),
        ({"plan": "unknown"}, "anniversary_in", "P365D", False),
    ],
)
def test_operator(person, holds, attributes, op, value, expected):
    assert holds({"attribute": "plan", "op": op, "value": value}, person(attributes)) is expected


VALUES = {
    "is": "x", "is_not": "x", "in": ["x"], "not_in": ["x"], "gt": 1, "gte": 1, "lt": 1, "lte": 1, "between": [0, 9],
    "contains": "x", "not_contains": "x", "starts_with": "x", "ends_with": "x", "exists": None, "missing": None,
    "before": "2030-01-01", "after": "2000-01-01", "within_last": "P9000D",
    "within_next": "P9000D", "anniversary_in": "P366D",
}  # fmt: skip


@pytest.mark.parametrize("op", VALUES)
@pytest.mark.parametrize("attributes", [{}, {"plan": None}])
def test_a_missing_value_fails_every_comparison_but_those_that_deny(person, holds, op, attributes):
    expected = op in ("missing", "is_not", "not_in", "not_contains")
    assert holds({"attribute": "plan", "op": op, "value": VALUES[op]}, person(attributes)) is expected


def test_every_operator_is_tested():
    from profiles.conditions.comparing import OPS

    assert set(VALUES) == set(OPS)


@pytest.mark.parametrize(
    "value",
    ["x", 5, -1e300, True, [], {}, ["x", None], "2026-13-45", "1e999999", "９", "\u202e", "'; drop table x"],
)
@pytest.mark.parametrize("op", VALUES)
def test_no_value_breaks_an_operator(person, holds, op, value):
    assert holds({"attribute": "plan", "op": op, "value": VALUES[op]}, person({"plan": value})) in (
        True,
        False,
    )


def test_dotted_paths_reach_into_objects(person, holds):
    ana = person({"address": {"city": "Seoul", "lines": ["a", "b"]}})
    assert holds({"attribute": "address.city", "op": "is", "value": "Seoul"}, ana) is True
    assert holds({"attribute": "address.lines.1", "op": "is", "value": "b"}, ana) is True
    assert holds({"attribute": "address.city.name", "op": "missing"}, ana) is True


def test_a_day_begins_at_midnight_where_the_person_lives(person, holds):
    # 20:00 in UTC is already the 2nd of March in Seoul.
    at = {"since": "2026-03-01T20:00:00Z"}
    seoul, nowhere, unknown = (
        person({**at, "time_zone": "Asia/Seoul"}),
        person(at),
        person({**at, "time_zone": "Mars/Base"}),
    )
    tree = {"attribute": "since", "op": "before", "value": "2026-03-02"}
    assert holds(tree, seoul, nowhere, unknown) == [False, True, True]
    assert holds(tree, seoul, nowhere, unknown, zone="Asia/Seoul") == [False, False, False]


def test_an_anniversary_is_of_the_day_where_the_person_lives(person, holds, now):
    seoul = person({"birthday": "1990-03-11", "time_zone": "Asia/Seoul"})  # it is 21:00 on the 10th there
    assert holds({"attribute": "birthday", "op": "anniversary_in", "value": "P0D"}, seoul) is False
    assert (
        holds(
            {"attribute": "birthday", "op": "anniversary_in", "value": "P0D"}, seoul, now=now.replace(hour=15)
        )
        is True
    )


def test_the_29th_of_february_is_the_28th_in_other_years(person, holds, now):
    leap = person({"birthday": "1992-02-29"})
    tree = {"attribute": "birthday", "op": "anniversary_in", "value": "P0D"}
    assert holds(tree, leap, now=now.replace(month=2, day=28)) is True
    assert holds(tree, leap, now=now.replace(year=2028, month=2, day=28)) is False
    assert holds(tree, leap, now=now.replace(year=2028, month=2, day=29)) is True


def test_quotes_and_percents_are_only_text(person, holds):
    nasty = "'; drop table profiles_profile; -- %s %(x)s {} \\"
    ana = person({nasty: nasty})
    assert holds({"attribute": nasty.replace(".", ""), "op": "is", "value": nasty}, ana) is True
