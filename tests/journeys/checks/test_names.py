import pytest

from journeys import checking
from journeys.api.documents import merge
from tests.journeys.checks.conftest import branch, draft, plan


def test_names_that_are_known_are_fine(found, knows):
    knows(attribute=["plan"], event={"go": ["value"], "paid": ["total"]})
    paid = {
        "event": "paid",
        "op": "at_least",
        "times": 1,
        "where": [{"property": "total", "op": "gt", "value": 1}],
    }
    policy = {"goal": {"event": "paid", "where": [{"property": "total.net", "op": "exists"}]}}
    assert found(draft(None, policy, b=branch({"all": [paid, plan("exists")]}))) == []


def test_an_event_that_never_came_in_wherever_it_stands(found, knows):
    knows(event={"bought": []})
    wait = {
        "kind": "wait_for_event",
        "settings": {"branches": [{"key": "k", "event": "walked"}, {"key": "l", "event": "message_clicked"}]},
        "next": {"k": "x", "l": "x", "timeout": "x"},
    }
    policy = {"exit_when": [{"event": "closed"}], "goal": {"event": "paid"}}
    assert found(draft(None, policy, w=wait)) == [
        ("never_seen", None, "policy/exit_when/0/event"),
        ("never_seen", None, "policy/goal/event"),
        ("never_seen", "t", "event"),
        ("never_seen", "w", "branches/0/event"),
    ]


def test_before_anything_came_in_no_event_is_doubted(found):
    assert found(draft(w={"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "x"}})) == []


def test_a_property_that_its_event_never_carried(found, knows):
    knows(event={"go": ["value"], "paid": ["total"]})
    tests = [{"property": "totl", "op": "gt", "value": 1}]
    counted = {"event": "paid", "op": "at_least", "times": 1, "where": tests}
    document = draft(None, {"goal": {"event": "paid", "where": tests}}, b=branch({"any": [counted]}))
    assert found(document) == [
        ("never_seen", None, "policy/goal/where/0/property"),
        ("never_seen", "b", "branches/0/when/any/0/where/0/property"),
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"attribute": "plen.name", "op": "exists"}, {"attribute": "plan.name", "op": "exists"}),
        ({"event": "order_complete", "op": "never"}, {"event": "order_completed", "op": "never"}),
        (
            {
                "any": [
                    {
                        "event": "order_completed",
                        "where": [{"property": "totel", "op": "exists"}],
                        "op": "never",
                    }
                ]
            },
            {
                "any": [
                    {
                        "event": "order_completed",
                        "where": [{"property": "total", "op": "exists"}],
                        "op": "never",
                    }
                ]
            },
        ),
    ],
)
def test_a_slip_is_mended_by_the_likely_name(workspace, found, knows, condition, expected):
    knows(attribute=["plan"], event={"go": [], "order_completed": ["total"]})
    document = draft(b=branch(condition))
    (problem,) = checking.find(document, workspace)
    after = merge(document, problem.fix["patch"])
    assert after["steps"]["b"]["settings"]["branches"][0]["when"] == expected
    assert found(after) == []


def test_slips_of_triggers_and_rules_are_mended_too(workspace, found, knows):
    knows(event={"cart_updated": [], "order_completed": []})
    document = draft(
        {"t": {"kind": "event", "event": "cart_update"}},
        {"exit_when": [{"event": "order_complete"}]},
        b={"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "x"}},
    )
    for problem in checking.find(document, workspace):
        document = merge(document, problem.fix["patch"])
    assert document["triggers"]["t"]["event"] == "cart_updated"
    assert document["policy"]["exit_when"] == [{"event": "order_completed"}]
    assert found(document) == []


def test_a_name_like_none_has_no_mend(workspace, knows):
    knows(attribute=["plan"], event={"go": []})
    (problem,) = checking.find(draft(b=branch({"attribute": "shoe_size", "op": "exists"})), workspace)
    assert (problem.code, problem.fix) == ("never_seen", None)
