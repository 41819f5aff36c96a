"""Takes a file in, chunk by chunk. Killed at any moment it goes on where the last committed chunk ended.

How far it came is kept by a keeper: beside the file for commands (FileKeeper), in the upload's row for the browser
(profiles.uploads.RowKeeper), there in the very transaction that stores the chunk.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

from django.db import OperationalError, transaction
from psycopg import errors

from lib.partitions import ensure_months, month_start
from profiles import record_event, source_notes, standard
from profiles.call import Call
from profiles.importing import rejects as rejected
from profiles.importing.chunks import Chunk, Importer, chunked
from profiles.importing.events import Events
from profiles.importing.people import People
from profiles.importing.records import (
    Header,
    Lines,
    WrongHeader,
    csv_records,
    json_records,
    read_header,
)
from profiles.models import Source

ATTEMPTS = 5


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


class Keeper(Protocol):
    def save(self, progress: Progress) -> None:
        """In the chunk's transaction. May raise Stopped, which takes the chunk back."""


class Stopped(Exception):
    """Somebody cancelled it, or another worker has it now."""


def state_path(path: Path) -> Path:
    return path.with_name(path.name + ".progress.json")


def rejects_path(path: Path) -> Path:
    return path.with_name(path.name + ".rejects.csv")


def people(path: Path, source: Source, now: datetime, **options: Any) -> Progress:
    header = read_header(path)
    importer = People(header.columns, now, region(source))
    return _run(path, header, importer, source, now, **options)


def events(path: Path, source: Source, now: datetime, **options: Any) -> Progress:
    header = None if path.suffix.lower() in (".jsonl", ".ndjson") else read_header(path)
    importer = Events(header.columns if header else None, now, region(source))
    return _run(path, header, importer, source, now, **options)


def region(source: Source) -> str:
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
    keeper = FileKeeper(path)
    take(
        path,
        rejects_path(path),
        header,
        importer,
        source,
        progress,
        keeper,
        now,
        quiet=not announce,
        moved=moved,
    )
    state_path(path).unlink(missing_ok=True)
    if not progress.rejected:
        rejects_path(path).unlink(missing_ok=True)
    return progress


def take(
    path: Path,
    rejected_to: Path,
    header: Header | None,
    importer: Importer,
    source: Source,
    progress: Progress,
    keeper: Keeper,
    now: datetime,
    *,
    quiet: bool,
    seconds: float | None = None,
    moved: Callable[[Progress], None] = lambda progress: None,
) -> bool:
    """From where `progress` stands to the end of the file, or for about `seconds`; whether it came to the end."""
    months: set[datetime] = set()
    end = None if seconds is None else time.monotonic() + seconds
    with path.open("rb") as file, rejected_to.open("a+", newline="", encoding="utf-8") as rejects:
        rejects.truncate(progress.rejects)
        rejects.seek(progress.rejects)
        lines = Lines(file, progress.offset, progress.line)
        records = csv_records(lines, header) if header else json_records(lines)
        for chunk in chunked(records, importer, lines):
            months_for(chunk.calls, months)
            _store(chunk, source, progress, keeper, rejects, now, quiet)
            moved(progress)
            if end is not None and time.monotonic() > end:
                return False
    return True


def _store(
    chunk: Chunk,
    source: Source,
    progress: Progress,
    keeper: Keeper,
    rejects: TextIO,
    now: datetime,
    quiet: bool,
) -> None:
    """The chunk and how far that is, at once."""
    before = asdict(progress)

    def store() -> None:
        result = record_event.record(source.workspace_id, source.pk, chunk.calls, now, quiet=quiet)
        refused = chunk.refused + [(chunk.origins[index], reason) for index, reason in result.rejected]
        refused.sort(key=lambda entry: entry[0].line)
        rejects.seek(before["rejects"])
        rejects.truncate()
        rejected.add(rejects, refused)
        progress.taken = before["taken"] + result.stored
        progress.known = before["known"] + len(result.duplicates)
        progress.rejected = before["rejected"] + len(refused)
        progress.offset, progress.line, progress.rejects = chunk.offset, chunk.line, rejects.tell()
        keeper.save(progress)

    at_once(store)
    for record, reason in chunk.refused:
        source_notes.refused(
            source.pk, source.workspace_id, reason, record.raw[: rejected.KEPT_OF_A_REJECT], now
        )


def at_once(action: Callable[[], None]) -> None:
    """In a transaction, tried again where another batch stood in its way."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                action()
        except OperationalError as error:
            again = isinstance(error.__cause__, errors.DeadlockDetected | errors.SerializationFailure)
            if not again or attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.02 * 2**attempt)
        else:
            return


def months_for(calls: list[Call], months: set[datetime]) -> None:
    """A partition for each month that has events, but not for the odd row of long ago. `months`: known ones."""
    new = {month_start(call.ts) for call in calls if call.event is not None and call.ts.year >= 1990} - months
    for month in sorted(new):
        ensure_months("profiles_event", month, month)
    months |= new


@dataclass(frozen=True, slots=True)
class FileKeeper:
    """Beside the file. A kill between the chunk and this is healed by the ids of events and by people being one."""

    path: Path

    def save(self, progress: Progress) -> None:
        kept = asdict(progress)
        transaction.on_commit(lambda: _save(self.path, kept))


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


def _save(path: Path, kept: dict[str, int]) -> None:
    new = state_path(path).with_suffix(".new")
    new.write_text(json.dumps(kept))
    new.replace(state_path(path))
