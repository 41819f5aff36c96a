"""Reads calls of the Segment HTTP tracking spec: JSON in, profiles.call.Call out; a reason for what can't be taken.

What is refused here would fail in the table or mean nothing: NUL characters, lone surrogates, numbers beyond a float,
names that are too long for an index, JSON nested without end.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from profiles import consent, names_in_context, standard
from profiles.call import Call
from profiles.names_in_context import Name

MAX_CALL = 32 * 1024
MAX_NAME = 200  # characters of an id or a name
MAX_MESSAGE_ID = 255
MAX_DEPTH = 32
MAX_INT = 2**63
KINDS = ("identify", "track", "page", "screen", "group", "alias")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"(\.\d{6})\d+")


class Refused(ValueError):
    """The reason, for the one who called."""


class Wire(msgspec.Struct, rename="camel"):
    """One call as it comes; unknown keys are ignored, as the spec asks."""

    type: str | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    message_id: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    received_at: str | None = None
    traits: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    context: msgspec.Raw = msgspec.Raw()  # read once for all calls of a request that have the same
    write_key: str | None = None


class Batch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    write_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the calls of one request. `region`: where phone numbers without +.. are from, if nothing else says."""

    now: datetime
    region: str = ""
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    known: dict[bytes, tuple[dict[str, Any], dict[str, Any], tuple[Name, ...]]] = field(default_factory=dict)

    def read(self, raw: bytes | msgspec.Raw, kind: str | None = None) -> Call:
        """One call; kind None takes its `type`. Refused with the reason."""
        if len(bytes(raw)) > MAX_CALL:
            raise Refused(f"a call may have {MAX_CALL // 1024} kB")
        return self.call(decode(_wire, raw), kind)

    def call(self, wire: Wire, kind: str | None = None) -> Call:
        kind = kind or wire.type
        if kind not in KINDS:
            raise Refused("type must be one of " + ", ".join(KINDS))
        call = Call("track", self._moment(wire))
        call.user_id = _id("userId", wire.user_id)
        call.anonymous_id = _id("anonymousId", wire.anonymous_id)
        call.message_id = wire.message_id or None
        if call.message_id and len(call.message_id) > MAX_MESSAGE_ID:
            raise Refused(f"messageId is longer than {MAX_MESSAGE_ID} characters")
        _sound(call.message_id or "", "messageId")
        call.context, call.fill, call.names = self._context(wire.context)
        _FILL[kind](self, call, wire)
        if not (call.user_id or call.anonymous_id or call.names or call.email or call.phone):
            raise Refused("userId or anonymousId must say who")
        return call

    def _context(self, raw: msgspec.Raw) -> tuple[dict[str, Any], dict[str, Any], tuple[Name, ...]]:
        """(context, what it says of the person, names it has of her). Trackers send the same context with every call:
        each is read and checked once, and the calls share it, so that it is encoded once, too."""
        key = bytes(raw)
        found = self.known.get(key)
        if found is None:
            own = decode(_context, raw) if key else None
            if own is not None:
                check(own, "context")
            context = _merged(self.context or {}, own or {})
            found = self.known[key] = (
                context,
                standard.from_context(context),
                names_in_context.names(context),
            )
        return found

    def _moment(self, wire: Wire) -> datetime:
        """timestamp = received - (sentAt - originalTimestamp): only the difference of the client's clock counts."""
        corrected = wire.received_at and wire.timestamp  # passed on by another receiver, which did it already
        given = wire.timestamp if corrected else wire.original_timestamp or wire.timestamp
        if not given:
            return self.now
        moment = parse_moment("timestamp", given)
        if (sent := wire.sent_at or self.sent_at) and not corrected:
            moment = self.now - (_sent_at(sent) - moment)
        # Nothing happened in the future, nor before computers counted.
        return min(max(moment, EARLIEST), self.now)

    def _identify(self, call: Call, wire: Wire) -> None:
        call.kind = "identify"
        traits = wire.traits if wire.traits is not None else call.context.get("traits") or {}
        if not isinstance(traits, dict):
            raise Refused("traits must be an object")
        check(traits, "traits")
        traits = dict(traits)
        given = traits.pop("consents", None)
        if given is None:
            given = call.context.get("consents")
        if given is not None:
            try:
                call.consents = consent.read(given)
            except ValueError as error:
                raise Refused(str(error)) from None
        call.traits = standard.attributes(traits, self.region)
        if not (call.user_id or call.anonymous_id or call.names):  # a form may know nothing but an address
            email, phone = call.traits.get("email"), call.traits.get("phone")
            call.email = _name("email", email) if isinstance(email, str) else None
            call.phone = _name("phone", phone) if isinstance(phone, str) else None

    def _track(self, call: Call, wire: Wire) -> None:
        if not wire.event or not wire.event.strip():
            raise Refused("event must have a name")
        call.event = _name("event", wire.event)
        call.properties = _properties(wire)

    def _view(self, call: Call, wire: Wire) -> None:
        call.event = "page"
        call.properties = _properties(wire)
        for key, value in (("name", wire.name), ("category", wire.category)):
            if value:
                call.properties = {**call.properties, key: _name(key, value)}

    def _screen(self, call: Call, wire: Wire) -> None:
        self._view(call, wire)
        call.event = "screen"

    def _group(self, call: Call, wire: Wire) -> None:
        group = _id("groupId", wire.group_id)
        if not group:
            raise Refused("groupId must name the group")
        traits = wire.traits or {}
        check(traits, "traits")
        call.event = "group"
        call.properties = {**traits, "group_id": group}
        call.traits = {
            "group": {**traits, "id": group}
        }  # the last one, for conditions: group.plan is enterprise

    def _alias(self, call: Call, wire: Wire) -> None:
        call.kind = "alias"
        call.previous_id = _id("previousId", wire.previous_id)
        if not (call.user_id and call.previous_id):
            raise Refused("alias needs previousId and userId")


_FILL = {
    "identify": Reader._identify,
    "track": Reader._track,
    "page": Reader._view,
    "screen": Reader._screen,
    "group": Reader._group,
    "alias": Reader._alias,
}
_wire = msgspec.json.Decoder(Wire)
_context = msgspec.json.Decoder(dict[str, Any] | None)
_batch = msgspec.json.Decoder(Batch)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The batch's context with the call's own over it, object by object."""
    if not base:
        return own
    merged = {**base, **own}
    for key in base.keys() & own.keys():
        if isinstance(base[key], dict) and isinstance(own[key], dict):
            merged[key] = _merged(base[key], own[key])
    return merged


def read_batch(body: bytes) -> Batch:
    return decode(_batch, body)


def read_single(body: bytes) -> Wire:
    return decode(_wire, body)


def decode(decoder: Any, raw: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise Refused(str(error)) from None
    except RecursionError:
        raise Refused("JSON is nested too deeply") from None
    except UnicodeError:
        raise Refused("JSON must be UTF-8") from None


def parse_moment(field: str, text: str) -> datetime:
    """RFC 3339, or ISO 8601 without a zone (taken as UTC)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
        except ValueError:
            raise Refused(f"{field} must look like 2026-01-31T09:30:00Z") from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    if not timedelta(days=-1) < (moment.utcoffset() or timedelta()) < timedelta(days=1):
        raise Refused(f"{field} must look like 2026-01-31T09:30:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Refused(f"{field} lies outside of the calendar") from None


@lru_cache(maxsize=64)
def _sent_at(text: str) -> datetime:
    """All calls of a batch have the same."""
    return parse_moment("sentAt", text)


def _id(field: str, value: str | int | None) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    return _name(field, text) if text else None


def _name(field: str, text: str) -> str:
    text = text.strip()
    if len(text) > MAX_NAME:
        raise Refused(f"{field} is longer than {MAX_NAME} characters")
    _sound(text, field)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _properties(wire: Wire) -> dict[str, Any]:
    if wire.properties is None:
        return {}
    check(wire.properties, "properties")
    return wire.properties


def _sound(text: str, place: str) -> None:
    if "\0" in text:
        raise Refused(f"{place}: text may not hold NUL characters")


def check(value: Any, place: str, depth: int = 0) -> None:
    """Refuses what JSON allows and the table doesn't."""
    if depth > MAX_DEPTH:
        raise Refused(f"{place} is nested more than {MAX_DEPTH} levels deep")
    for item in value.items() if isinstance(value, dict) else enumerate(value):
        key, inner = item
        if depth == 0 and len(str(key)) > MAX_NAME:
            raise Refused(f"{place}: a name is longer than {MAX_NAME} characters")
        if isinstance(key, str) and "\0" in key:
            raise Refused(f"{place}: text may not hold NUL characters")
        kind = type(inner)
        if kind is str:
            if "\0" in inner:
                raise Refused(f"{place}: text may not hold NUL characters")
        elif kind is dict or kind is list:
            check(inner, place, depth + 1)
        elif kind is int and not -MAX_INT <= inner < MAX_INT:
            raise Refused(f"{place}: {str(key)[:40]} is larger than a number may be")
