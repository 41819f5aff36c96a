"""What a cell of a CSV file means."""

import re
from typing import Any

import msgspec
from dateutil.parser import isoparse

from profiles.segment_calls import Refused

TYPES = ("auto", "text", "number", "yes_no", "date")
YES = {"yes", "y", "true", "1", "t", "on", "예", "네", "동의"}
NO = {"no", "n", "false", "0", "f", "off", "아니오", "아니요", "거부"}
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"-?\d{1,3}(\.\d{3})*,\d+")
_MONEY = str.maketrans("", "", " \u00a0\u202f'₩$€£¥원")

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,12})?")
# Digits that are no numbers: they must keep their zeros and never be added up.
TEXTS = {
    "external_id", "email", "phone", "first_name", "last_name", "name", "birthday", "locale", "time_zone", "country",
    "city", "postal_code", "id",
}  # fmt: skip


def value(text: str) -> Any:
    """number, true or false, a JSON list or object, else the text; None for an empty cell."""
    text = text.strip()
    if not text:
        return None
    first = text[0]
    if first in "-0123456789" and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if first in "tTfF" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if first in "[{":
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return text
    return text


def typed(text: str, kind: str) -> Any:
    """A cell of a column whose type is known; None for an empty one. Refused when it is no such thing."""
    text = text.strip()
    if not text:
        return None
    if kind == "text":
        return text
    if kind == "number":
        return _number(text)
    if kind == "yes_no":
        if text.lower() in YES:
            return True
        if text.lower() in NO:
            return False
        raise Refused(f"{text[:40]!r} is neither yes nor no")
    if kind == "date":
        try:
            return isoparse(text).date().isoformat()
        except ValueError:
            raise Refused(f"{text[:40]!r} is no date like 2026-01-31") from None
    return value(text)


def _number(text: str) -> int | float:
    """1,234.50 and 1.234,50 are numbers, and ₩12,000 is one, too."""
    bare = text.translate(_MONEY)
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    if not _DECIMAL.fullmatch(bare) or len(bare) > 30:
        raise Refused(f"{text[:40]!r} is no number")
    return float(bare) if "." in bare or len(bare) > 18 else int(bare)
