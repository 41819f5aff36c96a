import pytest

from journeys import checking
from journeys.api.documents import merge
from tests.journeys.checks.conftest import branch, draft

BIG = {"entry": "value", "op": "gte", "value": 5}


@pytest.fixture(autouse=True)
def came_in(knows):
    knows(event={"go": ["value"], "paid": ["total"]})


def test_what_the_event_brings_is_there(found):
    assert found(draft({"t": {"kind": "event", "event": "go", "where": BIG}}, b=branch(BIG))) == []


def test_what_the_event_never_brought(found):
    document = draft({"t": {"kind": "event", "event": "paid", "where": BIG}}, b=branch({"not": BIG}))
    assert found(document) == [
        ("entry_never", "t", "where/entry"),
        ("entry_never", "b", "branches/0/when/not/entry"),
    ]


def test_the_likely_property_mends_it(workspace, found):
    document = draft(b=branch({"entry": "valu.net", "op": "exists"}))
    (problem,) = checking.find(document, workspace)
    after = merge(document, problem.fix["patch"])
    assert after["steps"]["b"]["settings"]["branches"][0]["when"]["entry"] == "value.net"
    assert found(after) == []


def test_one_way_in_brings_it_and_another_does_not(found):
    triggers = {"t": {"kind": "event", "event": "go"}, "s": {"kind": "event", "event": "paid"}}
    assert found(draft(triggers, b=branch(BIG))) == [("entry_maybe", "b", "branches/0/when/entry")]


def test_asking_whether_it_is_there_is_fine(found):
    triggers = {"t": {"kind": "event", "event": "go"}, "s": {"kind": "event", "event": "paid"}}
    assert found(draft(triggers, b=branch({"entry": "value", "op": "exists"}))) == []


def test_only_the_ways_in_that_lead_there_count(found):
    triggers = {"t": {"kind": "event", "event": "go"}, "s": {"kind": "event", "event": "paid", "next": "x"}}
    assert found(draft(triggers, b=branch(BIG))) == []


@pytest.mark.parametrize(
    "trigger",
    [
        {"kind": "api"},
        {"kind": "api", "schema": {"properties": {"value": {"type": "number"}}}},
        {"kind": "event", "event": "never_came"},
    ],
)
def test_what_nobody_knows_is_not_doubted(found, trigger):
    assert "entry_never" not in [code for code, *_rest in found(draft({"t": trigger}, b=branch(BIG)))]


@pytest.mark.parametrize(
    "trigger",
    [{"kind": "schedule", "at": "2030-01-01T09:00"}, {"kind": "api", "schema": {"properties": {"a": {}}}}],
)
def test_ways_in_that_say_what_they_bring(found, trigger):
    assert ("entry_never", "b", "branches/0/when/entry") in found(draft({"t": trigger}, b=branch(BIG)))


def test_waits_and_rules_of_the_journey_read_it_too(found):
    late = {"kind": "wait_until", "settings": {"attribute": "entry.day"}, "next": {"next": "x"}}
    policy = {"reentry": {"key": "order_id"}, "goal": {"condition": {"entry": "a", "op": "exists"}}}
    assert found(draft(None, policy, u=late)) == [
        ("entry_never", None, "policy/goal/condition/entry"),
        ("entry_never", None, "policy/reentry/key"),
        ("entry_never", "u", "attribute"),
    ]
