"""What a cell of a CSV file means."""

import re
from typing import Any

import msgspec

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
