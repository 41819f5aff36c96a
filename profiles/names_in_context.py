"""Names that a call's context has beside userId and anonymousId: external ids of a source's systems, a device's token.

`context.externalIds` is Segment's form ([{id, type, collection}]), `context.externalId` RudderStack's ([{id, type}]).
"""

import re
from typing import Any

Name = tuple[str, str]  # kind, value

MOST = 10  # names of one call
LONGEST = 200
LONGEST_TYPE = 30
_ODD = re.compile(r"[^a-z0-9_.]+")


def names(context: dict[str, Any]) -> tuple[Name, ...]:
    """Sorted; what can't be a name is passed over, as the spec asks of unknown keys."""
    found: set[Name] = set()
    for key in ("externalIds", "externalId"):
        given = context.get(key)
        for entry in given[:MOST] if isinstance(given, list) else ():
            if not isinstance(entry, dict) or entry.get("collection") not in (None, "users"):
                continue
            kind, value = entry.get("type"), text(entry.get("id"))
            slug = _ODD.sub("_", kind.strip().lower()).strip("_") if isinstance(kind, str) else ""
            if value and slug and len(slug) <= LONGEST_TYPE:
                found.add((f"external:{slug}", value))
    device = context.get("device")
    if isinstance(device, dict) and (token := text(device.get("token"), 500)):
        found.add(("device", token))
    return tuple(sorted(found)[:MOST])


def text(value: Any, longest: int = LONGEST) -> str:
    """A name as text; "" where it can't be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    value = value.strip() if isinstance(value, str) else ""
    return value if len(value) <= longest else ""
