"""What an answer means: she goes on, she takes the failed way, or it is tried again later."""

import http.client
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from lib.http import Answer, Refused, TooLarge, Unknown

BACKOFF = (
    timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
)  # fmt: skip
LONGEST = timedelta(hours=1)  # that a Retry-After may ask for
AGAIN = frozenset({408, 425, 429})
MOST_ANSWER = 64_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outlet` "": again, not before `after`. `strain`: the host did not keep up, so others wait before they ask it."""

    outlet: str
    note: dict[str, Any] = field(default_factory=dict)
    answer: Any = None
    after: timedelta | None = None
    strain: bool = False


def of_answer(answer: Answer, *, keep: bool, now: datetime) -> Verdict:
    note: dict[str, Any] = {"status": answer.status}
    if 200 <= answer.status < 300:
        if not keep or not answer.body.strip():
            return Verdict("next", note)
        try:
            return Verdict("next", note, answer=readable(answer.body))
        except ValueError:
            return Verdict("failed", {**note, "reason": "no_json"})
    if answer.status in AGAIN or answer.status >= 500:
        after = retry_after(answer.headers.get("retry-after", ""), now)
        return Verdict("", {**note, "reason": "status"}, after=after, strain=answer.status == 429)
    return Verdict("failed", {**note, "reason": "moved" if 300 <= answer.status < 400 else "status"})


def of_error(error: Exception) -> Verdict:
    match error:
        case Unknown():
            return Verdict("", {"reason": "unknown_host"}, strain=True)
        case Refused():
            return Verdict("failed", {"reason": "refused"})
        case TooLarge():
            return Verdict("failed", {"reason": "too_large"})
        case TimeoutError():
            return Verdict("", {"reason": "timeout"}, strain=True)
        case ssl.SSLError():
            return Verdict("", {"reason": "tls"}, strain=True)
        case http.client.HTTPException():
            return Verdict("", {"reason": "no_http"})
        case OSError():
            return Verdict("", {"reason": "unreachable"}, strain=True)
        case _:
            return Verdict("failed", {"reason": "error", "detail": type(error).__name__})


def again_at(attempts: int, after: timedelta | None, now: datetime) -> datetime:
    """When the next try is due after so many; a receiver that names a time gets it, within reason."""
    pause = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    return now + (max(pause, min(after, LONGEST)) if after else pause)


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Seconds, or a date."""
    text = text.strip()
    if text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(moment - now, timedelta()) if moment.tzinfo else None


def readable(body: bytes) -> Any:
    """The answer as the database can keep it. ValueError: it is no JSON."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise ValueError("no JSON") from error
    return _clean(found)


def _clean(value: Any, depth: int = 0) -> Any:
    if depth > 50:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, float) and abs(value) > 1e18:
        return repr(value)  # the database would write it out in hundreds of digits
    if isinstance(value, dict):
        return {name.replace("\0", ""): _clean(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner, depth + 1) for inner in value]
    return value
