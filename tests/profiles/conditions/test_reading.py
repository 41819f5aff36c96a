"""Conditions that can't be read: each fault with its place and a plain sentence; nothing hostile gets through."""

import pytest

from profiles.conditions import ConditionError, compile_condition


def problems(tree, pointer=""):
    with pytest.raises(ConditionError) as caught:
        compile_condition(tree, 1, pointer)
    return caught.value.problems


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, [("", "A condition must be an object.")]),
        ([], [("", "A condition must be an object.")]),
        ({}, [("", "Choose what to look at.")]),
        ({"planet": "x"}, [("", "This kind of condition is unknown.")]),
        ({"all": {}}, [("/all", "This must be a list of conditions.")]),
        ({"all": [], "any": []}, [("", "Either all, any or not: one of them alone.")]),
        ({"not": []}, [("/not", "A condition must be an object.")]),
        (
            {"attribute": "a", "event": "b", "op": "exists"},
            [("", "A condition looks at one thing: join several with all or any.")],
        ),
        ({"attribute": "", "op": "is", "value": "x"}, [("/attribute", "Choose what to look at.")]),
        ({"attribute": 5, "op": "exists"}, [("/attribute", "Choose what to look at.")]),
        ({"attribute": "a"}, [("/op", "Choose how to compare.")]),
        ({"attribute": "a", "op": "like", "value": "x"}, [("/op", "“like” is no comparison.")]),
        ({"attribute": "a", "op": ["is"], "value": "x"}, [("/op", "“['is']” is no comparison.")]),
        ({"attribute": "a", "op": "is"}, [("/value", "Give a value.")]),
        (
            {"attribute": "a", "op": "is", "value": {}},
            [("/value", "Values must be texts, numbers, or true and false.")],
        ),
        ({"attribute": "a", "op": "in", "value": []}, [("/value", "Give a list of values.")]),
        (
            {"attribute": "a", "op": "in", "value": [None]},
            [("/value", "Values must be texts, numbers, or true and false.")],
        ),
        ({"attribute": "a", "op": "gt", "value": "many"}, [("/value", "“many” is no number.")]),
        ({"attribute": "a", "op": "gt", "value": True}, [("/value", "“True” is no number.")]),
        (
            {"attribute": "a", "op": "between", "value": [1]},
            [("/value", "Give a lower and an upper number, or two dates.")],
        ),
        (
            {"attribute": "a", "op": "between", "value": [1, "2026-01-01"]},
            [("/value", "Give a lower and an upper number, or two dates.")],
        ),
        ({"attribute": "a", "op": "before", "value": "soon"}, [("/value", "Write a date like 2026-01-31.")]),
        (
            {"attribute": "a", "op": "within_last", "value": 30},
            [("/value", "Write a length of time like P30D.")],
        ),
        (
            {"attribute": "a", "op": "within_last", "value": "-P3D"},
            [("/value", "Write a length of time like P30D.")],
        ),
        ({"event": ""}, [("/event", "Choose an event.")]),
        ({"event": "a", "op": "at_least", "times": -1}, [("/times", "Give a whole number of times.")]),
        ({"event": "a", "op": "at_least", "times": 1.5}, [("/times", "Give a whole number of times.")]),
        ({"event": "a", "op": "often"}, [("/op", "“often” is no comparison.")]),
        ({"event": "a", "within": "30 days"}, [("/within", "Write a length of time like P30D.")]),
        ({"event": "a", "since": "birth"}, [("/since", "Only “entry” is possible here.")]),
        ({"event": "a", "where": "x"}, [("/where", "This must be a list of property tests.")]),
        ({"event": "a", "where": [{"op": "is"}]}, [("/where/0/property", "Choose a property.")]),
        ({"event": "a", "where": [{"property": "p", "op": "is"}]}, [("/where/0/value", "Give a value.")]),
        ({"event": "a", "sum": "", "op": "gte", "value": 1}, [("/sum", "Choose a property.")]),
        ({"segment": ""}, [("/segment", "Choose a segment.")]),
        ({"consent": "", "op": "granted"}, [("/consent", "Choose a channel.")]),
        ({"consent": "email", "op": "maybe"}, [("/op", "“maybe” is no comparison.")]),
        ({"reachable": "pigeon"}, [("/reachable", "Choose a channel.")]),
        ({"message": "", "op": "sent"}, [("/message", "Choose a message step.")]),
        ({"message": "m1", "op": "eaten"}, [("/op", "Choose what became of the message.")]),
    ],
)
def test_a_fault_has_its_place_and_a_sentence(tree, expected):
    assert problems(tree) == expected


def test_all_faults_are_told_at_once_below_the_given_place():
    tree = {"all": [{"attribute": "a"}, {"any": [{"not": {"event": ""}}]}]}
    assert problems(tree, "/steps/b1/settings/branches/0/when") == [
        ("/steps/b1/settings/branches/0/when/all/0/op", "Choose how to compare."),
        ("/steps/b1/settings/branches/0/when/all/1/any/0/not/event", "Choose an event."),
    ]


def nested(depth):
    tree = {"attribute": "a", "op": "exists"}
    for _n in range(depth):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        (nested(10_000), "This condition is nested too deeply."),
        (nested(40), "This condition is nested too deeply."),
        ({"attribute": "a\0b", "op": "exists"}, "Text may not hold NUL or broken characters."),
        ({"attribute": "a", "op": "is", "value": "\ud800"}, "Text may not hold NUL or broken characters."),
        ({"attribute": "a", "op": "is", "value": float("nan")}, "Numbers must be finite."),
        ({"attribute": "a", "op": "gt", "value": float("inf")}, "Numbers must be finite."),
        ({"attribute": "a", "op": "gt", "value": 10**5000}, "This number is too large."),
        ({"attribute": "a", "op": "in", "value": ["x"] * 10_001}, "At most 10000 values are possible."),
        ({"attribute": "a", "op": "in", "value": ["x"] * 500_000}, "This condition is too large."),
        ({"attribute": "a" * 201, "op": "exists"}, "This name is too long."),
        ({"event": "a" * 201}, "This name is too long."),
        ({"any": [{"attribute": "a", "op": "exists"}] * 201}, "A condition can have at most 200 parts."),
    ],
)
def test_what_is_hostile_is_refused(tree, sentence):
    assert sentence in [message for _pointer, message in problems(tree)]


def test_a_long_list_is_one_parameter(person, holds):
    ana = person({"sku": "s9999"})
    assert holds({"attribute": "sku", "op": "in", "value": [f"s{n}" for n in range(10_000)]}, ana) is True


def test_the_same_condition_is_compiled_once():
    one = compile_condition({"attribute": "a", "op": "is", "value": "x"}, 1)
    assert compile_condition({"value": "x", "op": "is", "attribute": "a"}, 1) is one
    assert compile_condition({"attribute": "a", "op": "is", "value": "x"}, 2) is not one


def test_compiled_tells_what_may_change_its_answer():
    compiled = compile_condition({"all": [{"event": "a"}, {"entry": "x", "op": "exists"}]}, 1)
    assert (compiled.events, compiled.uses_profile) == (frozenset({"a"}), False)
    assert compile_condition({"attribute": "x", "op": "exists"}, 1).uses_profile is True


def test_names_that_nobody_ever_had_are_told(workspace, now):
    from profiles.conditions.names import unknown_names
    from profiles.models import KnownName

    KnownName.objects.create(workspace=workspace, kind="attribute", name="plan", first_seen=now)
    known = {"attribute": "plan", "op": "exists"}
    tree = {
        "all": [
            known,
            {"attribute": "plam.x", "op": "exists"},
            {"event": "plan"},
            {"segment": "vip", "op": "in"},
        ]
    }
    assert unknown_names(tree, workspace) == [
        ("/all/1/attribute", "No customer has had the attribute “plam” yet."),
        ("/all/2/event", "The event “plan” has never come in yet."),
        ("/all/3/segment", "There is no segment “vip”."),
    ]
    assert unknown_names({"attribute": "plan"}, workspace) == []
