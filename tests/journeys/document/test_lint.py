"""What the drawing alone tells, each rule with what it finds and what it leaves alone; and every fix mends."""

import time

import pytest

from journeys.api.documents import merge
from journeys.document import problems
from journeys.document.lint import find
from journeys.document.policy import read_policy
from journeys.document.roads import Roads
from journeys.document.shape import parse
from tests.journeys.document.test_problems import Context

END = {"kind": "end", "settings": {}}


def wait(to, length="P1D"):
    return {"kind": "wait", "settings": {"for": length}, "next": {"next": to}}


def mail(to, **more):
    return {"kind": "send_email", "settings": {"content": "hello"}, "next": {"next": to}, **more}


def branch(yes, no, when=None, **more):
    when = when or {"attribute": "plan", "op": "is", "value": "pro"}
    return {
        "kind": "branch",
        "settings": {"branches": [{"key": "yes", "label": "Yes", "when": when}]},
        "next": {"yes": yes, "else": no},
        **more,
    }


def until(event, yes, no, within="P3D"):
    return {
        "kind": "wait_for_event",
        "settings": {"within": within, "branches": [{"key": "yes", "event": event}]},
        "next": {"yes": yes, "timeout": no},
    }


def opened(step, op="opened"):
    return {"message": step, "op": op}


def draft(start, policy=None, triggers=None, **steps):
    return {
        "name": "Test",
        "triggers": triggers or {"t": {"kind": "event", "event": "go", "next": start}},
        "steps": {**steps, "x": END},
        "policy": policy or {},
    }


class Anything(Context):
    def condition_faults(self, condition):
        return []


def look(document):
    return problems.find(parse(document), Anything())


def found(document):
    return [(p.severity, p.code, p.step, p.field) for p in look(document)]


def mended(document, code):
    """The document after its first problem of that code is mended, and the codes that are left."""
    fix = next(p.fix for p in look(document) if p.code == code)
    after = merge(document, fix["patch"])
    return after, [p.code for p in look(after)]


# Roads


def test_a_road_from_a_way_out_that_is_gone_leads_nobody_anywhere():
    document = draft("a", a={**wait("x"), "next": {"next": "x", "old": "b"}}, b=wait("x"))
    assert found(document) == [("warning", "stale_outlet", "a", None), ("warning", "unreachable", "b", None)]
    assert mended(document, "stale_outlet")[1] == ["unreachable"]


def test_an_unreachable_step_can_be_taken_out():
    document = draft("a", a=wait("x"), b=wait("c"), c=wait("b")) | {"layout": {"b": [0, 0]}}
    assert [p[1:3] for p in found(document)] == [("unreachable", "b"), ("unreachable", "c")]
    after, left = mended(document, "unreachable")
    assert (sorted(after["steps"]), after["layout"]) == (["a", "c", "x"], {})
    assert left == ["unconnected", "unreachable"]


def test_a_loop_nobody_gets_out_of():
    round_and_round = draft("a", a=wait("b"), b=wait("a"), c=wait("x"))
    assert ("warning", "no_way_out", "a", None) in found(round_and_round)


@pytest.mark.parametrize(
    "policy",
    [
        {"exit_when": [{"event": "closed"}]},
        {"goal": {"event": "paid", "on_reach": "leave"}},
        {"max_stay": "soon"},
    ],
)
def test_a_loop_that_a_rule_ends_is_fine(policy):
    assert "no_way_out" not in [p[1] for p in found(draft("a", policy, a=wait("b"), b=wait("a")))]


def test_a_loop_with_a_way_out_is_fine():
    assert found(draft("a", a=wait("b"), b=branch("a", "x"))) == []
    late = {"kind": "wait_until", "settings": {"attribute": "day", "past": "leave"}, "next": {"next": "a"}}
    assert found(draft("a", a=wait("b"), b=late)) == [("warning", "unreachable", "x", None)]


def test_only_the_last_of_nested_loops_is_told_of():
    document = draft("a", a=wait("b"), b=branch("a", "c"), c=wait("d"), d=wait("c"))
    assert [p[1:3] for p in found(document)] == [("no_way_out", "c"), ("unreachable", "x")]


def test_a_loop_without_a_wait_is_mended_by_one():
    document = draft("a", a=branch("b", "x"), b=mail("a"))
    assert found(document) == [("error", "loop_without_wait", "a", None)]
    after, left = mended(document, "loop_without_wait")
    assert (left, after["steps"]["b"]["next"], after["steps"]["w1"]) == ([], {"next": "w1"}, wait("a"))


def test_an_open_way_out_is_mended_by_the_end():
    document = draft("a", a=branch("x", "x"))
    del document["steps"]["a"]["next"]["else"]
    assert found(document) == [("error", "unconnected", "a", None)]
    after, left = mended(document, "unconnected")
    assert (left, after["steps"]["a"]["next"]) == ([], {"yes": "x", "else": "x"})


def test_without_an_end_the_mend_brings_one():
    document = draft("a", a=wait("x"))
    del document["steps"]["x"], document["steps"]["a"]["next"]["next"]
    after, left = mended(document, "unconnected")
    assert (left, after["steps"]["a"]["next"], after["steps"]["e1"]["kind"]) == ([], {"next": "e1"}, "end")


def test_a_road_to_nowhere_can_be_taken_away():
    assert mended(draft("a", a=wait("gone")), "unknown_target")[1] == ["unconnected", "unreachable"]


# Waits


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (draft("a", {"max_stay": "P30D"}, a=wait("x", "P30D")), "a"),
        (draft("a", {"max_stay": "P30D"}, a=wait("b", "P20D"), b=wait("x", "P10D")), "b"),
        (draft("a", a=wait("b", "P300D"), b=branch("c", "x"), c=wait("x", "P100D")), "c"),
        (draft("a", {"max_stay": "P5D"}, a=until("go", "x", "b"), b=wait("x", "P2D")), "b"),
        (draft("a", {"max_stay": "P5D"}, a=wait("b"), b=branch("a", "c"), c=wait("x", "P5D")), "c"),
    ],
)
def test_waits_beyond_the_longest_stay(document, where):
    assert found(document) == [("warning", "longer_than_stay", where, None)]
    assert mended(document, "longer_than_stay")[1] == []


@pytest.mark.parametrize(
    "document",
    [
        draft("a", {"max_stay": "P30D"}, a=wait("x", "P29D")),
        draft("a", {"max_stay": "P30D"}, a=wait("b", "P20D"), b=branch("x", "c"), c=wait("x", "P9D")),
        # The event may come at once: nobody must wait here.
        draft("a", {"max_stay": "P5D"}, a=until("go", "b", "x"), b=wait("x", "P4D")),
        draft("a", {"max_stay": "P5D"}, a=wait("b"), b=branch("a", "x")),  # going round is meant
        draft("a", {"max_stay": "P1M"}, a=wait("x", "P30D")),  # a month of 31 days
    ],
)
def test_waits_within_the_longest_stay(document):
    assert found(document) == []


def test_the_longest_way_counts_not_the_sum_of_all():
    document = draft(
        "a",
        {"max_stay": "P9D"},
        a=branch("b", "c"),
        b=wait("d", "P4D"),
        c=wait("d", "P4D"),
        d=wait("x", "P4D"),
    )
    assert found(document) == []


# Asked too early


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (draft("m", m=mail("b"), b=branch("x", "x", opened("m"))), "b"),
        (draft("m", m=mail("s"), s=branch("b", "b"), b=branch("x", "x", opened("m", "clicked"))), "b"),
        (draft("m", m=mail("b"), b=branch("x", "x", {"any": [opened("m"), {"not": opened("m")}]})), "b"),
        (draft("m", m=mail("s"), s=branch("w", "b"), w=wait("b"), b=branch("x", "x", opened("m"))), "b"),
    ],
)
def test_opened_right_after_the_send(document, where):
    (problem,) = look(document)
    assert (problem.severity, problem.code, problem.step) == ("warning", "answer_too_early", where)
    assert problem.field.startswith("branches/0/when")
    assert mended(document, "answer_too_early")[1] == []


@pytest.mark.parametrize(
    "document",
    [
        draft("m", m=mail("w"), w=wait("b"), b=branch("x", "x", opened("m"))),
        draft("m", m=mail("w"), w=until("go", "b", "b"), b=branch("x", "x", opened("m"))),
        draft(
            "m",
            m=mail("w"),
            w={
                "kind": "wait_for_event",
                "settings": {"within": "P1D", "branches": [{"key": "yes", "when": opened("m")}]},
                "next": {"yes": "x", "timeout": "x"},
            },
        ),
    ],
)
def test_opened_after_a_wait_is_fine(document):
    assert found(document) == []


def test_the_wait_of_the_mend_stands_on_the_straight_roads_only():
    document = draft("m", m=mail("s"), s=branch("w", "b"), w=wait("b"), b=branch("x", "x", opened("m")))
    after, _left = mended(document, "answer_too_early")
    assert (after["steps"]["s"]["next"], after["steps"]["w"]["next"]) == (
        {"yes": "w", "else": "w1"},
        {"next": "b"},
    )


# Asked for what is not there


def test_a_message_that_comes_later():
    document = draft("w", w=wait("b"), b=branch("m", "x", opened("m")), m=mail("x", name="Reminder"))
    (problem,) = look(document)
    assert (problem.code, problem.step, problem.field) == ("message_never", "b", "branches/0/when")
    assert "Reminder" in problem.message


def test_a_message_that_some_never_got():
    steps = {"s": branch("m", "w"), "m": mail("w"), "w": wait("b"), "b": branch("x", "x", opened("m"))}
    assert found(draft("s", **steps)) == [("warning", "message_maybe", "b", "branches/0/when")]


def test_asking_about_the_messages_of_both_ways_is_fine():
    steps = {
        "s": branch("m", "n"),
        "m": mail("w"),
        "n": mail("w"),
        "w": wait("b"),
        "b": branch("x", "x", {"any": [opened("m"), opened("n")]}),
    }
    assert found(draft("s", **steps)) == []


def test_a_message_of_an_earlier_round_is_there():
    steps = {"m": mail("w"), "w": wait("b"), "b": branch("x", "m", opened("m"))}
    assert found(draft("m", **steps)) == []


def test_a_message_of_no_step_is_an_error_with_a_fix():
    document = draft("m", m=mail("w"), w=wait("b"), b=branch("x", "x", {"all": [opened("gone")]}))
    assert found(document) == [("error", "unknown_message", "b", "branches/0/when/all/0/message")]
    after, left = mended(document, "unknown_message")
    assert (left, after["steps"]["b"]["settings"]["branches"][0]["when"]) == ([], {"all": [opened("m")]})


def test_a_message_of_a_step_that_sends_none_in_a_rule_of_the_journey():
    document = draft("w", {"exit_when": [{"condition": opened("w")}]}, w=wait("x"))
    assert found(document) == [("error", "unknown_message", None, "policy/exit_when/0/condition/message")]


def hook(to, save_as):
    return {
        "kind": "call_webhook",
        "settings": {"method": "POST", "url": "https://example.com/", "save_as": save_as},
        "next": {"next": to, "failed": "x"},
    }


CODE = {"context": "coupon.code", "op": "exists"}


def test_a_value_that_no_step_before_writes():
    assert found(draft("b", b=branch("x", "x", CODE))) == [
        ("warning", "context_never", "b", "branches/0/when")
    ]
    late = {"kind": "wait_until", "settings": {"attribute": "context.day"}, "next": {"next": "x"}}
    assert found(draft("u", u=late)) == [("warning", "context_never", "u", "attribute")]


def test_a_value_that_the_step_before_writes_is_fine():
    assert found(draft("h", h=hook("b", "coupon"), b=branch("x", "x", CODE))) == []
    assert found(draft("h", h=hook("b", "other"), b=branch("x", "x", CODE))) == [
        ("warning", "context_never", "b", "branches/0/when")
    ]


def test_a_value_that_some_come_without():
    steps = {"s": branch("h", "b"), "h": hook("b", "coupon"), "b": branch("x", "x", CODE)}
    assert found(draft("s", **steps)) == [("warning", "context_maybe", "b", "branches/0/when")]


def test_what_an_unknown_step_writes_is_not_known():
    steps = {"h": {"kind": "later", "next": {"next": "b"}}, "b": branch("x", "x", CODE)}
    assert [p[1] for p in found(draft("h", **steps))] == ["unknown_kind"]


# Size


def chain(size):
    """As hostile as a drawing gets: questions everywhere, all roads long, loops, answers far away."""
    steps = {}
    for n in range(0, size, 4):
        following = f"s{n + 4}" if n + 4 < size else "x"
        steps |= {
            f"s{n}": mail(f"s{n + 1}"),
            f"s{n + 1}": branch(f"s{n + 2}", f"s{n + 3}", {"all": [opened(f"s{n}"), opened("s0"), CODE]}),
            f"s{n + 2}": wait(f"s{n + 3}" if n % 8 else f"s{max(0, n - 400)}"),
            f"s{n + 3}": {**wait(following), "next": {"next": following, "stale": f"s{n // 2}"}},
        }
    return draft("s0", **steps)


def test_ten_thousand_steps_are_looked_at_in_seconds():
    document = parse(chain(10_000))
    start = time.process_time()
    roads = Roads(document, Anything())
    codes = {p.code for p in find(roads, read_policy({}).policy, Anything())}
    assert time.process_time() - start < 8
    assert "answer_too_early" in codes


def test_twice_the_steps_take_about_twice_as_long():
    def seconds(size):
        document = parse(chain(size))
        best = 9.9
        for _turn in range(2):
            start = time.process_time()
            list(find(Roads(document, Anything()), read_policy({}).policy, Anything()))
            best = min(best, time.process_time() - start)
        return best

    assert seconds(8000) < 5 * max(seconds(4000), 0.05)
