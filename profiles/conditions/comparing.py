"""Comparing one JSON value with what a leaf says: the operators that attributes, properties, entry and context share.

A missing value makes every comparison false but missing, is_not and the not_* ones, which are true. Numbers compare
as numbers, dates as instants, texts after Unicode normalisation (NFC); a text that is no number is no number, a text
that is one (a CSV knows only texts) counts as it. A day without a clock begins at midnight where the person lives.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions.builder import Builder, Stored
from profiles.conditions.tree import MAX_VALUES, Json

EQUAL = ("is", "is_not")
LISTED = ("in", "not_in")
ORDER = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
TEXT = ("contains", "not_contains", "starts_with", "ends_with")
PRESENCE = ("exists", "missing")
MOMENT = {"before": "<", "after": ">"}
WITHIN = ("within_last", "within_next", "anniversary_in")
OPS = (*EQUAL, *LISTED, *ORDER, "between", *TEXT, *PRESENCE, *MOMENT, *WITHIN)
_OPPOSITES = {"is_not": "is", "not_in": "in", "not_contains": "contains"}
# The same shapes as gm_number and gm_instant read.
_NUMBER = re.compile(r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?\s*")
# Texts that nothing but themselves is normalised to (the Kelvin sign becomes a K, a Greek question mark a semicolon):
# they compare as they are stored, which takes a third of the time.
_PLAIN = re.compile(r"[ -:<-JL-_a-~]*", re.ASCII)
_OTHER = re.compile(r"[-0-9{\[]")  # begins like the text of a number, an object or a list
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[-+]\d\d(:?\d\d)?)?)?", re.ASCII)


def path_of(name: str) -> list[str]:
    """`address.city` reaches into objects."""
    return nfc(name).split(".")


def at_path(column: str, name: str, build: Builder) -> Stored:
    """SQL of what stands there; of a name without dots by the quicker operator."""
    path = path_of(name)
    if len(path) == 1:
        key = build.param(path[0], "text")
        return Stored(f"({column} -> {key})", f"({column} ->> {key})")
    steps = build.param(path, "text[]")
    return Stored(f"({column} #> {steps})", f"({column} #>> {steps})")


def nfc(value: Any) -> str:
    return unicodedata.normalize("NFC", str(value))


def number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    return (
        Decimal(value.strip())
        if isinstance(value, str) and len(value) < 60 and _NUMBER.fullmatch(value)
        else None
    )


def moment(value: Any) -> datetime | None:
    """Aware, or a wall clock where no zone is written."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def faults(test: Json) -> Iterable[tuple[str, str]]:
    """What is wrong with op and value: (pointer, sentence)."""
    op, value = test.get("op"), test.get("value")
    if op in (None, ""):
        yield "/op", _("Choose how to compare.")
    elif not isinstance(op, str) or op not in OPS:
        yield "/op", _("“%(op)s” is no comparison.") % {"op": str(op)[:40]}
    elif op in PRESENCE:
        return
    elif op in LISTED:
        if not isinstance(value, list) or not value:
            yield "/value", _("Give a list of values.")
        elif len(value) > MAX_VALUES:
            yield "/value", _("At most %(most)s values are possible.") % {"most": MAX_VALUES}
        elif any(one is None or isinstance(one, dict | list) for one in value):
            yield "/value", _("Values must be texts, numbers, or true and false.")
    elif op == "between":
        if _pair(value) is None:
            yield "/value", _("Give a lower and an upper number, or two dates.")
    elif value is None or value == "":
        yield "/value", _("Give a value.")
    elif isinstance(value, dict | list):
        yield "/value", _("Values must be texts, numbers, or true and false.")
    elif op in WITHIN:
        if not _readable_span(value):
            yield "/value", _("Write a length of time like P30D.")
    elif op in MOMENT:
        if moment(value) is None:
            yield "/value", _("Write a date like 2026-01-31.")
    elif op in ORDER and number(value) is None and moment(value) is None:
        yield "/value", _("“%(value)s” is no number.") % {"value": str(value)[:40]}


def result(test: Json, build: Builder, v: str) -> str:
    """SQL, true or false and never null. `v` is jsonb; JSON null counts as missing."""
    op, value = str(test["op"]), test.get("value")
    if op == "exists":
        return f"coalesce({v} <> 'null'::jsonb, false)"
    if op == "missing":
        return f"coalesce({v} = 'null'::jsonb, true)"
    if op in _OPPOSITES:
        return f"(not {result({**test, 'op': _OPPOSITES[op]}, build, v)})"
    return f"coalesce({_compare(op, value, build, v)}, false)"


def moment_of_change(test: Json, build: Builder, v: str) -> str:
    """SQL of the next moment at which time alone changes the answer, "" where it doesn't."""
    if test.get("op") not in WITHIN:
        return ""
    span, zone, now = parse_duration(str(test["value"])), build.zone(), build.moment(build.now)
    if test["op"] == "anniversary_in":
        today = f"({now} at time zone {zone})::date"
        days, near = f"gm_days_to_anniversary({v}, {zone}, {today})", build.param(span.length.days, "int")
        return (
            f"(select ({today} + case when d > {near} then d - {near} else d + 1 end)::timestamp at time zone {zone} "
            f"from (select {days} d) a where d is not null)"
        )
    length = build.param(str(span), "interval")
    if test["op"] == "within_last":
        edges = ["i", *after_span("i", length, calendar=bool(span.months or span.years))]
    else:
        begins = [f"i - {length}"]
        if span.months or span.years:
            begins += [f"i - {length} + interval '{days} days'" for days in (1, 2, 3)]
        edges = [*begins, "i + interval '1 microsecond'"]
    return first_after(now, edges, f"(select gm_instant({v}, {zone}) i) a")


def after_span(at: str, length: str, *, calendar: bool) -> list[str]:
    """When something at `at` is no longer within the length before now: just after; a month later may be some days
    later still, since months have no one length."""
    out = f"{at} + {length} + interval '1 microsecond'"
    return [out, *(f"{out} + interval '{days} days'" for days in (1, 2, 3) if calendar)]


def first_after(now: str, edges: list[str], source: str) -> str:
    listed = ", ".join(f"({edge})" for edge in edges)
    return f"(select min(c.t) from {source} cross join lateral (values {listed}) c(t) where c.t > {now})"


def of_nothing(test: Json) -> bool:
    """The answer where the value is missing."""
    return test.get("op") == "missing" or test.get("op") in _OPPOSITES


def _compare(op: str, value: Any, build: Builder, v: str) -> str:
    if op == "is":
        return _one_of([value], build, v)
    if op == "in":
        return _one_of(value, build, v)
    if op in ORDER:
        return _ordered(ORDER[op], value, build, v)
    if op in MOMENT:
        return _on_clock(MOMENT[op], value, build, v)
    if op == "between":
        low, high = _pair(value) or (None, None)
        return f"({_ordered('>=', low, build, v)} and {_ordered('<=', high, build, v)})"
    if op in TEXT:
        return _text(op, value, build, v)
    span = parse_duration(str(value))
    if op == "anniversary_in":
        zone = build.zone()
        today = f"({build.moment(build.now)} at time zone {zone})::date"
        return f"gm_days_to_anniversary({v}, {zone}, {today}) <= {build.param(span.length.days, 'int')}"
    now = build.moment(build.now)
    edges = (
        (build.moment(span.before(build.now)), now)
        if op == "within_last"
        else (now, build.moment(span.after(build.now)))
    )
    return f"gm_instant({v}, {build.zone()}) between {edges[0]} and {edges[1]}"


def _one_of(values: list[Any], build: Builder, v: str) -> str:
    """Equal to one of them; a text that reads as a number equals that number too, and "true" the flag."""
    texts = sorted({nfc(one) for one in values if isinstance(one, str)})
    numbers = sorted({found for one in values if (found := number(one)) is not None})
    flags = {one for one in values if isinstance(one, bool)} | {
        one == "true" for one in texts if one in ("true", "false")
    }
    words = sorted({*texts, *("true" if flag else "false" for flag in flags)})
    tests = []
    if words and isinstance(v, Stored) and not any(map(_OTHER.match, words)):
        tests.append(_same_text(words, v.text, build))
    elif words and all(map(_PLAIN.fullmatch, words)):
        tests.append(f"{v} {_equal([json.dumps(word) for word in words], 'jsonb', build)}")
    elif words:
        tests.append(f"gm_text({v}) {_equal(words, 'text', build)}")
    if numbers:
        tests.append(f"{as_number(v)} {_equal(numbers, 'numeric', build)}")
    tests += [f"{v} = '{'true' if flag else 'false'}'::jsonb" for flag in sorted(flags)]
    tests += [
        f"gm_instant({v}, {build.zone()}) = {build.moment(at)}"
        for one in texts
        if (at := moment(one)) is not None and at.tzinfo
    ]
    # `or` with null stays null only where nothing holds.
    return "(" + " or ".join(tests) + ")"


def _same_text(words: list[str], text: str, build: Builder) -> str:
    same = _equal(words, "text", build)
    if all(map(_PLAIN.fullmatch, words)):
        return f"{text} {same}"
    # Most texts are normalised as they are: only the others are done so, which costs ten times as much.
    return (
        f"({text} {same} or (octet_length({text}) > length({text}) and {text} is not nfc normalized "
        f"and normalize({text}, NFC) {same}))"
    )


def _equal(values: list[Any], cast: str, build: Builder) -> str:
    return (
        f"= {build.param(values[0], cast)}"
        if len(values) == 1
        else f"= any({build.param(values, f'{cast}[]')})"
    )


def _ordered(sign: str, value: Any, build: Builder, v: str) -> str:
    found = number(value)
    if found is None:
        return _on_clock(sign, value, build, v)
    return f"{as_number(v)} {sign} {build.param(found, 'numeric')}"


def _on_clock(sign: str, value: Any, build: Builder, v: str) -> str:
    at, zone = moment(value), build.zone()
    assert at is not None
    edge = build.moment(at) if at.tzinfo else f"({build.param(at, 'timestamp')} at time zone {zone})"
    return f"gm_instant({v}, {zone}) {sign} {edge}"


def as_number(v: str) -> str:
    """SQL of gm_number, quicker for what is a number already: most often it is."""
    return f"case jsonb_typeof({v}) when 'number' then ({v})::numeric else gm_number({v}) end"


def _text(op: str, value: Any, build: Builder, v: str) -> str:
    needle = build.param(nfc(value) if not isinstance(value, bool) else str(value).lower(), "text")
    if op == "contains":
        among = (
            f"exists (select from jsonb_array_elements({v}) one(x) where {_one_of([value], build, 'one.x')})"
        )
        inside = f"position({needle} in gm_text({v})) > 0"
        return f"case jsonb_typeof({v}) when 'array' then {among} when 'string' then {inside} end"
    if op == "starts_with":
        return f"starts_with(gm_text({v}), {needle})"
    return f"right(gm_text({v}), length({needle})) = {needle}"


def _pair(value: Any) -> tuple[Any, Any] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    low, high = value
    numbers = number(low) is not None and number(high) is not None
    return (low, high) if numbers or (moment(low) is not None and moment(high) is not None) else None


def _readable_span(value: Any) -> bool:
    try:
        return not parse_duration(value).negative
    except DurationError:
        return False
