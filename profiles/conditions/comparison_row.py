"""Editing a comparison as a sentence: “plan is pro”. What is typed becomes JSON of the type that is known or meant."""

import re
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles.conditions.blanks import Blank, Blanks, Grouped, say
from profiles.conditions.comparing import LISTED, ORDER, PRESENCE, WITHIN
from profiles.conditions.tree import Json

KEYS = ("op", "value", "high", "type", "was", "span", "unit")
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPANS = {"minutes": "PT{}M", "hours": "PT{}H", "days": "P{}D", "weeks": "P{}W", "months": "P{}M"}
_SPAN_SHAPES = [(unit, re.compile(shape.format(r"([1-9]\d{0,5}|0)"))) for unit, shape in _SPANS.items()]


def operators() -> Grouped:
    return [
        ("", [
            ("is", pgettext("comparison", "is")), ("is_not", pgettext("comparison", "is not")),
            ("in", pgettext("comparison", "is one of")), ("not_in", pgettext("comparison", "is none of")),
            ("exists", pgettext("comparison", "is known")), ("missing", pgettext("comparison", "is not known")),
        ]),
        (_("Number"), [
            ("gt", pgettext("comparison", "is more than")), ("gte", pgettext("comparison", "is at least")),
            ("lt", pgettext("comparison", "is less than")), ("lte", pgettext("comparison", "is at most")),
            ("between", pgettext("comparison", "is between")),
        ]),
        (_("Text or list"), [
            ("contains", pgettext("comparison", "contains")),
            ("not_contains", pgettext("comparison", "does not contain")),
            ("starts_with", pgettext("comparison", "starts with")), ("ends_with", pgettext("comparison", "ends with")),
        ]),
        (_("Date"), [
            ("before", pgettext("comparison", "is before")), ("after", pgettext("comparison", "is after")),
            ("within_last", pgettext("comparison", "was in the last")),
            ("within_next", pgettext("comparison", "is in the next")),
            ("anniversary_in", pgettext("comparison", "has its anniversary in the next")),
        ]),
    ]  # fmt: skip


def fields(test: Json) -> dict[str, str]:
    """The blanks' texts for a comparison. What they can't hold comes back changed from `read`: the row sees to it."""
    op, value = str(test.get("op") or ""), test.get("value")
    found = dict.fromkeys(KEYS, "") | {"op": op}
    if op in WITHIN:
        found["span"], found["unit"] = split_span(value)
    elif op in LISTED and isinstance(value, list):
        found["value"] = ", ".join(_shown(one) for one in value)
        found["type"] = _type(value[0]) if value else ""
    elif op == "between" and isinstance(value, list) and len(value) == 2:
        found["value"], found["high"] = _shown(value[0]), _shown(value[1])
        found["type"] = _type(value[0] if value[0] != "" else value[1])
    elif op not in PRESENCE:
        found["value"], found["type"] = _shown(value), _type(value)
    found["was"] = found["value"]
    return found


def read(found: dict[str, str], known_type: str = "") -> Json:
    """{"op", "value"} from the blanks' texts."""
    op = found["op"]
    if op in PRESENCE:
        return {"op": op}
    if op in WITHIN:
        return {"op": op, "value": read_span(found["span"], found["unit"])}
    type_ = found["type"]
    if type_ == "text" and found["value"] != found["was"]:
        type_ = ""  # written anew: what it is shows again
    if not type_:
        ordered = op in ORDER or op == "between"
        type_ = "number" if ordered else {"number": "number", "yes_no": "yes_no"}.get(known_type, "")
    if op in LISTED:
        words = [word.strip() for word in found["value"].split(",")]
        return {"op": op, "value": [_typed(word, type_) for word in words if word]}
    if op == "between":
        return {"op": op, "value": [_typed(found["value"], type_), _typed(found["high"], type_)]}
    return {"op": op, "value": _typed(found["value"], type_)}


def split_span(value: Any) -> tuple[str, str]:
    """("30", "days") of "P30D"; the text itself and no unit where one number and unit can't say it."""
    text = str(value or "")
    plain = (text, "raw" if text.startswith("P") else "days")
    return next(((match[1], unit) for unit, shape in _SPAN_SHAPES if (match := shape.fullmatch(text))), plain)


def read_span(number: str, unit: str) -> str:
    number = number.strip()
    if not re.fullmatch(r"[0-9]{1,6}", number):
        return number
    return _SPANS.get(unit, _SPANS["days"]).format(int(number))


def row(found: dict[str, str], blanks: Blanks, subject: Blank, known_type: str = "") -> SafeString:
    """The sentence. `subject` is the blank of what is compared."""
    op = blanks.choice("op", found["op"], operators(), _("how to compare"))
    kept = blanks.hidden("type", found["type"]) + blanks.hidden("was", found["was"])
    slots = {"name": subject, "op": op}
    if found["op"] in PRESENCE:
        return say(_("%(name)s %(op)s"), **slots) + kept
    if found["op"] in WITHIN:
        return (
            say(_("%(name)s %(op)s %(value)s"), value=blanks.span(found["span"], found["unit"]), **slots)
            + kept
        )
    if found["op"] == "between":
        low = _value(found, blanks, "value", known_type)
        high = _value(found, blanks, "high", known_type)
        return say(_("%(name)s %(op)s %(low)s and %(high)s"), low=low, high=high, **slots) + kept
    return (
        say(_("%(name)s %(op)s %(value)s"), value=_value(found, blanks, "value", known_type), **slots) + kept
    )


def _value(found: dict[str, str], blanks: Blanks, key: str, known_type: str) -> Blank:
    op, value, type_ = found["op"], found[key], found["type"] or known_type
    if op in LISTED:
        return blanks.text(key, value, _("values, separated by commas"), wide=True)
    if type_ == "yes_no" and op in ("is", "is_not") and value in ("", "true", "false"):
        return blanks.choice(key, value, [("true", _("yes")), ("false", _("no"))], _("yes or no"))
    is_date = op in ("before", "after") or (known_type == "date" and (op in ORDER or op == "between"))
    if is_date and (not value or DAY.fullmatch(value)):
        return blanks.text(key, value, _("date"), kind="date")
    number = op in ORDER or op == "between" or type_ == "number"
    return blanks.text(
        key, value, _("number") if number else _("value"), kind="number" if number and not is_date else "text"
    )


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, int | float):
        return "number"
    return "text" if value else ""


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _typed(text: str, type_: str) -> Any:
    text = text.strip()
    if type_ == "yes_no" and text in ("true", "false"):
        return text == "true"
    if type_ == "number":
        if INTEGER.fullmatch(text):
            return int(text)
        if DECIMAL.fullmatch(text):
            return float(text)
    return " ".join(text.splitlines())
