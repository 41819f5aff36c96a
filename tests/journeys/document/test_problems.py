"""What is wrong with a document, and what is no document at all."""

import copy

import pytest

from journeys.document import problems, walk
from journeys.document.shape import DocumentError, blank, parse
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers


class Context:
    """A workspace with one e-mail content."""

    workspace_id = 1

    def gettext(self, text):
        return text

    def step_kind(self, kind):
        return steps.get(kind)

    def trigger_kind(self, kind):
        return triggers.get(kind)

    def medium_of(self, content):
        return {"hello": "email"}.get(content)

    def condition_faults(self, condition):
        return [] if "attribute" in condition or "event" in condition else [("", "Unknown condition.")]


GOOD = {
    "format": "gilmok.journey/1",
    "name": "Good",
    "triggers": {"t": {"kind": "event", "event": "go", "next": "w"}},
    "steps": {
        "w": {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "m"}},
        "m": {
            "kind": "send_email",
            "settings": {"content": "hello", "topic": "offers"},
            "next": {"next": "x"},
        },
        "x": {"kind": "end", "settings": {}, "next": {}},
    },
    "policy": {},
}


def found(change=None):
    document = copy.deepcopy(GOOD)
    if change:
        change(document)
    return [(p.severity, p.code, p.step, p.field) for p in problems.find(parse(document), Context())]


def test_a_good_document_has_none():
    assert found() == []


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(document):
        for part in path:
            document = document[part]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("name", " "), [("error", "no_name", None, "name")]),
        (put("time_zone", "Mars/Base"), [("error", "bad_zone", None, "time_zone")]),
        (put("triggers", {}), [("error", "no_trigger", None, None)]),
        (put("triggers", "t", "next", None), [
            ("error", "unconnected", "t", None), ("warning", "unreachable", "w", None),
            ("warning", "unreachable", "m", None), ("warning", "unreachable", "x", None)]),
        (put("triggers", "t", "event", ""), [("error", "no_event", "t", "event")]),
        (put("triggers", "t", "kind", "moon"), [("error", "unknown_kind", "t", None)]),
        (put("steps", "w", "settings", {"for": "an hour"}), [("error", "bad_setting", "w", "for")]),
        (put("steps", "w", "settings", {}), [("error", "bad_setting", "w", "for")]),
        (put("steps", "w", "settings", {"for": "-PT1H"}), [("error", "bad_setting", "w", "for")]),
        (put("steps", "m", "next", {}), [("error", "unconnected", "m", None), ("warning", "unreachable", "x", None)]),
        (put("steps", "m", "next", {"next": "gone"}), [
            ("error", "unknown_target", "m", None), ("warning", "unreachable", "x", None)]),
        (put("steps", "m", "settings", {"content": "nothing"}), [("error", "unknown_content", "m", "content")]),
        (put("steps", "m", "kind", "send_sms"), [("error", "wrong_medium", "m", "content")]),
        (put("steps", "m", "kind", "teleport"), [("error", "unknown_kind", "m", None)]),
        (put("steps", "y", {"kind": "end", "settings": {}}), [("warning", "unreachable", "y", None)]),
        (put("steps", "m", "next", {"next": "x", "old": "x"}), [("warning", "stale_outlet", "m", None)]),
        (put("policy", {"goal": {"event": "paid", "within": "soon"}}), [
            ("error", "bad_policy", None, "policy/goal/within")]),
        (put("policy", {"exit_when": [{}]}), [("error", "bad_policy", None, "policy/exit_when/0")]),
        (put("policy", {"quiet_hours": {"from": "25:00", "to": "08:00"}}), [
            ("error", "bad_policy", None, "policy/quiet_hours/from")]),
        (put("policy", {"exit_when": [{"condition": {"moon": 1}}]}), [
            ("error", "bad_condition", None, "policy/exit_when/0/condition")]),
    ],
)  # fmt: skip
def test_each_problem_has_its_place(change, expected):
    assert found(change) == expected


@pytest.mark.parametrize(("length", "refused"), [("PT1M", False), ("PT59S", True)])
def test_a_loop_needs_a_wait_of_a_minute(length, refused):
    def loop(document):
        document["steps"]["w"]["settings"]["for"] = length
        document["steps"]["m"]["next"]["next"] = "w"
        del document["steps"]["x"]

    error = [("error", "loop_without_wait", "w", None)] if refused else []
    assert found(loop) == [*error, ("warning", "no_way_out", "w", None)]


def test_two_ways_with_one_key():
    branch = {"key": "a", "when": {"attribute": "plan", "op": "is", "value": "pro"}}
    document = copy.deepcopy(GOOD)
    document["steps"]["w"] = {
        "kind": "branch",
        "settings": {"branches": [branch, branch]},
        "next": {"a": "m", "else": "x"},
    }
    codes = [p.code for p in problems.find(parse(document), Context())]
    assert codes == ["duplicate_outlet"]


def test_more_than_2000_steps_are_too_many_and_2000_are_read_quickly():
    document = copy.deepcopy(GOOD)
    document["steps"] = {
        f"s{n}": {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": f"s{n + 1}"}}
        for n in range(1999)
    } | {"s1999": {"kind": "end", "settings": {}}}
    document["triggers"]["t"]["next"] = "s0"
    assert problems.find(parse(document), Context()) == []
    document["steps"]["extra"] = {"kind": "end", "settings": {}}
    assert [p.code for p in problems.find(parse(document), Context())] == ["too_many_steps"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""), ("text", ""), (None, ""),
        ({"format": "other/1"}, "/format"),
        ({"steps": []}, "/steps"),
        ({"steps": {"a": 1}}, "/steps/a"),
        ({"steps": {"a/b": {"settings": []}}}, "/steps/a~1b/settings"),
        ({"steps": {"a": {"next": {"next": 7}}}}, "/steps/a/next/next"),
        ({"triggers": {"a": {}}, "steps": {"a": {}}}, "/steps/a"),
        ({"name": 7}, "/name"),
        ({"name": "a\0b"}, "/name"),
        ({"steps": {"a": {"settings": {"x": float("nan")}}}}, "/steps/a/settings/x"),
        ({"notes": {}}, "/notes"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_with_its_place(document, pointer):
    with pytest.raises(DocumentError) as refused:
        parse(document)
    assert refused.value.pointer == pointer
    assert str(refused.value)


def test_deep_nesting_is_refused():
    value = 1
    for _level in range(500):
        value = [value]
    with pytest.raises(DocumentError):
        parse({"steps": {"a": {"settings": {"x": value}}}})


def test_unknown_kinds_and_keys_are_kept():
    document = parse({"steps": {"a": {"kind": "later", "settings": {"x": 1}, "extra": 2}}, "more": 3})
    assert (document.steps["a"].kind, document.steps["a"].settings, document.raw["more"]) == (
        "later",
        {"x": 1},
        3,
    )


def test_a_blank_document_is_readable():
    assert parse(blank("New")).name == "New"


def test_order_puts_joins_after_all_that_lead_to_them():
    document = parse(
        {
            "triggers": {"t": {"kind": "event", "next": "a"}},
            "steps": {
                "d": {"kind": "end"}, "a": {"kind": "x", "next": {"1": "b", "2": "c", "3": "d"}},
                "b": {"kind": "x", "next": {"1": "c"}}, "c": {"kind": "x", "next": {"1": "d"}},
            },
        }
    )  # fmt: skip
    rank = walk.order(document)
    assert sorted(rank, key=rank.__getitem__) == ["a", "b", "c", "d"]
