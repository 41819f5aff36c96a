"""A row of events: who (external_id, email, phone or anonymous_id), event, timestamp, properties.*, message_id.

JSON lines have the same keys with `properties` as an object, or are calls of the tracking spec (userId, ...).
"""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from profiles import segment_calls, standard
from profiles.call import Call
from profiles.importing import cells
from profiles.importing.records import Record, WrongHeader
from profiles.segment_calls import EARLIEST, MAX_CALL, MAX_MESSAGE_ID, MAX_NAME, Refused, check

WHO = ("external_id", "email", "phone", "anonymous_id")
NEEDED = ("event", "timestamp")


class _Row(msgspec.Struct):
    event: str
    timestamp: str
    external_id: str | int | None = None
    email: str | None = None
    phone: str | None = None
    anonymous_id: str | int | None = None
    message_id: str | None = None
    properties: dict[str, Any] = {}


_row = msgspec.json.Decoder(_Row)


class Events:
    kind = "events"

    def __init__(self, columns: list[str] | None, now: datetime, region: str) -> None:
        """columns None: JSON lines."""
        self.now, self.region, self.columns = now, region, columns
        self._reader = segment_calls.Reader(now, region)
        if columns is None:
            return
        missing = [name for name in NEEDED if name not in columns]
        if not set(columns) & set(WHO):
            missing.insert(0, "external_id (or email, phone, anonymous_id)")
        if missing:
            raise WrongHeader(
                f"these columns are missing: {', '.join(missing)}; the file has: {', '.join(columns)}"
            )
        odd = [
            name
            for name in columns
            if name not in (*WHO, *NEEDED, "message_id") and not name.startswith("properties.")
        ]
        if odd:
            raise WrongHeader(
                f"these columns mean nothing here: {', '.join(odd)}; write properties.{odd[0]} for a property"
            )

    def read(self, record: Record) -> Call:
        """Refused with the reason."""
        if len(record.raw) > MAX_CALL:
            raise Refused(f"a row may have {MAX_CALL // 1024} kB")
        if record.cells is not None:
            call = self._of_cells(record.cells)
        elif b'"userId"' in record.raw or b'"anonymousId"' in record.raw:
            call = self._reader.read(record.raw)
        else:
            call = self.of_json(record.raw)
        if not call.message_id:
            # Row and place in the file: the same file twice is one import, two equal rows are two events.
            digest = hashlib.blake2b(record.raw.rstrip(b"\r\n") + b"\n%d" % record.line, digest_size=16)
            call.message_id = "file-" + digest.hexdigest()
        return call

    def _of_cells(self, row: list[str]) -> Call:
        given: dict[str, str] = {}
        properties: dict[str, Any] = {}
        for name, text in zip(self.columns or (), row, strict=True):
            if name.startswith("properties."):
                known = cells.value(text)
                if known is not None:
                    properties[name[11:]] = known
            else:
                given[name] = text.strip()
        return self._call(given, properties)

    def of_json(self, raw: bytes) -> Call:
        row = segment_calls.decode(_row, raw)
        given = {
            name: str(known).strip()
            for name in (*WHO, *NEEDED, "message_id")
            if (known := getattr(row, name)) is not None
        }
        return self._call(given, row.properties)

    def _call(self, given: dict[str, str], properties: dict[str, Any]) -> Call:
        if not given["event"]:
            raise Refused("event must have a name")
        if any("\0" in text for text in given.values()):
            raise Refused("text may not hold NUL characters")
        if len(given["event"]) > MAX_NAME or any(len(given.get(name, "")) > MAX_NAME for name in WHO):
            raise Refused(f"a name or id is longer than {MAX_NAME} characters")
        if len(given.get("message_id", "")) > MAX_MESSAGE_ID:
            raise Refused(f"message_id is longer than {MAX_MESSAGE_ID} characters")
        moment = segment_calls.parse_moment("timestamp", given["timestamp"])
        if not EARLIEST <= moment <= self.now:
            raise Refused("timestamp lies in the future" if moment > self.now else "timestamp is before 1970")
        if properties:
            check(properties, "properties")
        call = Call("track", moment, event=given["event"], properties=properties)
        call.user_id = given.get("external_id") or None
        call.anonymous_id = given.get("anonymous_id") or None
        call.message_id = given.get("message_id") or None
        call.email = given.get("email") or None
        if given.get("phone"):
            call.phone = standard.phone(given["phone"], self.region)
        if not (call.user_id or call.anonymous_id or call.email or call.phone):
            raise Refused("names nobody: " + ", ".join(WHO) + " are empty")
        if call.email and not call.user_id:
            call.fill = {"email": call.email}
        elif call.phone and not call.user_id:
            call.fill = {"phone": call.phone}
        return call
