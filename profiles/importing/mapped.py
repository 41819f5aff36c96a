"""Rows whose columns a mapping explains become calls. One engine for files, queries and their previews."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from profiles import consent, standard
from profiles.call import Call
from profiles.importing import cells, moments
from profiles.importing.mapping import EVENTS, PEOPLE, Column, Mapping
from profiles.importing.people import STATES
from profiles.importing.records import Record
from profiles.segment_calls import MAX_CALL, MAX_MESSAGE_ID, MAX_NAME, Refused, check

MOST_LINES = 1000  # of one group
MOST_ITEMS = 200  # of them that stand in the event


@dataclass(slots=True)
class Row:
    """The values of a line by column, as text (of JSON and queries as they are), and what makes it unlike others."""

    values: dict[str, Any]
    raw: bytes
    place: str  # where it stands: part of the id that keeps it from being stored twice


class Importer:
    """Reads rows. `columns`: of a CSV file; None: JSON lines. `salt`: what tells this import from another."""

    def __init__(
        self, mapping: Mapping, columns: list[str] | None, now: datetime, region: str, salt: str = ""
    ) -> None:
        self.kind, self.mapping, self.columns = mapping.kind, mapping, columns
        self.now, self.region = now, region
        self._salt = (salt + msgspec.json.encode(mapping.as_json()).decode()).encode()
        self._moment = moments.reader(mapping.time_format, mapping.zone) if mapping.kind == EVENTS else None
        self._one = {
            c.to: c.column
            for c in mapping.columns
            if c.to not in ("skip", "attribute", "property", "consent")
        }
        self._named = [c for c in mapping.columns if c.to in ("attribute", "property")]
        self._consents = [c for c in mapping.columns if c.to == "consent"]

    def row(self, record: Record) -> Row:
        if len(record.raw) > MAX_CALL:
            raise Refused(f"a row may have {MAX_CALL // 1024} kB")
        if record.cells is not None:
            values: dict[str, Any] = dict(zip(self.columns or (), record.cells, strict=True))
        else:
            values = flat(record.raw)
        return Row(values, record.raw, str(record.line))

    def group(self, row: Row) -> str:
        """What rows of one event have in common; "" if each is its own."""
        return _text(row.values.get(self.mapping.group_by)) if self.mapping.group_by else ""

    def read(self, record: Record) -> Call:
        return self.call([self.row(record)])

    def call(self, rows: Sequence[Row]) -> Call:
        """The rows are one thing: a person, an event, or an event with its lines."""
        return self._person(rows[0]) if self.kind == PEOPLE else self._event(rows)

    def _person(self, row: Row) -> Call:
        call = Call("identify", self.now)
        traits: dict[str, Any] = {}
        for column in self._named:
            found = _value(row.values.get(column.column), _type(column))
            if found is not None:
                traits[column.name] = found
        for to in ("email", "phone"):
            if given := self._given(row, to):
                traits[to] = given
        check(traits, "the row")
        call.user_id = self._given(row, "user_id")
        call.traits = standard.attributes(traits, self.region)
        call.email, call.phone = call.traits.get("email"), call.traits.get("phone")
        for column in self._consents:
            self._consent(call, column, _text(row.values.get(column.column)))
        _somebody(call)
        return call

    def _consent(self, call: Call, column: Column, text: str) -> None:
        if not text:
            return
        medium, _, topic = column.name.partition(".")
        state = STATES.get(text.lower(), text)
        try:
            consent.read({medium: {topic or consent.EVERY_TOPIC: state}})
        except ValueError as error:
            raise Refused(str(error)) from None
        call.consents.setdefault(medium, {})[topic or consent.EVERY_TOPIC] = state

    def _event(self, rows: Sequence[Row]) -> Call:
        row = rows[0]
        name = self._given(row, "event") or self.mapping.event
        if not name:
            raise Refused("event must have a name")
        when = self._given(row, "time")
        if not when or self._moment is None:
            raise Refused("the time is empty")
        properties = self._properties(rows)
        check(properties, "properties")
        call = Call("track", self._moment(when, self.now), event=name, properties=properties)
        call.user_id, call.anonymous_id = self._given(row, "user_id"), self._given(row, "anonymous_id")
        call.email = self._given(row, "email")
        if phone := self._given(row, "phone"):
            call.phone = standard.phone(phone, self.region)
        _somebody(call)
        if call.email and not call.user_id:
            call.fill = {"email": call.email}
        elif call.phone and not call.user_id:
            call.fill = {"phone": call.phone}
        call.message_id = self._given(row, "message_id") or self._message_id(row)
        if len(call.message_id) > MAX_MESSAGE_ID:
            raise Refused(f"message_id is longer than {MAX_MESSAGE_ID} characters")
        return call

    def _properties(self, rows: Sequence[Row]) -> dict[str, Any]:
        each = []
        for row in rows:
            read = ((c.name, _value(row.values.get(c.column), _type(c))) for c in self._named)
            each.append({name: value for name, value in read if value is not None})
        totals: dict[str, Any] = {}
        for computed in self.mapping.computed:
            values = [
                computed.of(_amount(row.values.get(computed.left)), _amount(row.values.get(computed.right)))
                for row in rows
            ]
            for line, value in zip(each, values, strict=True):
                if value is not None and len(rows) > 1:
                    line[computed.name] = value
            if known := [value for value in values if value is not None]:
                totals[computed.name] = _sum(known)
        if not self.mapping.group_by:
            return {**each[0], **totals}
        first = each[0]
        common = {
            name: value
            for name, value in first.items()
            if name not in totals and all(line.get(name) == value for line in each)
        }
        items = [{k: v for k, v in line.items() if k not in common} for line in each]
        found = {**common, **totals, "lines": len(rows)}
        if any(items):
            found["items"] = items[:MOST_ITEMS]
        return found

    def _given(self, row: Row, to: str) -> str | None:
        column = self._one.get(to)
        if column is None:
            return None
        text = _text(row.values.get(column))
        if "\0" in text:
            raise Refused("text may not hold NUL characters")
        if len(text) > MAX_NAME and to != "message_id":
            raise Refused(f"a name or id is longer than {MAX_NAME} characters")
        return text or None

    def _message_id(self, row: Row) -> str:
        """Row, place and mapping: the same file twice is one import, two equal rows are two events, and a file that was
        read wrongly may be read again."""
        digest = hashlib.blake2b(self._salt, digest_size=16)
        digest.update(row.raw.rstrip(b"\r\n"))
        digest.update(f"\n{row.place}".encode())
        return "file-" + digest.hexdigest()


def flat(raw: bytes) -> dict[str, Any]:
    """A JSON line by its keys, one level down with a dot: properties.total."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused(f"no JSON: {error}"[:120]) from None
    if not isinstance(found, dict):
        raise Refused("a line must hold an object")
    values: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict) and value:
            values |= {f"{key}.{inner}": deep for inner, deep in value.items()}
        else:
            values[key] = value
    return values


def column_names(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Of JSON lines: every key that was seen, in its first order."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _type(column: Column) -> str:
    if column.type == "auto" and standard.RENAMED.get(column.name, column.name) in cells.TEXTS:
        return "text"
    return column.type


def _value(given: Any, kind: str) -> Any:
    if given is None:
        return None
    if isinstance(given, str):
        return cells.typed(given, kind)
    if kind == "text" and not isinstance(given, dict | list):
        return _text(given)
    if kind == "number" and not isinstance(given, int | float):
        raise Refused(f"{str(given)[:40]!r} is no number")
    if kind == "yes_no" and not isinstance(given, bool):
        return cells.typed(_text(given), kind)  # databases keep it as 1 and 0
    return given


def _amount(given: Any) -> Any:
    if isinstance(given, str):
        return cells.typed(given, "number")
    return given


def _sum(values: list[int | float]) -> int | float:
    from decimal import Decimal

    total = sum((Decimal(str(value)) for value in values), Decimal())
    return int(total) if total == total.to_integral_value() and abs(total) < 10**15 else float(total)


def _text(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float) and given.is_integer() and abs(given) < 2**53:
        return str(int(given))
    return str(given).strip()


def _somebody(call: Call) -> None:
    who = call.user_id or call.anonymous_id or call.email or call.phone
    if not who:
        raise Refused("names nobody: the columns that say who are empty")
    if len(who) > MAX_NAME:
        raise Refused(f"the id is longer than {MAX_NAME} characters")
