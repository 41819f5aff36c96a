"""A file as records, whatever its state: BOM, CRLF, quotes, broken encoding, half lines."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from profiles.importing import shape
from profiles.importing.shape import Header, WrongHeader

__all__ = ["Header", "Lines", "Record", "WrongHeader", "csv_records", "json_records", "read_header"]

MAX_LINE = 256 * 1024
MOST_LINES = 200  # that one quoted record may span
MOST_BYTES = 2 * MAX_LINE


@dataclass(frozen=True, slots=True)
class Record:
    """line: its number in the file, from 1; offset: where it starts. Either cells (or, of JSON lines, the raw text) or
    a reason against it."""

    line: int
    raw: bytes
    cells: list[str] | None = None
    reason: str = ""
    offset: int = 0


class Lines:
    """The file's lines with a way back; `offset` and `line` say where the next one starts. One that is longer than
    MAX_LINE comes in pieces, so that no line needs more memory than that."""

    def __init__(self, file: BinaryIO, offset: int, line: int) -> None:
        file.seek(offset)
        self._file = file
        self._back: deque[bytes] = deque()
        self._inside = False
        self.offset, self.line = offset, line

    def next(self) -> bytes | None:
        raw = self._back.popleft() if self._back else self._file.readline(MAX_LINE)
        if not raw:
            return None
        self.offset += len(raw)
        self.line += not self._inside
        self._inside = raw[-1:] != b"\n"
        return raw

    def give_back(self, lines: list[bytes], line: int) -> None:
        """What was read behind the end of line number `line`."""
        self._back.extendleft(reversed(lines))
        self.offset -= sum(map(len, lines))
        self.line, self._inside = line, False

    def skip(self) -> None:
        """The rest of a line that came in pieces."""
        while self._inside and self.next() is not None:
            pass


def read_header(path: Path, encoding: str = "") -> Header:
    return shape.read_header(path, MAX_LINE, encoding=encoding)


def csv_records(lines: Lines, header: Header) -> Iterator[Record]:
    """Every line but the header. A record whose quote never closes costs its first line, not the rest of the file."""
    width = len(header.columns)
    while True:
        offset = lines.offset
        if (raw := lines.next()) is None:
            return
        number = lines.line
        if not raw.strip():
            continue
        if _is_piece(raw):
            lines.skip()
            yield Record(number, raw[:1000], reason="the line is too long", offset=offset)
            continue
        more: list[bytes] = []
        quotes, size = raw.count(b'"'), len(raw)
        while (
            quotes % 2
            and len(more) < MOST_LINES
            and size < MOST_BYTES
            and (follow := lines.next()) is not None
        ):
            more.append(follow)
            size += len(follow)
            quotes += follow.count(b'"')
        unclosed = quotes % 2 == 1 or (bool(more) and _is_piece(more[-1]))
        record = _parse(number, b"".join([raw, *more]), header, width, offset)
        if more and (record.cells is None or unclosed):
            lines.give_back(more, number)
            reason = "a quote is not closed" if unclosed else record.reason
            record = Record(number, raw, reason=reason, offset=offset)
        yield record


def _is_piece(raw: bytes) -> bool:
    """Of a line that is too long to come at once."""
    return len(raw) == MAX_LINE and raw[-1:] != b"\n"


def _parse(number: int, raw: bytes, header: Header, width: int, offset: int) -> Record:
    def wrong(reason: str) -> Record:
        return Record(number, raw, reason=reason, offset=offset)

    try:
        text = raw.decode(header.encoding)
    except UnicodeDecodeError:
        return wrong("not " + shape.ENCODINGS.get(header.encoding, header.encoding))
    if "\0" in text:
        return wrong("holds a NUL character")
    try:
        # Only a line feed ends a line here: splitlines knows more ends, and those may stand in a text.
        rows = list(csv.reader(_lines(text), delimiter=header.delimiter, strict=True))
    except csv.Error:
        return wrong("a quote is not closed")
    if len(rows) != 1:
        return wrong("a quote is not closed")
    if len(rows[0]) != width:
        return wrong(f"has {len(rows[0])} columns, the header has {width}")
    return Record(number, raw, rows[0], offset=offset)


def _lines(text: str) -> list[str]:
    return (
        [text]
        if text.find("\n", 0, -1) < 0
        else [line + "\n" for line in text.removesuffix("\n").split("\n")]
    )


def json_records(lines: Lines) -> Iterator[Record]:
    while True:
        offset = lines.offset
        if (raw := lines.next()) is None:
            return
        number = lines.line
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw[-1:] != b"\n" and len(raw) >= MAX_LINE - 3:
            lines.skip()
            yield Record(number, raw[:1000], reason="the line is too long", offset=offset)
        elif raw.strip():
            yield Record(number, raw, offset=offset)
