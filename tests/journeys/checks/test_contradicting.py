import time

import pytest

from journeys import checking
from journeys.api.documents import merge
from tests.journeys.checks.conftest import branch, draft, plan


@pytest.fixture(autouse=True)
def plans(knows):
    knows(attribute=["plan", "points"], event={"go": ["value"], "paid": ["total"]})


def test_a_way_behind_one_that_takes_all_of_its_people(found):
    document = draft(b=branch(plan("in", ["pro", "vip"]), plan("is", "pro"), plan("is", "basic")))
    assert found(document) == [("shadowed", "b", "branches/1/when")]


def test_two_ways_together_leave_a_third_nobody(found):
    document = draft(b=branch(plan("is", "a"), plan("is", "b"), plan("in", ["a", "b"])))
    assert found(document) == [("shadowed", "b", "branches/2/when")]


def test_ways_that_overlap_are_fine(found):
    assert found(draft(b=branch(plan("is", "pro"), plan("in", ["pro", "vip"]), plan("exists")))) == []


def test_a_way_nobody_can_take(found):
    never = {"all": [plan("is", "a"), plan("is", "b")]}
    assert found(draft(b=branch(never, plan("is", "a")))) == [("contradictory", "b", "branches/0/when")]


def test_a_way_that_contradicts_itself_hides_no_other(found):
    never = {"all": [plan("is", "a"), plan("is_not", "a")]}
    assert found(draft(b=branch(never, never))) == [
        ("contradictory", "b", "branches/0/when"),
        ("contradictory", "b", "branches/1/when"),
    ]


def test_the_mend_takes_the_way_and_its_road(workspace, found):
    document = draft(b=branch(plan("exists"), plan("is", "pro"), plan("missing")))
    (problem,) = checking.find(document, workspace)
    after = merge(document, problem.fix["patch"])
    assert [way["key"] for way in after["steps"]["b"]["settings"]["branches"]] == ["k0", "k2"]
    assert after["steps"]["b"]["next"] == {"k0": "x", "k2": "x", "else": "x"}
    assert found(after) == []


def test_the_last_way_of_a_step_is_not_taken_away(workspace):
    (problem,) = checking.find(draft(b=branch({"any": []})), workspace)
    assert (problem.code, problem.fix) == ("contradictory", None)


def waiting(*ways):
    named = [{"key": f"k{n}", **way} for n, way in enumerate(ways)]
    following = {way["key"]: "x" for way in named} | {"timeout": "x"}
    return {"kind": "wait_for_event", "settings": {"within": "P1D", "branches": named}, "next": following}


def total(op, value):
    return [{"property": "total", "op": op, "value": value}]


def test_ways_of_a_wait_for_the_same_event(found):
    step = waiting(
        {"event": "paid", "where": total("gte", 10)},
        {"event": "paid", "where": total("gte", 50)},
        {"event": "go"},
        {"event": "paid"},
        {"event": "paid", "where": total("lt", 3)},
    )
    assert found(draft(w=step)) == [
        ("shadowed", "w", "branches/1/where"),
        ("shadowed", "w", "branches/4/where"),
    ]


def test_ways_of_a_wait_that_differ_are_fine(found):
    step = waiting(
        {"event": "paid", "where": total("gte", 10)}, {"event": "paid"}, {"when": plan("is", "pro")}
    )
    assert found(draft(w=step)) == []


def test_a_wait_for_an_event_that_can_not_be(found):
    step = waiting({"event": "paid", "where": [*total("gte", 10), *total("lt", 10)]}, {"event": "go"})
    assert found(draft(w=step)) == [("contradictory", "w", "branches/0/where")]


def test_a_way_in_and_rules_that_nobody_fulfils(found):
    never = {"all": [plan("is", "a"), plan("is", "b")]}
    triggers = {
        "t": {"kind": "event", "event": "go", "where": never},
        "s": {"kind": "schedule", "audience": never},
    }
    policy = {"exit_when": [{"condition": never}], "goal": {"condition": never}}
    assert sorted(found(draft(triggers, policy, b=branch(plan("exists")))), key=str) == sorted(
        [
            ("contradictory", None, "policy/exit_when/0/condition"),
            ("contradictory", None, "policy/goal/condition"),
            ("contradictory", "t", "where"),
            ("contradictory", "s", "audience"),
        ],
        key=str,
    )


def test_two_hundred_branches_of_fifty_ways_are_looked_at_in_seconds(workspace):
    steps = {}
    for n in range(200):
        step = branch(*({"attribute": "points", "op": "gte", "value": 50 - way} for way in range(50)))
        steps[f"b{n}"] = {**step, "next": dict.fromkeys(step["next"], f"b{n + 1}" if n < 199 else "x")}
    start = time.process_time()
    problems = checking.find(draft(**steps), workspace)
    assert [p.code for p in problems] == []
    assert time.process_time() - start < 10
