"""The last look at a log line: what looks like an e-mail address or a phone number does not go out.

We log ids, never persons; but what others raise may quote what it choked on (a database's "Key (email)=(...)", a
provider's refusal, the query string of a request)."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

HIDDEN = "[hidden]"

# At most 64 characters stand before the @ (RFC 5321): without a limit a long word would be looked through to its end
# from each of its letters.
_EMAIL = re.compile(r"[\w.+'-]{1,64}+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# +82 10-1234-5678, 010-1234-5678, 01012345678, (02) 123-4567: a plus or a nought in front. Ids, instants, versions
# and hexadecimal texts have neither, or letters beside them.
_PHONE = re.compile(
    r"(?<!\w)(?:\+|%2B)\d[\d ().-]{6,16}\d(?![\w-])"
    r"|(?<![\w.:/-])(?:\(?0\d{1,3}\)?[ .-]\d{3,4}[ .-]\d{4}|0\d{8,10})(?![\w-])"
)


def hide_addresses(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor."""
    for key, value in line.items():
        if isinstance(value, int | float | None):
            continue
        # Of a request no query: that is what somebody looked for.
        if hasattr(value, "method") and hasattr(value, "path"):
            value = f"{value.method} {value.path}"
        line[key] = hidden(value)
    return line


def hidden(value: Any) -> Any:
    """The same with what stands in it hidden; whatever is no number becomes text."""
    if isinstance(value, str):
        return _PHONE.sub(HIDDEN, _EMAIL.sub(HIDDEN, value))
    if isinstance(value, Mapping):
        return {key: hidden(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(inner) for inner in value]
    return value if isinstance(value, int | float | None) else hidden(str(value))
