"""Takes a file in, chunk by chunk. Killed at any moment it goes on where the last committed chunk ended."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

from lib.partitions import ensure_months, month_start
from profiles import record_event, standard
from profiles.call import Call
from profiles.importing.events import Events
from profiles.importing.people import People
from profiles.importing.records import (
    Header,
    Lines,
    Record,
    WrongHeader,
    csv_records,
    json_records,
    read_header,
)
from profiles.models import Source
from profiles.segment_calls import Refused

CHUNK = 2000
KEPT_OF_A_REJECT = 2000


class Importer(Protocol):
    kind: str

    def read(self, record: Record) -> Call: ...


@dataclass(slots=True)
class Progress:
    """How far it came: `offset` and `line` of the next record, `rejects` the length of the rejects file by then."""

    size: int
    offset: int
    line: int
    taken: int = 0
    known: int = 0
    rejected: int = 0
    rejects: int = 0


def state_path(path: Path) -> Path:
    return path.with_name(path.name + ".progress.json")


def rejects_path(path: Path) -> Path:
    return path.with_name(path.name + ".rejects.csv")


def people(path: Path, source: Source, now: datetime, **options: Any) -> Progress:
    header = read_header(path)
    importer = People(header.columns, now, _region(source))
    return _run(path, header, importer, source, now, **options)


def events(path: Path, source: Source, now: datetime, **options: Any) -> Progress:
    header = None if path.suffix.lower() in (".jsonl", ".ndjson") else read_header(path)
    importer = Events(header.columns if header else None, now, _region(source))
    return _run(path, header, importer, source, now, **options)


def _region(source: Source) -> str:
    return standard.region_of(source.workspace.default_locale)


def _run(
    path: Path,
    header: Header | None,
    importer: Importer,
    source: Source,
    now: datetime,
    *,
    announce: bool = False,
    moved: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    progress = _resume(path) or Progress(
        path.stat().st_size, header.offset if header else 0, 1 if header else 0
    )
    moved(progress)
    months: set[datetime] = set()
    with path.open("rb") as file, rejects_path(path).open("a+", newline="", encoding="utf-8") as rejects:
        rejects.truncate(progress.rejects)
        rejects.seek(progress.rejects)
        lines = Lines(file, progress.offset, progress.line)
        records = csv_records(lines, header) if header else json_records(lines)
        for calls, origins, refused in _chunks(records, importer):
            _ensure(months, calls)
            result = record_event.record(source.workspace_id, source.pk, calls, now, quiet=not announce)
            refused += [(origins[index], reason) for index, reason in result.rejected]
            refused.sort(key=lambda entry: entry[0].line)
            _reject(rejects, refused)
            progress.taken += result.stored
            progress.known += len(result.duplicates)
            progress.rejected += len(refused)
            progress.offset, progress.line, progress.rejects = lines.offset, lines.line, rejects.tell()
            _save(path, progress)
            moved(progress)
    state_path(path).unlink(missing_ok=True)
    if not progress.rejected:
        rejects_path(path).unlink(missing_ok=True)
    return progress


def _chunks(
    records: Iterator[Record], importer: Importer
) -> Iterator[tuple[list[Call], list[Record], list[tuple[Record, str]]]]:
    while True:
        calls: list[Call] = []
        origins: list[Record] = []
        refused: list[tuple[Record, str]] = []
        for record in records:
            if record.reason:
                refused.append((record, record.reason))
            else:
                try:
                    calls.append(importer.read(record))
                    origins.append(record)
                except Refused as error:
                    refused.append((record, str(error)))
            if len(calls) + len(refused) >= CHUNK:
                break
        if not (calls or refused):
            return
        yield calls, origins, refused


def _ensure(months: set[datetime], calls: list[Call]) -> None:
    """A partition for each month that has events, but not for the odd row of long ago."""
    new = {month_start(call.ts) for call in calls if call.event is not None and call.ts.year >= 1990} - months
    for month in sorted(new):
        ensure_months("profiles_event", month, month)
    months |= new


def _reject(rejects: TextIO, refused: list[tuple[Record, str]]) -> None:
    if not refused:
        return
    writer = csv.writer(rejects)
    if rejects.tell() == 0:
        writer.writerow(["line", "reason", "text"])
    for record, reason in refused:
        text = record.raw[:KEPT_OF_A_REJECT].decode(errors="backslashreplace").rstrip("\r\n")
        writer.writerow([record.line, reason, text])
    rejects.flush()


def _resume(path: Path) -> Progress | None:
    """The state of a run that was broken off, if the file is still the one it was."""
    try:
        progress = Progress(**json.loads(state_path(path).read_text()))
    except FileNotFoundError:
        rejects_path(path).unlink(missing_ok=True)
        return None
    except (ValueError, TypeError):
        raise WrongHeader(f"{state_path(path).name} can't be read; delete it to start afresh") from None
    if progress.size != path.stat().st_size:
        raise WrongHeader(
            f"the file has changed since it was half read; delete {state_path(path).name} to start afresh"
        )
    return progress


def _save(path: Path, progress: Progress) -> None:
    new = state_path(path).with_suffix(".new")
    new.write_text(json.dumps(asdict(progress)))
    new.replace(state_path(path))
