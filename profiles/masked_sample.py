"""A call that was not taken, or one on its way, with what tells who somebody is taken out of it.

Samples are kept for days and read by people who mend a source: they need the shape of the call, not the person. So a
value that looks like an address or a number is masked wherever it stands, and one whose name says what it is, whatever
it looks like. What can't be read as JSON is masked as a text.
"""

import re
from typing import Any

import msgspec

from lib.log_privacy import hidden
from profiles import data_classes

LONGEST = 2000
MASK = "•••"
MAX_DEPTH = 40
PRIVATE = re.compile(
    r"e-?mail|phone|mobile|^tel$|(^|_|first|last|full|given|family|middle)name$|address|street|postal|postcode|zip"
    r"|birth|gender|ssn|passport|password|passwd|secret|token|authorization|card|iban|account|(^|_)ip$|latitude|longitude",
    re.IGNORECASE,
)
NAMES_NOBODY = {"event", "type", "eventname", "event_name", "productname", "product_name", "name_of_event"}


def masked(sample: bytes | str | dict[str, Any] | list[Any] | None) -> str:
    """At most LONGEST characters. Never raises."""
    if isinstance(sample, bytes | str):
        # The start is enough to see what is wrong; a megabyte is not parsed for it.
        found = _read(sample) if len(sample) <= 40_000 else None
        if found is None:
            text = (
                sample[: LONGEST * 2].decode(errors="backslashreplace")
                if isinstance(sample, bytes)
                else sample
            )
            return str(hidden(text[: LONGEST * 2])).replace("\0", "\\0")[:LONGEST]
        sample = found
    elif sample is None:
        return ""
    try:
        text = msgspec.json.format(msgspec.json.encode(values(sample)), indent=1).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return ""
    return text.replace("\0", "\\0")[:LONGEST]


def values(value: Any, name: str = "", depth: int = 0) -> Any:
    """The same shape with personal data masked; numbers, flags and other texts stay."""
    if depth > MAX_DEPTH:
        return MASK
    if isinstance(value, dict):
        private = _private(name)
        return {
            str(key): values(inner, name if private else str(key), depth + 1) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [values(inner, name, depth + 1) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if _private(name):
        return MASK
    return _text(value) if isinstance(value, str) else value


def _private(name: str) -> bool:
    if name.lower() in NAMES_NOBODY:
        return False
    return bool(PRIVATE.search(name)) or data_classes.suggested(name) != data_classes.NONE


def _text(value: str) -> str:
    found = str(hidden(value))
    return found if len(found) <= 300 else found[:300] + "…"


def _read(sample: bytes | str) -> dict[str, Any] | list[Any] | None:
    try:
        found = msgspec.json.decode(sample)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
