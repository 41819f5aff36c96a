"""Where a button or a picture of a short message may lead: pages, mails, calls, and an app's own addresses
(`shop://cart`); never anything that runs as a script in the page that shows the message."""

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30}):", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")
NEVER = frozenset({"javascript", "data", "vbscript", "blob", "file", "about", "view-source", "filesystem"})
WEB = ("http", "https")


def is_page(text: str) -> bool:
    """An address that a button may open."""
    found = _SCHEME.match(text)
    if found is None or _BLANK.search(text):
        return False
    scheme = found[1].lower()
    return is_picture(text) if scheme in WEB else scheme not in NEVER


def is_picture(text: str) -> bool:
    """A web address with a host."""
    if _BLANK.search(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in WEB and bool(parts.hostname)
    except ValueError:
        return False
