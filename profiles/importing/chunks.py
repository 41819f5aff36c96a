"""Records become chunks of calls: a few thousand that are stored at once, with what was refused among them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from profiles.call import Call
from profiles.importing import mapped
from profiles.importing.records import Lines, Record
from profiles.segment_calls import Refused

CHUNK = 2000


class Importer(Protocol):
    kind: str

    def read(self, record: Record) -> Call: ...


@dataclass(slots=True)
class Chunk:
    """Calls, where each began, what was refused; `offset` and `line`: where to go on once it is stored."""

    offset: int
    line: int
    calls: list[Call] = field(default_factory=list)
    origins: list[Record] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)


def chunked(records: Iterator[Record], importer: Importer, lines: Lines) -> Iterator[Chunk]:
    grouped = isinstance(importer, mapped.Importer) and bool(importer.mapping.group_by)
    return _grouped(records, importer, lines) if grouped else _plain(records, importer, lines)  # type: ignore[arg-type]


def _plain(records: Iterator[Record], importer: Importer, lines: Lines) -> Iterator[Chunk]:
    while True:
        chunk = Chunk(0, 0)
        for record in records:
            if record.reason:
                chunk.refused.append((record, record.reason))
            else:
                try:
                    chunk.calls.append(importer.read(record))
                    chunk.origins.append(record)
                except Refused as error:
                    chunk.refused.append((record, str(error)))
            if len(chunk.calls) + len(chunk.refused) >= CHUNK:
                break
        if not (chunk.calls or chunk.refused):
            return
        chunk.offset, chunk.line = lines.offset, lines.line
        yield chunk


def _grouped(records: Iterator[Record], importer: mapped.Importer, lines: Lines) -> Iterator[Chunk]:
    """Neighbours of one group are one call. A chunk ends where a group does: what is still open, and what was refused
    within it, belongs to the next."""
    chunk, key = Chunk(0, 0), ""
    rows: list[mapped.Row] = []
    open_records: list[Record] = []
    open_refused: list[tuple[Record, str]] = []

    def close() -> None:
        nonlocal rows, open_records, open_refused
        if rows:
            try:
                chunk.calls.append(importer.call(rows))
                chunk.origins.append(open_records[0])
            except Refused as error:
                chunk.refused.extend((record, str(error)) for record in open_records)
        chunk.refused.extend(open_refused)
        rows, open_records, open_refused = [], [], []

    for record in records:
        reason, row, own = record.reason, None, ""
        if not reason:
            try:
                row = importer.row(record)
                importer.call([row])  # a line that can't be read is left out, not the order it stands in
                own = importer.group(row)
            except Refused as error:
                reason, row = str(error), None
        if row is None:
            (open_refused if rows else chunk.refused).append((record, reason))
            continue
        if not rows or not own or own != key or len(rows) >= mapped.MOST_LINES:
            close()
            if len(chunk.calls) + len(chunk.refused) >= CHUNK:
                chunk.offset, chunk.line = record.offset, record.line - 1
                yield chunk
                chunk = Chunk(0, 0)
        key = own
        rows.append(row)
        open_records.append(record)
    close()
    if chunk.calls or chunk.refused:
        chunk.offset, chunk.line = lines.offset, lines.line
        yield chunk
