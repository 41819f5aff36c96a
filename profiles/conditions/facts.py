"""What leaves say about one thing, and whether all of it can be so at once. Careful: "no" is certain, "yes" a maybe.

A literal is a predicate on a subject (an attribute, the count of an event, a consent ...), asked for or denied. Denied
comparisons also hold for a missing value, so nothing follows from them but that the predicate does not hold.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lib.durations import Duration
from lib.durations import parse as parse_duration
from profiles.conditions import comparing, spans
from profiles.conditions.comparing import moment, nfc, number
from profiles.conditions.leaves.event import FIGURE_OPS, aggregate_of, tests_of
from profiles.conditions.spans import Span
from profiles.conditions.tree import Json

Subject = tuple[Any, ...]
Atom = tuple[str, Any]  # ("w", text), ("n", number), ("f", flag), ("i", instant): one way of being equal
STATES = ("granted", "withdrawn", "unknown")
_STRONGER = {"clicked": ("clicked", "opened", "delivered"), "opened": ("opened", "delivered")}
_POSITIVE = {"is_not": "is", "not_in": "in", "not_contains": "contains", "missing": "exists"}


@dataclass(frozen=True, slots=True)
class Literal:
    """`op`: exists, equal (data: frozenset of atoms), span (Span), starts_with, ends_with, contains (text), last, next
    (Duration), true (a flag of its own name), at_least, at_most (of a count)."""

    subject: Subject
    op: str
    data: Any = None
    positive: bool = True


def literals(leaf: Json, positive: bool) -> tuple[tuple[Literal, ...], ...]:
    """A leaf, asked for or denied, as one of these groups of literals that hold together."""
    if "event" in leaf and aggregate_of(leaf) is None:
        return _counted(leaf, positive)
    return ((_literal(leaf, positive),),)


def _literal(leaf: Json, positive: bool) -> Literal:
    for key in ("attribute", "entry", "context"):
        if key in leaf:
            return _compared((key, nfc(leaf[key])), leaf, positive)
    if "event" in leaf:
        op = FIGURE_OPS.get(str(leaf.get("op")), leaf.get("op"))
        figure = aggregate_of(leaf)
        subject = ("figure", figure, leaf[str(figure)], *_events(leaf))
        return _compared(subject, {**leaf, "op": op}, positive)
    if "consent" in leaf:
        subject = ("consent", leaf["consent"], leaf.get("topic") or "*")
        return Literal(subject, "equal", frozenset({("w", leaf.get("op", "granted"))}), positive)
    if "segment" in leaf:
        inside = leaf.get("op", "in") == "in"
        return Literal(("segment", leaf["segment"]), "true", "in", positive is inside)
    if "reachable" in leaf:
        return Literal(("reachable", leaf["reachable"]), "true", "in", positive)
    if "message" in leaf:
        return Literal(("message", leaf["message"]), "true", leaf.get("op"), positive)
    return Literal(("other", _text(leaf)), "true", "in", positive)


def _compared(subject: Subject, test: Json, positive: bool) -> Literal:
    op, value = str(test.get("op")), test.get("value")
    if op in _POSITIVE:
        op, positive = _POSITIVE[op], not positive
    if op == "exists":
        return Literal(subject, "exists", None, positive)
    if op in ("is", "in"):
        return Literal(subject, "equal", atoms([value] if op == "is" else value or []), positive)
    if op in comparing.ORDER or op in comparing.MOMENT or op == "between":
        if (span := _span(op, value)) is not None:
            return Literal(subject, "span", span, positive)
    elif op in ("starts_with", "ends_with", "contains") and isinstance(value, str):
        return Literal(subject, op, nfc(value), positive)
    elif op in ("within_last", "within_next"):
        return Literal(subject, op.removeprefix("within_"), parse_duration(str(value)), positive)
    return Literal(subject, "other", (op, _text(value)), positive)


def atoms(values: Iterable[Any]) -> frozenset[Atom]:
    """The ways of being equal to one of the values, as comparing.py compares."""
    found: set[Atom] = set()
    for value in values:
        if isinstance(value, bool):
            found |= {("f", value), ("w", "true" if value else "false")}
            continue
        if isinstance(value, str):
            text = nfc(value)
            found.add(("w", text))
            if text in ("true", "false"):
                found.add(("f", text == "true"))
            if (at := moment(text)) is not None and at.tzinfo:
                found.add(("i", at))
        if (figure := number(value)) is not None:
            found.add(("n", figure))
    return frozenset(found)


def _span(op: str, value: Any) -> Span | None:
    low, high = (
        (value if isinstance(value, list) and len(value) == 2 else (None, None))
        if op == "between"
        else (value, value)
    )
    low_scale, low_edge = _edge(low, only_time=op in comparing.MOMENT)
    high_scale, high_edge = _edge(high, only_time=op in comparing.MOMENT)
    if low_scale != high_scale or not low_scale:
        return None
    if op in ("gt", "gte", "after"):
        return Span(low_scale, low_edge, None, op == "gte")
    if op in ("lt", "lte", "before"):
        return Span(low_scale, None, high_edge, True, op == "lte")
    return Span(low_scale, low_edge, high_edge)


def _edge(value: Any, *, only_time: bool) -> tuple[str, Decimal | datetime | None]:
    if not only_time and (figure := number(value)) is not None:
        return "n", figure
    at = moment(value)
    return ("", None) if at is None else ("aware" if at.tzinfo else "naive", at)


def _events(leaf: Json) -> tuple[Any, ...]:
    tests = frozenset(_text(test) for test in tests_of(leaf))
    return (nfc(leaf["event"]), tests, leaf.get("within") or "", leaf.get("since") or "")


def _counted(leaf: Json, positive: bool) -> tuple[tuple[Literal, ...], ...]:
    op, times = leaf.get("op", "at_least"), leaf.get("times", 1)
    subject: Subject = ("count", *_events(leaf))
    if op == "never":
        op, times = "at_most", 0
    at_least, at_most = Literal(subject, "at_least", times), Literal(subject, "at_most", times)
    fewer, more = Literal(subject, "at_most", times - 1), Literal(subject, "at_least", times + 1)
    if op == "exactly":
        return ((at_least, at_most),) if positive else ((fewer,), (more,))
    if op == "at_least":
        return ((at_least if positive else fewer,),)
    return ((at_most if positive else more,),)


def counts_agree(known: dict[Subject, list[Literal]]) -> bool:
    """Events that are counted twice: no more in a part than in the whole, never fewer than none."""
    counts = [one for subject, said in known.items() if subject[0] == "count" for one in said]
    if any(one.op == "at_most" and one.data < 0 for one in counts):
        return False
    few = [one for one in counts if one.op == "at_most"][:50]
    many = [one for one in counts if one.op == "at_least" and one.data > 0][:50]
    return not any(
        low.data > high.data and _part_of(low.subject, high.subject) for low in many for high in few
    )


def _part_of(part: Subject, whole: Subject) -> bool:
    """Every event that the one counts, the other counts too."""
    _count, name, tests, within, since = part
    _count, other_name, other_tests, other_within, other_since = whole
    if name != other_name or not other_tests <= tests or other_since not in ("", since):
        return False
    if not other_within or within == other_within:
        return True
    return bool(within) and _longest(parse_duration(within)) <= _shortest(parse_duration(other_within))


def possible(said: list[Literal]) -> bool:
    """Whether all that is said of one subject can be so; True where that is not known."""
    subject = said[0].subject
    yes = [one for one in said if one.positive]
    no = [one for one in said if not one.positive]
    if any(_follows(one, other) for one in yes for other in no):
        return False
    equal = [one for one in yes if one.op == "equal"]
    if subject[0] == "consent" and not equal:
        equal = [Literal(subject, "equal", frozenset(("w", state) for state in STATES))]
    if equal:
        ways = equal[0].data
        rest = [one for one in yes if one is not equal[0]]
        return any(
            all(_decided(atom, one) is not False for one in rest)
            and all(_decided(atom, one) is not True for one in no)
            for atom in ways
        )
    if not spans.overlapping(
        [one.data for one in yes if one.op == "span"], [one.data for one in no if one.op == "span"]
    ):
        return False
    heads = [one.data for one in yes if one.op == "starts_with"]
    tails = [one.data for one in yes if one.op == "ends_with"]
    return all(a.startswith(b) or b.startswith(a) for a in heads for b in heads) and all(
        a.endswith(b) or b.endswith(a) for a in tails for b in tails
    )


def _follows(one: Literal, other: Literal) -> bool:
    """Of two positive predicates on one subject: where `one` holds, `other` does."""
    if one.op == other.op == "true":
        return other.data in _STRONGER.get(str(one.data), (one.data,))
    if other.op == "exists":
        return True
    if one.op != other.op:
        return False
    if one.op == "equal":
        return bool(one.data <= other.data)
    if one.op in ("last", "next"):
        return one.data == other.data or _longest(one.data) <= _shortest(other.data)
    if one.op in ("starts_with", "ends_with"):
        return bool(getattr(one.data, one.op.replace("_", ""))(other.data))
    return one.op != "span" and one.data == other.data


def _longest(span: Duration) -> float:
    leap = (span.months + span.years) * 86400 + (0 if span.is_exact else 3600)
    return span.length.total_seconds() + leap


def _shortest(span: Duration) -> float:
    return span.length.total_seconds() - span.months * 2 * 86400 - (0 if span.is_exact else 3600)


def _decided(atom: Atom, one: Literal) -> bool | None:
    """Whether a value that is equal in this way fulfils a positive predicate; None: some do."""
    how, value = atom
    text = value if how == "w" else None
    if one.op == "exists":
        return True
    if one.op == "equal":
        if atom in one.data:
            return True
        if how == "w":
            figure, at = number(text), moment(text)
            if figure is not None and ("n", figure) in one.data:
                return True
            if at is not None and any(kind == "i" for kind, _v in one.data):
                return (at.tzinfo is not None and ("i", at) in one.data) or None
        return None if how == "i" and any(kind == "w" for kind, _v in one.data) else False
    if one.op == "span":
        return _within(atom, one.data)
    if one.op in ("starts_with", "ends_with", "contains"):
        if text is None:
            return False if how == "f" else None
        if one.op == "contains":
            return one.data in text
        return bool(text.startswith(one.data) if one.op == "starts_with" else text.endswith(one.data))
    return None


def _within(atom: Atom, span: Span) -> bool | None:
    how, value = atom
    if span.scale == "n":
        figure = value if how == "n" else number(value) if how == "w" else None
        return figure is not None and span.holds(figure)
    at = value if how == "i" else moment(value) if how == "w" else None
    if at is None:
        return False
    return span.holds(at) if (at.tzinfo is not None) == (span.scale == "aware") else None


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
