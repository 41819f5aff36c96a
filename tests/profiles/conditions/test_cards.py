"""A condition as cards: what stands in the document is shown as cards and comes back unchanged, and edits say what they
mean."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from profiles.conditions import cards, rows
from profiles.conditions.blanks import Known
from tests.profiles.conditions.test_form import trees

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
