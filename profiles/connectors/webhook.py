"""Somebody else's webhook: a CRM, a till, a call centre posts what it likes, and JMESPath says what is meant.

    {"each": "orders[]", "type": "track", "user_id": "customer.id", "event": "'order_placed'",
     "time": "created_at", "properties": "{amount: total, shop: store.name}"}

`each` picks the things a body tells of (without: the body is one); the other expressions are read against each.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jmespath
import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jmespath.exceptions import JMESPathError

from profiles import standard
from profiles.call import Call
from profiles.connectors.base import Connector
from profiles.connectors.registry import connectors
from profiles.importing.events import Events
from profiles.segment_calls import MAX_CALL, Refused, check, parse_moment

FIELDS = ("each", "user_id", "email", "phone", "anonymous_id", "event", "time", "message_id", "properties")
MOST_CALLS = 500
LONGEST = 1000  # of an expression
AHEAD = timedelta(minutes=5)  # so much a till's clock may be fast
EXAMPLE: dict[str, Any] = {
    "event": "ticket.closed",
    "sent_at": "2026-03-02T09:30:00+09:00",
    "customer": {"id": "M-1024", "email": "yujin@example.com"},
    "ticket": {"id": 5512, "topic": "delivery", "minutes": 14},
}
STARTER = {
    "type": "track", "user_id": "customer.id", "event": "event", "time": "sent_at",
    "properties": "{ticket: ticket.id, topic: ticket.topic, minutes: ticket.minutes}",
}  # fmt: skip


@connectors.register
class Webhook(Connector):
    kind, label, icon = "hook", gettext_lazy("Webhook"), "webhook"
    description = gettext_lazy("A CRM, a till or a call centre posts to a secret address")
    template = "profiles/sources/hook.html"
    order = 30


@dataclass(frozen=True, slots=True)
class Read:
    """What a body says: calls, and for each thing that is none (place, reason, the thing)."""

    calls: list[Call]
    rejected: list[tuple[int, str, Any]]
    places: list[int]


def problems(settings: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the expressions, by field."""
    found = {}
    for name in FIELDS:
        text = str(settings.get(name) or "")
        if len(text) > LONGEST:
            found[name] = _("This is too long.")
        elif text:
            try:
                _compiled(text)
            except JMESPathError as error:
                found[name] = _("This can't be read: %(why)s") % {"why": str(error).splitlines()[0][:160]}
    if not any(settings.get(name) for name in ("user_id", "email", "phone", "anonymous_id")):
        found.setdefault("user_id", _("Say where it stands who it is about."))
    if settings.get("type") != "identify" and not settings.get("event"):
        found.setdefault(
            "event", _("Say what the event is called, for example 'order_placed' in single quotes.")
        )
    return found


def read(settings: dict[str, Any], body: Any, now: datetime, region: str, salt: str) -> Read:
    """Refused when the body as a whole is no use. `salt`: what tells this source from others."""
    found = _find(settings.get("each") or "", body) if settings.get("each") else body
    things = found if isinstance(found, list) else [found]
    if found is None or not things:
        raise Refused("there is nothing in it that the mapping looks for")
    if len(things) > MOST_CALLS:
        raise Refused(f"one body may hold {MOST_CALLS} calls")
    read = Read([], [], [])
    for place, thing in enumerate(things):
        try:
            call = _call(settings, thing, now, region)
            if not call.message_id and call.event is not None:
                raw = msgspec.json.encode([salt, place, thing], order="deterministic")
                call.message_id = "hook-" + hashlib.blake2b(raw, digest_size=16).hexdigest()
        except Refused as error:
            read.rejected.append((place, str(error), thing))
        else:
            read.calls.append(call)
            read.places.append(place)
    return read


def _call(settings: dict[str, Any], thing: Any, now: datetime, region: str) -> Call:
    given = {name: _find(settings.get(name) or "", thing) for name in FIELDS if name != "each"}
    rest = given["properties"] if given["properties"] is not None else {}
    if not isinstance(rest, dict):
        raise Refused("the properties are no object")
    who = {name: _text(name, given[name]) for name in ("user_id", "email", "phone", "anonymous_id")}
    if settings.get("type") == "identify":
        return _person(who, rest, now, region)
    row = {
        "event": _text("event", given["event"]),
        "timestamp": _moment(given["time"], now).isoformat(),
        "external_id": who["user_id"] or None,
        "email": who["email"] or None,
        "phone": who["phone"] or None,
        "anonymous_id": who["anonymous_id"] or None,
        "message_id": _text("message_id", given["message_id"]) or None,
        "properties": {str(key): value for key, value in rest.items() if value is not None},
    }
    raw = msgspec.json.encode(row)
    if len(raw) > MAX_CALL:
        raise Refused(f"a call may have {MAX_CALL // 1024} kB")
    return Events(None, now, region).of_json(raw)


def _person(who: dict[str, str], traits: dict[str, Any], now: datetime, region: str) -> Call:
    traits = {str(key): value for key, value in traits.items() if value is not None}
    traits |= {name: who[name] for name in ("email", "phone") if who[name]}
    check(traits, "traits")
    call = Call("identify", now, user_id=who["user_id"] or None, anonymous_id=who["anonymous_id"] or None)
    call.traits = standard.attributes(traits, region)
    call.email, call.phone = call.traits.get("email"), call.traits.get("phone")
    if not (call.user_id or call.anonymous_id or call.email or call.phone):
        raise Refused("names nobody")
    return call


def signed(secret: str, body: bytes, signature: str) -> bool:
    """HMAC-SHA256 of the body, in hexadecimal or base64, with or without `sha256=` before it."""
    right = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    text = signature.strip().removeprefix("sha256=").removeprefix("v1,").strip()
    try:
        given = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(given, right)


@lru_cache(maxsize=512)
def _compiled(text: str) -> Any:
    return jmespath.compile(text)


def _find(text: str, thing: Any) -> Any:
    if not text:
        return None
    try:
        return _compiled(text).search(thing)
    except (JMESPathError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Refused(f"{text[:60]}: {str(error).splitlines()[0][:100]}") from None


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"{name} is no text")
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _moment(value: Any, now: datetime) -> datetime:
    if value is None or value == "":
        return now
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            moment = datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
        except (ValueError, OverflowError, OSError):
            raise Refused("the time is no time") from None
    else:
        moment = parse_moment("time", str(value))
    return now if now < moment <= now + AHEAD else moment
