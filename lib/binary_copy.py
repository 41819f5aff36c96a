"""Rows for `COPY ... FROM stdin (format binary)`: what many rows share is laid out once, and the server parses no text.

A row is the number of its fields as two bytes, then each field as here; `START` goes before all rows, `END` behind."""

import sys
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from struct import Struct

START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_bigint, _integer = Struct(">iq"), Struct(">ii")
length = Struct(">i").pack


def text(value: str) -> bytes:
    """Of type text or json."""
    encoded = value.encode()
    return length(len(encoded)) + encoded


def jsonb(value: bytes) -> bytes:
    """JSON as it is encoded."""
    return length(len(value) + 1) + b"\x01" + value


def bigint(value: int | None) -> bytes:
    return NULL if value is None else _bigint.pack(8, value)


def integer(value: int | None) -> bytes:
    return NULL if value is None else _integer.pack(4, value)


def boolean(value: bool) -> bytes:
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


def moment(value: datetime | None) -> bytes:
    """Of type timestamptz."""
    return NULL if value is None else _bigint.pack(8, (value - EPOCH) // _MICROSECOND)


def numbers(kind: str, values: Iterable[int]) -> bytes:
    """One behind the other, without their lengths: "q" eight bytes each, "i" four. OverflowError for what is longer."""
    found = array(kind, values)
    if sys.byteorder == "little":
        found.byteswap()
    return found.tobytes()


def repeated(template: bytes, count: int, *columns: tuple[int, bytes]) -> bytearray:
    """`count` times `template`, each time with other values in some places of it: (place, all its values one behind the
    other). A byte of all of them at a time is quicker than a row at a time."""
    width, laid = len(template), bytearray(template * count)
    for at, values in columns if count else ():
        wide = len(values) // count
        for place in range(wide):
            laid[at + place :: width] = values[place::wide]
    return laid
