"""A look at a file before it is read: its first rows, and what a mapping would make of them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from profiles.importing import mapped, mapping, shape
from profiles.importing.records import MAX_LINE, Lines, Record, csv_records, json_records
from profiles.live_calls import body
from profiles.segment_calls import Refused

LOOKED_AT = 200  # rows, for the suggestion
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """What the first rows hold, what they would become (call, or the reason against it), and what is wrong."""

    columns: list[str]
    rows: list[dict[str, Any]]
    calls: list[tuple[dict[str, Any] | None, str]]
    problems: tuple[str, ...]


def header(path: Path, name: str, given: dict[str, Any]) -> shape.Header | None:
    with path.open("rb") as file:
        head = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if name.lower().endswith((".jsonl", ".ndjson")) or head[:1] == b"{":
        return None
    return shape.read_header(path, MAX_LINE, lenient=True, **given)


def _first(path: Path, header: shape.Header | None, most: int) -> list[Record]:
    found: list[Record] = []
    try:
        with path.open("rb") as file:
            lines = Lines(file, header.offset if header else 0, header.line if header else 0)
            for record in csv_records(lines, header) if header else json_records(lines):
                found.append(record)
                if len(found) >= most:
                    break
    except FileNotFoundError:
        pass
    return found


def sample(path: Path, header: shape.Header | None) -> tuple[list[str], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for record in _first(path, header, LOOKED_AT):
        if not record.reason:
            try:
                rows.append(values_of(record, header.columns if header else None))
            except Refused:
                continue
    columns = header.columns if header else mapped.column_names(rows)
    return columns[: mapping.MOST_COLUMNS] if header is None else columns, rows


def values_of(record: Record, columns: list[str] | None) -> dict[str, Any]:
    if record.cells is not None:
        return dict(zip(columns or (), record.cells, strict=True))
    return mapped.flat(record.raw)


def preview(path: Path, kept: dict[str, Any], given: dict[str, Any], region: str, now: datetime) -> Preview:
    """`kept`: the shape of the file, as it was found or put right; `given`: the mapping."""
    columns: list[str] = kept.get("columns", [])
    found = mapping.read(given, columns)
    header = shape.from_json(kept)
    importer = (
        mapped.Importer(found, columns if header else None, now, region) if not found.problems else None
    )
    rows: list[dict[str, Any]] = []
    calls: list[tuple[dict[str, Any] | None, str]] = []
    open_rows: list[mapped.Row] = []

    def close() -> None:
        if open_rows and importer:
            try:
                calls.append((body(importer.call(open_rows)), ""))
            except Refused as error:
                calls.append((None, str(error)))
        open_rows.clear()

    key = ""
    for record in _first(path, header, SHOWN * 20):
        if len(calls) >= SHOWN and len(rows) >= SHOWN:
            break
        try:
            if record.reason:
                raise Refused(record.reason)
            values = values_of(record, columns)
            if len(rows) < SHOWN:
                rows.append(values)
            if importer:
                row = importer.row(record)
                importer.call([row])
                own = importer.group(row)
                if not open_rows or not own or own != key:
                    close()
                key = own
                open_rows.append(row)
        except Refused as error:
            calls.append((None, str(error)))
    close()
    return Preview(columns, rows, calls[:SHOWN], found.problems)
