from copy import deepcopy

import pytest

from journeys.document.compare import MISSING, Difference, NodeChange, Road, compare, successor
from journeys.document.shape import parse

VIP = {"attribute": "plan", "op": "is", "value": "vip"}
BIG = {"entry": "value", "op": "gte", "value": 9}
DOCUMENT = {
    "format": "gilmok.journey/1",
    "name": "Cart rescue",
    "time_zone": "Asia/Seoul",
    "triggers": {"t1": {"kind": "event", "event": "cart_updated", "next": "w1"}},
    "steps": {
        "w1": {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "b1"}},
        "b1": {
            "kind": "branch",
            "settings": {"branches": [{"key": "vip", "when": VIP}, {"key": "big", "when": BIG}]},
            "next": {"vip": "m1", "big": "m1", "else": "x1"},
        },
        "m1": {"kind": "send_email", "settings": {"content": "hello"}, "next": {"next": "x1"}},
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"reentry": {"mode": "after_exit"}, "exit_when": [{"event": "bye"}], "max_stay": "P400D"},
    "layout": {"w1": [0, 0]},
}  # fmt: skip


def changed(**edits):
    """The document after `edits`: step key -> function on the step."""
    document = deepcopy(DOCUMENT)
    for key, edit in edits.items():
        edit(document["steps"][key])
    return document


def test_the_same_document_has_no_differences():
    assert compare(DOCUMENT, deepcopy(DOCUMENT)).empty


def test_moved_cards_and_notes_are_no_difference():
    other = deepcopy(DOCUMENT) | {"layout": {"w1": [280, 20]}, "notes": [{"at": [0, 0], "text": "Hello"}]}
    assert compare(DOCUMENT, other).empty


def test_added_and_removed():
    other = deepcopy(DOCUMENT)
    other["steps"]["m2"] = other["steps"].pop("m1")
    other["triggers"]["t2"] = {"kind": "api", "next": "w1"}
    found = compare(DOCUMENT, other)
    assert (found.steps.added, found.steps.removed) == (("m2",), ("m1",))
    assert (found.triggers.added, found.triggers.removed) == (("t2",), ())


def test_a_setting_with_before_and_after():
    found = compare(
        DOCUMENT, changed(w1=lambda step: step["settings"].update({"for": "P2D", "jitter": "PT5M"}))
    )
    assert found.steps.changed == (
        NodeChange("w1", settings=(Difference("for", "PT1H", "P2D"), Difference("jitter", MISSING, "PT5M"))),
    )


def test_rows_go_by_their_key_and_conditions_are_whole():
    def edit(step):
        gold = VIP | {"value": "gold"}
        step["settings"]["branches"][0] = {"key": "vip", "when": gold, "label": "Gold"}
        step["settings"]["branches"][1] = {"key": "new", "when": VIP}

    (step,) = compare(DOCUMENT, changed(b1=edit)).steps.changed
    old = DOCUMENT["steps"]["b1"]["settings"]["branches"]
    assert step.settings == (
        Difference("branches/vip/when", VIP, VIP | {"value": "gold"}),
        Difference("branches/vip/label", MISSING, "Gold"),
        Difference("branches/big", old[1], MISSING),
        Difference("branches/new", MISSING, {"key": "new", "when": VIP}),
    )


def test_another_order_of_the_same_rows_is_a_difference():
    (step,) = compare(DOCUMENT, changed(b1=lambda step: step["settings"]["branches"].reverse())).steps.changed
    assert step.settings == (Difference("branches", ["vip", "big"], ["big", "vip"]),)


def test_roads_names_and_kinds():
    def edit(step):
        step["next"] = {"vip": "x1", "big": "m1"}
        step["name"] = "Worth it?"

    def other_kind(step):
        step["kind"] = "send_sms"

    found = compare(DOCUMENT, changed(b1=edit, m1=other_kind))
    assert found.steps.changed == (
        NodeChange(
            "b1",
            settings=(Difference("$name", "", "Worth it?"),),
            roads=(Road("vip", "m1", "x1"), Road("else", "x1", None)),
        ),
        NodeChange("m1", kind=("send_email", "send_sms")),
    )


def test_triggers_policy_and_the_journey_itself():
    other = deepcopy(DOCUMENT)
    other["triggers"]["t1"] |= {"event": "cart_left", "next": "b1"}
    other["policy"] |= {
        "max_stay": "P30D",
        "exit_when": [],
        "reentry": {"mode": "after_exit", "cooldown": "P7D"},
    }
    other["name"], other["time_zone"] = "Carts", "UTC"
    found = compare(DOCUMENT, other)
    assert found.triggers.changed == (
        NodeChange(
            "t1",
            settings=(Difference("event", "cart_updated", "cart_left"),),
            roads=(Road("next", "w1", "b1"),),
        ),
    )
    assert found.policy == (
        Difference("reentry/cooldown", MISSING, "P7D"),
        Difference("exit_when", [{"event": "bye"}], []),
        Difference("max_stay", "P400D", "P30D"),
    )
    assert found.journey == (
        Difference("name", "Cart rescue", "Carts"), Difference("time_zone", "Asia/Seoul", "UTC"),
    )  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [(None, ""), ({}, []), (1, 1.0), ([], None)])
def test_nothing_is_nothing_however_it_is_written(before, after):
    old = changed(x1=lambda step: step["settings"].update({"reason": before}))
    assert compare(old, changed(x1=lambda step: step["settings"].update({"reason": after}))).empty


def without(*keys):
    document = deepcopy(DOCUMENT)
    for key in keys:
        del document["steps"][key]
    return parse(document)


def test_successor_is_the_first_step_still_there():
    before = parse(DOCUMENT)
    assert successor(before, "w1", without("w1")) == "b1"
    assert successor(before, "w1", without("w1", "b1")) == "x1"  # by "otherwise", not as if she were a VIP
    assert successor(before, "m1", without("m1")) == "x1"
    assert successor(before, "m1", without("m1", "x1")) is None


def test_successor_follows_other_ways_where_the_usual_one_is_gone():
    assert successor(parse(DOCUMENT), "w1", without("w1", "b1", "x1")) == "m1"


def test_successor_ends_in_a_ring():
    ring = {"a": {"kind": "wait", "next": {"next": "b"}}, "b": {"kind": "wait", "next": {"next": "a"}}}
    assert successor(parse({"steps": ring}), "a", parse({"steps": {}})) is None
