"""A file as records, whatever its state: BOM, CRLF, quotes, broken encoding, half lines."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_LINE = 256 * 1024
MOST_LINES = 200  # that one quoted record may span


class WrongHeader(ValueError):
    """The file can't be read at all; the reason names the columns."""


@dataclass(frozen=True, slots=True)
class Record:
    """line: its number in the file, from 1. Either cells (or, of JSON lines, the raw text) or a reason against it."""

    line: int
    raw: bytes
    cells: list[str] | None = None
    reason: str = ""


class Lines:
    """The file's lines with a way back; `offset` and `line` say where the next one starts."""

    def __init__(self, file: BinaryIO, offset: int, line: int) -> None:
        file.seek(offset)
        self._file = file
        self._back: deque[bytes] = deque()
        self.offset, self.line = offset, line

    def next(self) -> bytes | None:
        raw = self._back.popleft() if self._back else self._file.readline(MAX_LINE)
        if not raw:
            return None
        self.offset += len(raw)
        self.line += 1
        return raw

    def give_back(self, lines: list[bytes]) -> None:
        self._back.extendleft(reversed(lines))
        self.offset -= sum(map(len, lines))
        self.line -= len(lines)


@dataclass(frozen=True, slots=True)
class Header:
    columns: list[str]
    delimiter: str
    offset: int


def read_header(path: Path) -> Header:
    """The column names of a CSV file; the delimiter is the comma, semicolon or tab that the header holds most of."""
    with path.open("rb") as file:
        raw = file.readline(MAX_LINE)
    try:
        text = raw.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        raise WrongHeader("the first line is no UTF-8; save the file as CSV UTF-8") from None
    if not text.strip():
        raise WrongHeader("the first line must name the columns")
    delimiter = max(",;\t", key=text.count)
    try:
        columns = [name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except csv.Error:
        raise WrongHeader("the first line has a quote that is not closed") from None
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise WrongHeader("these columns come twice: " + ", ".join(name or "(no name)" for name in twice))
    if "" in columns:
        raise WrongHeader(f"column {columns.index('') + 1} has no name")
    return Header(columns, delimiter, len(raw))


def csv_records(lines: Lines, header: Header) -> Iterator[Record]:
    """Every line but the header. A record whose quote never closes costs its first line, not the rest of the file."""
    width = len(header.columns)
    while (raw := lines.next()) is not None:
        number = lines.line
        if not raw.strip():
            continue
        if raw[-1:] != b"\n" and len(raw) == MAX_LINE:
            yield Record(number, raw[:1000], reason="the line is too long")
            while (rest := lines.next()) is not None and rest[-1:] != b"\n":
                pass
            continue
        more: list[bytes] = []
        quotes = raw.count(b'"')
        while quotes % 2 and len(more) < MOST_LINES and (follow := lines.next()) is not None:
            more.append(follow)
            quotes += follow.count(b'"')
        record = _parse(number, b"".join([raw, *more]), header.delimiter, width)
        if record.cells is None and more:
            lines.give_back(more)
            record = Record(number, raw, reason=record.reason)
        yield record


def _parse(number: int, raw: bytes, delimiter: str, width: int) -> Record:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Record(number, raw, reason="not UTF-8")
    if "\0" in text:
        return Record(number, raw, reason="holds a NUL character")
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return Record(number, raw, reason="a quote is not closed")
    if len(rows) != 1:
        return Record(number, raw, reason="a quote is not closed")
    if len(rows[0]) != width:
        return Record(number, raw, reason=f"has {len(rows[0])} columns, the header has {width}")
    return Record(number, raw, rows[0])


def json_records(lines: Lines) -> Iterator[Record]:
    while (raw := lines.next()) is not None:
        number = lines.line
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw[-1:] != b"\n" and len(raw) == MAX_LINE:
            yield Record(number, raw[:1000], reason="the line is too long")
            while (rest := lines.next()) is not None and rest[-1:] != b"\n":
                pass
        elif raw.strip():
            yield Record(number, raw)
