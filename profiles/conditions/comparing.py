"""Comparing one JSON value with what a leaf says: the operators that attributes, properties, entry and context share.

A missing value makes every comparison false but missing, is_not and the not_* ones, which are true. Numbers compare
as numbers, dates as instants, texts after Unicode normalisation (NFC); a text that is no number is no number.
"""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions.base import Builder, moment
from profiles.conditions.tree import MAX_VALUES, Json

EQUAL = ("is", "is_not")
LISTED = ("in", "not_in")
ORDER = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
TEXT = ("contains", "not_contains", "starts_with", "ends_with")
PRESENCE = ("exists", "missing")
MOMENT = ("before", "after")
WITHIN = ("within_last", "within_next", "anniversary_in")
OPS = (*EQUAL, *LISTED, *ORDER, "between", *TEXT, *PRESENCE, *MOMENT, *WITHIN)


def path_of(name: str) -> list[str]:
    return name.split(".")


def faults(test: Json) -> Iterable[tuple[str, str]]:
    """What is wrong with op and value."""
    op, value = test.get("op"), test.get("value")
    if op not in OPS:
        yield "/op", _("Choose how to compare.") if op in (None, "") else _("“%(op)s” is no comparison.") % {"op": str(op)[:40]}
        return
    if op in PRESENCE:
        return
    if op in LISTED:
        if not isinstance(value, list) or not value:
            yield "/value", _("Give a list of values.")
        elif len(value) > MAX_VALUES:
            yield "/value", _("At most %(most)s values are possible.") % {"most": MAX_VALUES}
        elif any(isinstance(one, dict | list) for one in value):
            yield "/value", _("Values must be texts, numbers, or true and false.")
        return
    if op == "between":
        low, high = _pair(value)
        if low is None or high is None:
            yield "/value", _("Give a lower and an upper value.")
        return
    if value is None or value == "":
        yield "/value", _("Give a value.")
    elif op in WITHIN:
        try:
            parse_duration(str(value))
        except DurationError:
            yield "/value", _("Write a length of time like P30D.")
    elif op in MOMENT and moment(value) is None:
        yield "/value", _("Write a date like 2026-01-31.")
    elif op in ORDER and (isinstance(value, bool) or (not _is_number(value) and moment(value) is None)):
        yield "/value", _("“%(value)s” is no number.") % {"value": str(value)[:40]}
    elif isinstance(value, dict | list):
        yield "/value", _("Values must be texts, numbers, or true and false.")


def result(test: Json, build: Builder, v: str) -> str:
    """SQL, true or false. `v` is jsonb; JSON null counts as missing."""
    op, value = str(test.get("op")), test.get("value")
    there = f"({v} is not null and {v} <> 'null'::jsonb)"
    if op == "exists":
        return there
    if op == "missing":
        return f"(not {there})"
    if op in ("is_not", "not_in", "not_contains"):
        plain = {"is_not": "is", "not_in": "in", "not_contains": "contains"}[op]
        return f"(not {result({**test, 'op': plain}, build, v)})"
    return f"coalesce({_compare(op, value, build, v)}, false)"


def _compare(op: str, value: Any, build: Builder, v: str) -> str:
    if op == "is":
        return _equals(value, build, v)
    if op == "in":
        return "(" + " or ".join(_listed(value, build, v)) + ")"
    if op in ORDER:
        return _ordered(ORDER[op], value, build, v)
    if op == "between":
        low, high = _pair(value)
        return f"({_ordered('>=', low, build, v)} and {_ordered('<=', high, build, v)})"
    if op in TEXT:
        return _text(op, value, build, v)
    if op in MOMENT:
        sign = "<" if op == "before" else ">"
        return f"gm_instant({v}) {sign} {build.param(moment(value), 'timestamptz')}"
    duration = parse_duration(str(value))
    if op == "anniversary_in":
        days = max(int(duration.length.total_seconds() // 86400), 0)
        return f"gm_anniversary({v}, (%(now)s at time zone gm_zone(p.attributes ->> 'time_zone', %(zone)s))::date, {build.param(days, 'int')})"
    if op == "within_last":
        return f"gm_instant({v}) between {_now_minus(duration, build)} and %(now)s"
    return f"gm_instant({v}) between %(now)s and {_now_plus(duration, build)}"


def _now_minus(duration: Any, build: Builder) -> str:
    return f"(%(now)s - {build.param(str(duration), 'interval')})"


def _now_plus(duration: Any, build: Builder) -> str:
    return f"(%(now)s + {build.param(str(duration), 'interval')})"


def text(value: Any) -> str:
    return unicodedata.normalize("NFC", str(value)).replace("\0", "")


def _plain(v: str) -> str:
    return f"normalize({v} #>> '{{}}', NFC)"


def _equals(value: Any, build: Builder, v: str) -> str:
    if isinstance(value, bool):
        return f"{v} = {build.param('true' if value else 'false', 'jsonb')}"
    if isinstance(value, int | float):
        return f"gm_number({v}) = {build.param(value, 'numeric')}"
    return f"({_scalar(v)} and {_plain(v)} = {build.param(text(value), 'text')})"


def _listed(values: list[Any], build: Builder, v: str) -> Iterable[str]:
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    texts = [text(one) for one in values if isinstance(one, str)]
    flags = [one for one in values if isinstance(one, bool)]
    if numbers:
        yield f"gm_number({v}) = any({build.param(numbers, 'numeric[]')})"
    if texts:
        yield f"({_scalar(v)} and {_plain(v)} = any({build.param(texts, 'text[]')}))"
    for flag in flags:
        yield _equals(flag, build, v)


def _scalar(v: str) -> str:
    return f"jsonb_typeof({v}) in ('string', 'number', 'boolean')"


def _ordered(sign: str, value: Any, build: Builder, v: str) -> str:
    if _is_number(value):
        return f"gm_number({v}) {sign} {build.param(_number(value), 'numeric')}"
    return f"gm_instant({v}) {sign} {build.param(moment(value), 'timestamptz')}"


def _text(op: str, value: Any, build: Builder, v: str) -> str:
    needle = build.param(text(value), "text")
    if op == "contains":
        listed = f"({v} @> jsonb_build_array({needle}){_number_too(value, build, v)})"
        return f"case jsonb_typeof({v}) when 'array' then {listed} when 'string' then position({needle} in {_plain(v)}) > 0 else false end"
    if op == "starts_with":
        return f"(jsonb_typeof({v}) = 'string' and starts_with({_plain(v)}, {needle}))"
    return f"(jsonb_typeof({v}) = 'string' and right({_plain(v)}, length({needle})) = {needle})"


def _number_too(value: Any, build: Builder, v: str) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    return f" or {v} @> jsonb_build_array({build.param(value, 'numeric')})"


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, list) and len(value) == 2 and all(_is_number(one) or moment(one) for one in value):
        return value[0], value[1]
    return None, None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) else float(value)
