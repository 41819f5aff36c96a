"""What a stored test expects, and where an answer parts from it."""

import pytest

from journeys.expectation_words import sentence
from journeys.expectations import Divergence, ExpectationError, compare, read, record

TITLES = {"w": "Wait", "b": "Is this a VIP?", "m": "VIP mail", "n": "Other mail"}


def visit(step, outlet="next", left_at="2026-01-05T11:00:00Z"):
    return {"step": step, "outlet": outlet, "left_at": left_at}


def message(step, state="sent", reason=None):
    return {"step": step, "state": state, "reason": reason, "medium": "email", "at": "2026-01-05T11:00:00Z"}


def answer(*enrolments):
    walked = [
        {"trigger": "t", "visits": visits, "messages": messages, "reason": reason}
        for visits, messages, reason in enrolments
    ]
    return {"enrolments": walked, "not_entered": [] if walked else [{"trigger": "t"}]}


WALK = ([visit("w"), visit("b", "vip"), visit("m"), visit("x", None)], [message("m")], "completed")


def test_what_was_recorded_is_fulfilled():
    assert record(answer(WALK)) == {
        "entered": 1,
        "paths": [["w", "b", "m", "x"]],
        "outlets": [["next", "vip", "next", None]],
        "messages": [{"step": "m", "state": "sent", "reason": None}],
        "ended": ["completed"],
    }
    assert compare(record(answer(WALK)), answer(WALK)) is None


@pytest.mark.parametrize(
    ("enrolments", "divergence", "text"),
    [
        (
            [([visit("w"), visit("b", "else"), visit("n"), visit("x", None)], [message("n")], "completed")],
            Divergence("outlet", "b", "vip", "else"),
            "Test “T”: expected the way “vip”, got the way “else”.",
        ),
        (
            [([visit("w"), visit("b", "vip"), visit("n"), visit("x", None)], [message("n")], "completed")],
            Divergence("path", "b", "m", "n"),
            "Test “T”: expected “VIP mail”, got “Other mail”.",
        ),
        (
            [([visit("w"), visit("b", "vip"), visit("m"), visit("x", None)],
              [message("m", "skipped", "no_consent")], "completed")],
            Divergence(
                "message", "m", {"step": "m", "state": "sent", "reason": None},
                {"step": "m", "state": "skipped", "reason": "no_consent"},
            ),
            "Test “T”: expected a message sent (“VIP mail”), got a message not sent (no consent) (“VIP mail”).",
        ),
        (
            [([visit("w"), visit("b", "vip"), visit("m"), visit("x", None)], [message("m")], "goal")],
            Divergence("ended", "x", "completed", "goal"),
            "Test “T”: expected “Reached the end”, got “Reached the goal”.",
        ),
        (
            [([visit("w", None)], [], None)],
            Divergence("outlet", "w", "next", None),
            "Test “T”: expected the way “next”, got still waiting.",
        ),
        ([], Divergence("entered", "t", 1, 0), "Test “T”: expected entries: 1, got entries: 0."),
        ([WALK, WALK], Divergence("entered", "t", 1, 2), "Test “T”: expected entries: 1, got entries: 2."),
    ],
)  # fmt: skip
def test_the_first_place_at_which_things_went_otherwise(enrolments, divergence, text):
    found = compare(record(answer(WALK)), answer(*enrolments))
    if divergence.kind == "message":  # names of a message beyond those expected are not part of it
        found = found and Divergence(found.kind, found.step, found.expected, _bare(found.got))
    assert found == divergence
    if text:
        assert sentence("T", found.as_dict(), TITLES) == text


def _bare(got):
    return got and {name: got[name] for name in ("step", "state", "reason")}


def test_only_what_is_expected_is_looked_at():
    other = answer(([visit("w"), visit("n")], [message("n")], "completed"))
    assert compare({"ended": ["completed"]}, other) is None
    assert compare({"messages": [{"step": "n"}]}, other) is None
    assert compare({"times": {"w.left_at": "2026-01-05T11:00:00Z"}}, other) is None
    assert compare({"times": {"w.left_at": "2026-01-05T12:00:00Z"}}, other) == Divergence(
        "time", "w", "2026-01-05T12:00:00Z", "2026-01-05T11:00:00Z"
    )


@pytest.mark.parametrize(
    ("value", "pointer"),
    [([], ""), ({}, ""), ({"path": []}, "/path"), ({"paths": "w"}, "/paths"), ({"paths": ["w"]}, "/paths"),
     ({"messages": [1]}, "/messages"), ({"entered": "one"}, "/entered")],
)  # fmt: skip
def test_what_could_never_be_met_is_refused_with_its_place(value, pointer):
    with pytest.raises(ExpectationError) as refused:
        read(value)
    assert refused.value.pointer == pointer
