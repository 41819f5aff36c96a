"""What can be said of conditions without asking anybody: which never hold, and which leave others nothing."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.conditions.logic import Logic
from tests.profiles.conditions.test_reference import EVENTS, NAMES, holds, trees, values


def attribute(op, value=None, name="plan"):
    return {"attribute": name, "op": op, **({} if value is None else {"value": value})}


def did(op, times=1, **more):
    return {"event": "order_completed", "op": op, "times": times, **more}


NEVER = [
    {"any": []},
    {"not": {"all": []}},
    {"all": [attribute("is", "pro"), attribute("is", "basic")]},
    {"all": [attribute("is", "pro"), attribute("is_not", "pro")]},
    {"all": [attribute("is", "pro"), attribute("missing")]},
    {"all": [attribute("in", ["a", "b"]), attribute("not_in", ["a"]), attribute("is_not", "b")]},
    {"all": [attribute("gt", 5), attribute("lt", 5)]},
    {"all": [attribute("gte", 5), attribute("lt", 5)]},
    {"all": [attribute("gt", 5), {"not": attribute("gte", 2)}]},
    {"all": [attribute("between", [1, 3]), attribute("is", 4)]},
    {"all": [attribute("between", [0, 10]), {"not": attribute("lt", 5)}, {"not": attribute("gte", 5)}]},
    {"all": [attribute("after", "2026-02-01"), attribute("before", "2026-01-01")]},
    {"all": [attribute("starts_with", "ab"), attribute("starts_with", "ac")]},
    {"all": [attribute("is", "able"), attribute("starts_with", "ac")]},
    {"all": [did("at_least", 2), did("never")]},
    {"all": [did("at_least", 1, within="P7D"), did("never", within="P30D")]},
    {"all": [did("at_least", 3, where=[{"property": "a", "op": "is", "value": 1}]), did("at_most", 2)]},
    {"all": [did("exactly", 2), {"not": did("at_least", 2)}]},
    {"all": [{"segment": "vip", "op": "in"}, {"segment": "vip", "op": "not_in"}]},
    {
        "all": [
            {"not": {"consent": "email", "topic": "x", "op": state}}
            for state in ("granted", "withdrawn", "unknown")
        ]
    },
    {"all": [{"message": "m", "op": "clicked"}, {"not": {"message": "m", "op": "opened"}}]},
    {"all": [{"reachable": "sms"}, {"not": {"reachable": "sms"}}]},
    {"any": [{"all": [attribute("is", "a"), attribute("is", "b")]}, {"any": []}]},
]

MAYBE = [
    {"all": []},
    {"all": [attribute("is", "5"), attribute("is", 5)]},  # the text "5" is both
    {"all": [attribute("is", True), attribute("is", "true")]},
    {"all": [attribute("contains", "a"), attribute("contains", "b")]},  # a list may hold both
    {"all": [attribute("is_not", "a"), attribute("is_not", "b")]},
    {"all": [{"not": attribute("gt", 5)}, {"not": attribute("lte", 5)}]},  # no number at all
    {"all": [attribute("missing"), attribute("is_not", "a")]},
    {"all": [attribute("is", "a"), attribute("is", "b", name="city")]},
    {"all": [did("at_least", 1), did("never", within="P7D")]},
    {"all": [did("never", within="P7D"), did("at_least", 1, within="P30D")]},
    {
        "all": [
            did("at_least", 1, where=[{"property": "a", "op": "is", "value": 1}]),
            did("at_least", 1, where=[{"property": "a", "op": "is", "value": 2}]),
        ]
    },
    {"all": [did("never", since="entry"), did("at_least", 1)]},
    {"all": [attribute("after", "2026-02-01"), attribute("before", "2026-02-01T09:00:00Z")]},
    {"all": [{"event": "x", "sum": "total", "op": "gt", "value": 5}, {"event": "x", "op": "never"}]},
    {"attribute": "x", "op": "no such thing"},
    "no condition",
]


@pytest.mark.parametrize("condition", NEVER, ids=str)
def test_what_can_never_hold_is_found(condition):
    assert Logic().impossible(condition)


@pytest.mark.parametrize("condition", MAYBE, ids=str)
def test_what_may_hold_is_left_alone(condition):
    assert not Logic().impossible(condition)


@pytest.mark.parametrize(
    ("later", "earlier", "expected"),
    [
        (attribute("is", "pro"), [attribute("is", "pro")], True),
        (attribute("is", "pro"), [attribute("in", ["pro", "vip"])], True),
        (attribute("in", ["pro", "vip"]), [attribute("is", "pro")], False),
        (attribute("in", ["pro", "vip"]), [attribute("is", "pro"), attribute("is", "vip")], True),
        (attribute("gte", 100), [attribute("gte", 50)], True),
        (attribute("gte", 50), [attribute("gte", 100)], False),
        (attribute("gt", 50), [attribute("gte", 50)], True),
        (attribute("between", [0, 10]), [attribute("lt", 5), attribute("gte", 5)], True),
        (attribute("is", "x"), [attribute("exists")], True),
        (attribute("exists"), [attribute("is", "x")], False),
        (attribute("starts_with", "abc"), [attribute("starts_with", "ab")], True),
        (attribute("is", "x", name="city"), [attribute("is", "pro"), attribute("is_not", "pro")], True),
        (did("at_least", 3), [did("at_least", 2)], True),
        (did("at_least", 2), [did("at_least", 3)], False),
        (did("at_least", 1, within="P7D"), [did("at_least", 1, within="P30D")], True),
        (did("at_least", 1, within="P30D"), [did("at_least", 1, within="P7D")], False),
        (did("at_least", 1, within="P1M"), [did("at_least", 1, within="P30D")], False),
        (did("never", within="P30D"), [did("never", within="P7D")], True),
        (did("never"), [did("at_most", 2)], True),
        ({"message": "m", "op": "clicked"}, [{"message": "m", "op": "opened"}], True),
        ({"message": "m", "op": "opened"}, [{"message": "m", "op": "clicked"}], False),
        ({"message": "m", "op": "clicked"}, [{"message": "n", "op": "opened"}], False),
        (
            {"all": [attribute("is", "pro"), did("at_least", 2)]},
            [{"any": [attribute("is", "pro"), did("never")]}],
            True,
        ),
        (attribute("within_last", "P7D"), [attribute("within_last", "P30D")], True),
        (attribute("within_last", "P30D"), [attribute("within_last", "P7D")], False),
        (attribute("is", "pro"), [], False),
        (attribute("is", "pro"), ["broken"], False),
    ],
)
def test_what_earlier_conditions_leave(later, earlier, expected):
    assert Logic().covered(later, earlier) is expected


events = st.lists(
    st.tuples(
        st.sampled_from(EVENTS),
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(NAMES), values, max_size=2),
    ),
    max_size=6,
)
people = st.tuples(st.dictionaries(st.sampled_from(NAMES), values, max_size=2), events)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(trees, min_size=1, max_size=3), st.lists(people, min_size=1, max_size=6))
def test_nobody_is_wrong_about_real_people(conditions, crowd):
    """Whoever fulfils a condition proves that it is possible, and that the others do not cover it if they don't."""
    first, *others = conditions
    logic = Logic()
    for person, happened in crowd:
        if holds(first, person, happened):
            assert not logic.impossible(first)
            if not any(holds(other, person, happened) for other in others):
                assert not logic.covered(first, others)


def test_a_question_without_end_is_given_up():
    tangle = {
        "all": [{"any": [attribute("is_not", f"{n}{m}", name=f"a{m}") for m in range(10)]} for n in range(15)]
    }
    logic, start = Logic(), time.process_time()
    for _turn in range(300):
        logic.covered(tangle, [tangle, {"not": tangle}])
        logic.impossible(tangle)
    assert time.process_time() - start < 5
