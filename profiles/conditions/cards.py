"""A condition as a page shows it: cards of rows, joined by and or by or, and what is left out. Pure: tree, cards, data.

The tree is the only state, and cards give it back as it was. Rows that stand in the tree side by side with groups are a
card too, a loose one: it has no list of its own in the tree. What is left out stands last. One word, and or or, joins
all the others: “a and b or c” would say two things.

    {"all": [a, b, {"any": [c, d]}, {"not": {"any": [e]}}]}      [a b] and [c d] but not [e]
    {"all": [{"any": [{"all": [a, b]}, c]}, {"not": d}]}          [a b] or [c] but not [d]
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from profiles.conditions import rows
from profiles.conditions.blanks import Known
from profiles.conditions.rows import GROUP, Row
from profiles.conditions.tree import Json

DEEP = 6  # levels of groups within a card
MOST_CARDS = 30


@dataclass(slots=True)
class Card:
    """`out`: left out. `loose`: its rows have no list of their own."""

    match: str = "all"
    rows: list[Row] = field(default_factory=list)
    out: bool = False
    loose: bool = False


@dataclass(slots=True)
class Cards:
    """`wrapped`: whether a single part stands in a list."""

    join: str = "all"
    cards: list[Card] = field(default_factory=list)
    wrapped: bool = False

    @property
    def kept(self) -> list[Card]:
        return [card for card in self.cards if not card.out]

    @property
    def left_out(self) -> list[Card]:
        return [card for card in self.cards if card.out]


def from_tree(tree: Any, known: Known) -> Cards:
    if tree is None or tree == {} or tree == "":
        return Cards()
    if (how := rows.matching(tree)) is None:
        return Cards("all", _cards([rows.row_of(tree, known, DEEP)], "all"))
    parts = [rows.row_of(part, known, DEEP) for part in tree[how]]
    if how == "any":
        return Cards("any", _cards(parts, "any"), wrapped=True)
    last = len(parts)
    while last and parts[last - 1].negated:
        last -= 1
    if last == 1 < len(parts) and _is_join(parts[0]):
        return Cards(
            "any", [*_cards(parts[0].rows, "any"), *_cards(parts[1:], "all", after=True)], wrapped=True
        )
    return Cards("all", _cards(parts, "all"), wrapped=True)


def _is_join(row: Row) -> bool:
    return row.kind == GROUP and row.match == "any" and any(_is_group(inner) for inner in row.rows)


def _is_group(row: Row) -> bool:
    return row.kind == GROUP and not row.negated


def _cards(parts: list[Row], join: str, after: bool = False) -> list[Card]:
    """`after`: other cards stand before these. Groups are cards; so is what is left out at the end."""
    cards: list[Card] = []
    last = len(parts)
    while join == "all" and last and parts[last - 1].negated:
        last -= 1
    for at, row in enumerate(parts):
        before = cards[-1] if cards else None
        is_last = at >= last
        if _is_group(row):
            cards.append(Card(row.match, row.rows))
        elif is_last and row.kind == GROUP:
            cards.append(Card(row.match, row.rows, out=True))
        elif is_last and (before.out or not before.loose if before else after):
            row.negated = False
            if before and before.out and before.loose:
                before.rows.append(row)
            else:
                cards.append(Card("any", [row], out=True, loose=True))
        elif before and before.loose and not before.out:
            before.rows.append(row)
        else:
            cards.append(Card(join, [row], loose=True))
    return cards


def to_tree(form: Cards) -> Json:
    kept = [part for card in form.kept for part in _parts(card, form.join)]
    left_out = [{"not": part} for card in form.left_out for part in _parts(card, "any")]
    if form.join == "any" and left_out and kept:
        return {"all": [{"any": kept}, *left_out]}
    parts = [*kept, *left_out]
    if not form.wrapped and len(parts) < 2:
        return cast(Json, parts[0]) if parts else {}
    return {form.join if not left_out else "all": parts}


def _parts(card: Card, join: str) -> Iterable[Any]:
    trees = [rows.tree_of(row) for row in card.rows]
    return trees if card.loose and (card.match == join or len(trees) < 2) else [{card.match: trees}]


def lines(form: Cards) -> Iterator[tuple[str, Any]]:
    """The place and the tree of each row, groups and what is in them too; without its “not”."""

    def within(found: list[Row], path: str) -> Iterator[tuple[str, Any]]:
        for at, row in enumerate(found):
            tree = rows.tree_of(row)
            yield f"{path}{at}", tree["not"] if row.negated else tree
            if row.kind == GROUP:
                yield from within(row.rows, f"{path}{at}.")

    for number, card in enumerate(form.cards):
        yield from within(card.rows, f"{number}.")


# Form data: <name>-cards holds how many there are; card c is <name>-c, its row i <name>-c-i.


def read(data: Mapping[str, Any], name: str, known: Known, kinds: list[str]) -> Cards:
    was = "any" if data.get(f"{name}-was_join") == "any" else "all"
    form = Cards(was, wrapped=data.get(f"{name}-wrapped") == "1")
    for number in range(min(rows.count_of(data, f"{name}-cards"), MOST_CARDS)):
        at = f"{name}-{number}"
        joined = str(data.get(f"{at}-join") or "")
        card = Card(rows.match_of(data, at), rows.rows_of(data, at, known, kinds, DEEP))
        card.loose, card.out = data.get(f"{at}-loose") == "1", data.get(f"{at}-out") == "1"
        if joined in ("all", "any"):
            card.loose, card.out = card.loose and not card.out, False
            form.join = joined if joined != was else form.join
        elif joined == "not":
            card.loose, card.out = card.loose and card.out, True
        form.cards.append(card)
    _settle(form, was)
    act(form, str(data.get(f"{name}-do") or ""), kinds)
    return form


def _settle(form: Cards, was: str) -> None:
    """Last what is left out; a loose card that matches otherwise than the cards are joined gets a list of its own, and
    where there is but one card, its match is what joins."""
    form.cards = [*form.kept, *form.left_out]
    kept = form.kept
    if len(kept) == 1 and kept[0].loose:
        form.join = kept[0].match
    for card in kept:
        if len(card.rows) < 2 and card.match == was:
            card.match = form.join if card.loose else card.match
        card.loose = card.loose and card.match == form.join
    for card in form.left_out:
        card.loose = card.loose and card.match == "any"


def act(form: Cards, do: str, kinds: list[str]) -> None:
    """group, out (a card of those), add:2 (a row of the card at 2), add:2.0 (of the group in it), remove:2 (the card),
    remove:2.0, copy:2.0."""
    verb, path = rows.verb_of(do)
    new = rows.empty(kinds[0])
    if verb in ("group", "out") and len(form.cards) < MOST_CARDS:
        if verb == "group" and len(form.kept) == 1 and form.join == "any":
            form.kept[0].loose = False
            form.join = "all"
        card = Card("any", [new], out=verb == "out")
        form.cards = [*form.kept, card, *form.left_out] if verb == "group" else [*form.cards, card]
    elif verb == "add" and not form.cards:
        form.cards = [Card(form.join, [new], loose=True)]
    elif path and path[0] < len(form.cards):
        card = form.cards[path[0]]
        if verb == "add":
            group = rows.group_at(card.rows, path[1:])
            rows.put(card.rows if group is None else group, new)
        elif verb == "remove" and len(path) == 1:
            card.rows = []
        else:
            rows.change_at(card.rows, verb, path[1:])
        if verb == "remove" and not card.rows:
            form.cards.remove(card)
            form.wrapped = form.wrapped and bool(form.cards)
