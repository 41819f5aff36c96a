"""A value as the catalogue may keep it: nothing that says who somebody is."""

import re
from typing import Any

from profiles import data_classes

LONGEST = 60
NAMES = frozenset({"first_name", "last_name", "name", "full_name", "nickname", "username", "title_name"})
# Like an address, a telephone number, or a word that a person made up: long runs of digits tell somebody.
_TELLING = re.compile(r"@|\d[\d\s().-]{7,}\d|https?://")


def example(kind: str, name: str, value: Any) -> Any:
    """None: not to be shown. Dates and numbers are; texts only where neither name nor looks are personal."""
    if data_classes.suggested(name) != data_classes.NONE or (kind == "attribute" and name in NAMES):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 10**9 else None
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}(T[\d:.+Z-]*)?", value):
        return value
    return None if _TELLING.search(value) else value
