"""A condition as cards: what stands in the document is shown as cards and comes back unchanged, and edits say what they
mean."""

from typing import Any

import pytest
from django import forms
from hypothesis import HealthCheck, given, settings

from profiles.conditions import cards, rows
from profiles.conditions.blanks import Known
from profiles.conditions.cards_form import CardsField
from tests.profiles.conditions.test_form import Posted, trees

A, B, C, D = ({"attribute": name, "op": "is", "value": "x"} for name in "abcd")


def shape(tree: Any) -> list[tuple[str, str, int]]:
    """(the word before, the match, rows) of each card."""
    form = cards.from_tree(tree, Known())
    words = [
        "" if number == 0 and not card.out else "but not" if card.out else form.join
        for number, card in enumerate(form.cards)
    ]
    return [(word, card.match, len(card.rows)) for word, card in zip(words, form.cards, strict=True)]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=trees)
def test_whatever_stands_in_the_document_comes_back(tree):
    assert rows.same(cards.to_tree(cards.from_tree(tree, Known())), tree)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (A, [("", "all", 1)]),
        ({"all": [A, B]}, [("", "all", 2)]),
        ({"any": [A, B]}, [("", "any", 2)]),
        ({"all": [A, {"not": B}]}, [("", "all", 2)]),
        ({"all": [A, B, {"any": [C, D]}]}, [("", "all", 2), ("all", "any", 2)]),
        ({"any": [{"all": [A, B]}, C]}, [("", "all", 2), ("any", "any", 1)]),
        (
            {"all": [A, {"any": [B, C]}, {"not": D}]},
            [("", "all", 1), ("all", "any", 2), ("but not", "any", 1)],
        ),
        ({"all": [A, {"not": {"all": [B, C]}}]}, [("", "all", 1), ("but not", "all", 2)]),
        (
            {"all": [{"any": [{"all": [A, B]}, C]}, {"not": {"any": [D]}}]},
            [("", "all", 2), ("any", "any", 1), ("but not", "any", 1)],
        ),
        ({"not": {"any": [A, B]}}, [("but not", "any", 2)]),
        ({"all": [{"any": [A]}, {"not": B}, {"not": C}]}, [("", "any", 1), ("but not", "any", 2)]),
        ({"all": []}, []),
    ],
)
def test_groups_are_cards_and_what_is_left_out_stands_last(tree, expected):
    assert shape(tree) == expected
    assert cards.to_tree(cards.from_tree(tree, Known())) == tree


def test_deep_groups_are_rows_of_a_card():
    tree = {"all": [A, {"any": [B, {"all": [C, {"any": [D, A]}]}]}]}
    form = cards.from_tree(tree, Known())
    inner = form.cards[1].rows[1]
    assert (inner.kind, inner.rows[1].kind, inner.rows[1].rows[1].tree) == ("group", "group", A)
    assert [path for path, _tree in cards.lines(form)] == [
        "0.0", "1.0", "1.1", "1.1.0", "1.1.1", "1.1.1.0", "1.1.1.1"
    ]  # fmt: skip


def test_what_is_too_deep_is_kept_as_it_is():
    tree: Any = A
    for _level in range(12):
        tree = {"any": [tree, {"all": [tree]}]} if _level < 4 else {"any": [B, tree]}
    form = cards.from_tree(tree, Known())
    assert rows.JSON in {row.kind for row in _all_rows(form)}
    assert cards.to_tree(form) == tree


def _all_rows(form: cards.Cards) -> list[rows.Row]:
    found, waiting = [], [row for card in form.cards for row in card.rows]
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].rows
    return found


# What a browser sends of the cards, and what comes of an edit.

BLANK = {"attribute": "", "op": "is", "value": ""}


class Form(forms.Form):
    when = CardsField()


def back(tree: Any, **changes: str) -> Any:
    """The tree that the form gives back, after changes like `c0_0_value="x"`."""
    data = Posted(str(Form(initial={"when": tree}, prefix="s")["when"])).data
    data |= {f"s-when-{key.removeprefix('c').replace('_', '-')}": value for key, value in changes.items()}
    return Form(data=data, prefix="s")["when"].value()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=trees)
def test_the_page_sends_back_what_it_was_given(tree):
    assert rows.same(back(tree), tree)


def test_lines_are_added_copied_and_taken_away():
    assert back({}, do="add") == BLANK
    assert back(A, do="add:0") == {"all": [A, BLANK]}
    assert back({"all": [A, {"any": [B, C]}]}, do="add:1") == {"all": [A, {"any": [B, C, BLANK]}]}
    assert back({"all": [A, {"any": [B, C]}]}, do="copy:1.0") == {"all": [A, {"any": [B, B, C]}]}
    assert back({"all": [A, {"any": [B, C]}]}, do="remove:1.1") == {"all": [A, {"any": [B]}]}
    assert back({"all": [A, {"any": [B]}]}, do="remove:1.0") == {"all": [A]}
    assert back({"all": [A, {"any": [B, C]}]}, do="remove:0") == {"all": [{"any": [B, C]}]}
    assert back({"all": [A]}, do="remove:0.0") == {}  # nothing left is no condition, not everyone
    deep = {"all": [{"any": [A, {"all": [B, {"any": [C, D]}]}]}]}
    assert back(deep, do="remove:0.1.1.0") == {"all": [{"any": [A, {"all": [B, {"any": [D]}]}]}]}
    assert back(deep, do="add:0.1.1") == {"all": [{"any": [A, {"all": [B, {"any": [C, D, BLANK]}]}]}]}


def test_a_group_is_joined_by_and():
    assert back(A, do="group") == {"all": [A, {"any": [BLANK]}]}
    assert back({"any": [A, B]}, do="group") == {"all": [{"any": [A, B]}, {"any": [BLANK]}]}
    out = {"not": {"any": [D]}}
    assert back({"all": [A, out]}, do="group") == {"all": [A, {"any": [BLANK]}, out]}


def test_people_are_left_out_and_taken_in_again():
    assert back(A, do="out") == {"all": [A, {"not": {"any": [BLANK]}}]}
    assert back({"any": [A, B]}, do="out") == {"all": [{"any": [A, B]}, {"not": {"any": [BLANK]}}]}
    two = {"all": [A, {"any": [B, C]}]}
    left_out = {"all": [A, {"not": {"any": [B, C]}}]}
    assert back(two, c1_join="not") == left_out
    assert back(left_out, c1_join="all") == two
    assert back(left_out, c1_match="all") == {"all": [A, {"not": {"all": [B, C]}}]}


def test_the_word_between_cards_joins_them_all():
    three = {"all": [A, B, {"any": [C, D]}, {"not": {"any": [B]}}]}
    one_or_other = {"all": [{"any": [{"all": [A, B]}, {"any": [C, D]}]}, {"not": {"any": [B]}}]}
    assert back(three, c1_join="any") == one_or_other
    assert back(one_or_other, c1_join="all") == {
        "all": [{"all": [A, B]}, {"any": [C, D]}, {"not": {"any": [B]}}]
    }


def test_the_word_between_lines_turns_the_match_of_their_card():
    assert back({"all": [A, B]}, c0_match="any") == {"any": [A, B]}
    assert back({"all": [A, B]}, c0_1_lead="any") == {"any": [A, B]}
    assert back({"any": [A, B]}, c0_1_lead="not") == {"any": [A, {"not": B}]}
    assert back({"all": [A, B, {"any": [C]}]}, c0_1_lead="any") == {"all": [{"any": [A, B]}, {"any": [C]}]}
    assert back({"all": [A, {"any": [B, C]}]}, c1_1_lead="all") == {"all": [A, {"all": [B, C]}]}


@pytest.mark.parametrize(
    "do", ["", "fly", "remove:9", "remove:0.9", "copy:1.7", "add:7", "add:0.0.0", "remove:x"]
)
def test_what_cannot_be_done_takes_nothing_away(do):
    found = back({"all": [A, {"any": [B, C]}]}, do=do)
    assert rows.same(found["all"][0], A)
    assert found["all"][-1] == {"any": [B, C]}


@pytest.mark.parametrize(
    "data",
    [
        {"s-when-cards": "x"},
        {"s-when-cards": "-1"},
        {"s-when-cards": "99999999"},
        {"s-when-cards": "2", "s-when-1-join": "nonsense"},
        {"s-when-cards": "1", "s-when-0-rows": "3", "s-when-0-out": "1", "s-when-0-loose": "1"},
        {
            "s-when-cards": "1",
            "s-when-0-rows": "1",
            "s-when-0-0-was_kind": "json",
            "s-when-0-0-json": "[" * 20000,
        },
    ],
)
def test_odd_posts_are_no_errors_of_ours(data):
    form = Form(data=data, prefix="s")
    form.is_valid()
    assert str(form["when"])
