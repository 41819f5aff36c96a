"""Files that come in through the browser: in pieces with their offsets, then read with a mapping, by a worker.

The bytes lie under settings.UPLOADS, which web processes and workers share. A piece is taken only where the file ends,
so whatever breaks between the two, the browser asks how much is there and goes on. How far a worker came stands in the
upload's row, changed in the transaction that stores each chunk: a killed one leaves a lease behind that runs out, and
the next goes on at the very record.
"""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from profiles.importing import looking, mapped, mapping, run, shape, suggest
from profiles.importing.shape import WrongHeader
from profiles.models import Source, Upload
from workspaces import audit
from workspaces.actor import Actor

log = structlog.get_logger(__name__)

PIECE = 4 * 2**20
LEASE = timedelta(seconds=30)
TURN = 60.0  # seconds that a worker stays with one file before others have their turn
KEPT = timedelta(days=7)
ABANDONED = timedelta(days=3)


class Elsewhere(Exception):
    """The piece does not start where the file ends: `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(f"{received} bytes are here")
        self.received = received


class Unfit(ValueError):
    """The file can't be taken; the reason, for whoever sent it."""


def folder(upload: Upload) -> Path:
    return Path(settings.UPLOADS) / str(upload.public_id)


def rejects(upload: Upload) -> Path:
    return folder(upload) / "rejects.csv"


def begin(actor: Actor, source: Source, name: str, size: int, fingerprint: str, now: datetime) -> Upload:
    """Unfit when it is empty, or too large for the disk."""
    if size <= 0:
        raise Unfit("empty")
    root = Path(settings.UPLOADS)
    root.mkdir(parents=True, exist_ok=True)
    if size > settings.UPLOAD_LIMIT or size * 2 > shutil.disk_usage(root).free:
        raise Unfit("large")
    upload = Upload.objects.create(
        source=source,
        user=actor.user,
        name=name[:255] or "file",
        size=size,
        fingerprint=fingerprint[:64],
        created_at=now,
    )
    folder(upload).mkdir()
    (folder(upload) / "data").touch()
    return upload


def append(upload: Upload, offset: int, piece: bytes) -> int:
    """How much is there now. Elsewhere, Unfit. Two browsers that send the same file wait for each other."""
    with transaction.atomic():
        kept = Upload.objects.select_for_update().get(pk=upload.pk)
        if kept.state != "uploading" or offset != kept.received:
            raise Elsewhere(kept.received)
        if offset + len(piece) > kept.size:
            raise Unfit("large")
        with (folder(kept) / "data").open("r+b") as file:
            file.seek(offset)
            file.truncate()
            file.write(piece)
        kept.received = offset + len(piece)
        kept.save(update_fields=["received"])
    if kept.received == kept.size:
        look(kept)
    upload.refresh_from_db()
    return kept.received


def look(upload: Upload) -> None:
    """All of it is here: what it is, and what its columns may mean. What is no text fails now."""
    path = folder(upload) / "data"
    with path.open("rb") as file:
        head = file.read(shape.LOOKED_AT)
    if shape.needs_rewriting(head):
        shape.rewrite(path, path.with_name("new"))
        path.with_name("new").replace(path)
    try:
        header = looking.header(path, upload.name, {})
    except WrongHeader as error:
        upload.state, upload.error = "failed", str(error)
        upload.save(update_fields=["state", "error"])
        return
    was = shape.encoding_of(head)
    upload.shape = shape.as_json(header) | {"was": was, "bytes": path.stat().st_size}
    columns, rows = looking.sample(path, header)
    upload.mapping = suggest.mapping(columns, rows, upload.source.workspace.time_zone)
    upload.shape["columns"] = columns
    upload.state = "mapping"
    upload.save(update_fields=["shape", "mapping", "state"])


def reshape(upload: Upload, *, encoding: str, delimiter: str, named: bool) -> None:
    """Somebody knows better what it is. Unfit when it can't be read so."""
    if upload.state != "mapping" or upload.shape.get("format") != "csv":
        return
    path = folder(upload) / "data"
    given = {"encoding": encoding, "delimiter": delimiter, "named": named}
    try:
        header = looking.header(path, upload.name, given)
    except WrongHeader as error:
        raise Unfit(str(error)) from None
    columns, rows = looking.sample(path, header)
    if columns != upload.shape.get("columns"):
        upload.mapping = suggest.mapping(columns, rows, upload.source.workspace.time_zone)
    upload.shape = upload.shape | shape.as_json(header) | {"named": named}
    upload.save(update_fields=["shape", "mapping"])


def preview(upload: Upload, given: dict[str, Any], now: datetime) -> looking.Preview:
    return looking.preview(folder(upload) / "data", upload.shape, given, run.region(upload.source), now)


def start(
    actor: Actor, upload: Upload, given: dict[str, Any], announce: bool, now: datetime
) -> tuple[str, ...]:
    """Hands it to the workers; what is wrong with the mapping, if anything is."""
    found = mapping.read(given, upload.shape.get("columns", []))
    if found.problems:
        return found.problems
    with transaction.atomic():
        started = Upload.objects.filter(pk=upload.pk, state="mapping").update(
            state="running",
            mapping=found.as_json(),
            announce=announce,
            started_at=now,
            offset=upload.shape.get("offset", 0),
            line=upload.shape.get("line", 0),
        )
        if started:
            audit.record(actor, "source.imported", upload.source, {"reason": upload.name[:100]}, at=now)
    return ()


def cancel(actor: Actor, upload: Upload, now: datetime) -> None:
    """What is stored stays; the worker's next chunk finds that it is over."""
    with transaction.atomic():
        done = Upload.objects.filter(pk=upload.pk, state__in=("uploading", "mapping", "running")).update(
            state="cancelled", finished_at=now, claimed_until=None
        )
        if done:
            audit.record(actor, "source.stopped", upload.source, {"reason": upload.name[:100]}, at=now)
    if done:
        (folder(upload) / "data").unlink(missing_ok=True)


def work(clock: Callable[[], datetime], seconds: float = TURN) -> bool:
    """One turn with the file that waits longest; False: none does."""
    upload = _claim(clock())
    if upload is None:
        return False
    keeper = RowKeeper(upload, clock)
    path = folder(upload) / "data"
    header = shape.from_json(upload.shape)
    now = clock()
    found = mapping.read(upload.mapping, upload.shape.get("columns", []))
    # The names of events by where they stand must be the same whoever goes on, and not those of another file.
    importer = mapped.Importer(
        found, upload.shape["columns"] if header else None, upload.started_at or now, run.region(upload.source),
        salt=upload.fingerprint or upload.name,
    )  # fmt: skip
    progress = run.Progress(
        upload.size, upload.offset, upload.line, upload.taken, upload.known, upload.rejected, upload.rejects
    )
    try:
        whole = run.take(
            path, rejects(upload), header, importer, upload.source, progress, keeper, now,
            quiet=not upload.announce, seconds=seconds,
        )  # fmt: skip
    except run.Stopped:
        log.info("upload_stopped", upload=upload.pk)
        return True
    except (OSError, LookupError) as error:
        log.exception("upload_failed", upload=upload.pk)
        keeper.end(state="failed", error=type(error).__name__)
        return True
    if whole:
        keeper.end(state="done", error="")
        path.unlink(missing_ok=True)
    else:
        Upload.objects.filter(pk=upload.pk, claimed_until=keeper.token).update(claimed_until=None)
    return True


class RowKeeper:
    """How far it came, in the upload's row. `token`: the lease, which tells this worker from the next."""

    def __init__(self, upload: Upload, clock: Callable[[], datetime]) -> None:
        self._pk, self.token, self._clock = upload.pk, upload.claimed_until, clock

    def save(self, progress: run.Progress) -> None:
        until = self._clock() + LEASE
        mine = Upload.objects.filter(pk=self._pk, state="running", claimed_until=self.token).update(
            offset=progress.offset,
            line=progress.line,
            taken=progress.taken,
            known=progress.known,
            rejected=progress.rejected,
            rejects=progress.rejects,
            claimed_until=until,
        )
        if not mine:
            raise run.Stopped
        self.token = until

    def end(self, **fields: Any) -> None:
        Upload.objects.filter(pk=self._pk, state="running", claimed_until=self.token).update(
            finished_at=self._clock(), claimed_until=None, **fields
        )


def tidy(now: datetime) -> None:
    """Files that nobody needs any more."""
    Upload.objects.filter(state__in=("uploading", "mapping"), created_at__lt=now - ABANDONED).update(
        state="cancelled", finished_at=now
    )
    old = Upload.objects.filter(finished_at__lt=now - KEPT, rejects__gte=0)
    for upload in old[:100]:
        shutil.rmtree(folder(upload), ignore_errors=True)
        Upload.objects.filter(pk=upload.pk).update(rejects=-1)


def _claim(now: datetime) -> Upload | None:
    with transaction.atomic():
        upload = (
            Upload.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("source__workspace")
            .filter(Q(claimed_until=None) | Q(claimed_until__lt=now), state="running")
            .order_by(F("claimed_until").asc(nulls_first=True), "pk")
            .first()
        )
        if upload is not None:
            upload.claimed_until = now + LEASE
            upload.save(update_fields=["claimed_until"])
    return upload
