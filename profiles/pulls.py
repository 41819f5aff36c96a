"""Sources that we fetch from, by the clock: what is new since the last time, stored in chunks with how far that is.

A chunk ends where the value of the cursor column changes, so rows with the same value are never torn apart, and the
next run asks only for greater ones. After a failure the pauses grow; what was stored stays.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.db import transaction
from django.db.models import Q

from profiles import record_event, source_notes
from profiles.call import Call
from profiles.connectors import sql
from profiles.importing import mapped, mapping, run
from profiles.models import Pull, Source
from profiles.segment_calls import Refused
from workspaces import audit
from workspaces.actor import Actor

log = structlog.get_logger(__name__)

CHUNK = 1000
MOST = 20_000  # rows of one chunk, however many have the same cursor value
LEASE = timedelta(minutes=4)
TURN = 200.0
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
SHOWN = 8
LOOKED = 30.0  # seconds that somebody who tries a query waits for it


class Torn(Exception):
    """Another worker has it, or somebody changed it meanwhile."""


@dataclass(frozen=True, slots=True)
class Preview:
    columns: list[str]
    rows: list[dict[str, Any]]


def place(source: Source) -> sql.Place:
    given = source.settings
    return sql.Place(
        given.get("engine", "postgresql"),
        given.get("host", ""),
        int(given.get("port") or sql.PORTS.get(given.get("engine", ""), 5432)),
        given.get("database", ""),
        given.get("user", ""),
        (source.secret or {}).get("password", ""),
        given.get("tls", "prefer"),
    )


def look(source: Source) -> Preview:
    """The first rows. Raises sql.Failed."""
    given = source.settings
    query, column = given.get("query", ""), given.get("cursor", "")
    with sql.rows(place(source), query, column, None, SHOWN, LOOKED) as (columns, rows):
        return Preview(columns, list(rows))


def configure(
    actor: Actor, source: Source, settings: dict[str, Any], password: str | None, now: datetime
) -> None:
    """Where it is and what is asked. password None: as it was. Another query starts from the beginning."""
    with transaction.atomic():
        fresh = Source.objects.select_for_update().get(pk=source.pk)
        again = any(
            fresh.settings.get(key) != settings.get(key) for key in ("query", "cursor", "host", "database")
        )
        fresh.settings = fresh.settings | settings
        if password is not None:
            fresh.secret = {**(fresh.secret or {}), "password": password}
        fresh.save(update_fields=["settings", "secret"])
        pull, _made = Pull.objects.get_or_create(source=fresh)
        if again:
            Pull.objects.filter(pk=pull.pk).update(cursor=None, error="", failures=0, claimed_until=None)
        audit.record(actor, "source.changed", fresh, at=now)
    source.refresh_from_db()


def switch(actor: Actor, source: Source, minutes: int | None, now: datetime) -> None:
    """Every so many minutes from now on; None: not any more."""
    with transaction.atomic():
        values: dict[str, Any] = {
            "due_at": None if minutes is None else now,
            "failures": 0,
            "claimed_until": None,
        }
        if minutes is not None:
            values["every"] = minutes * 60
        Pull.objects.filter(source=source).update(**values)
        audit.record(actor, "source.paused" if minutes is None else "source.resumed", source, at=now)


def again(source: Source, now: datetime) -> None:
    """Now, not at its time."""
    Pull.objects.filter(source=source, due_at__isnull=False).update(due_at=now)


def work(clock: Callable[[], datetime], seconds: float = TURN) -> bool:
    """The next one that is due; False: none is."""
    pull = _claim(clock())
    if pull is None:
        return False
    now = clock()
    lease = _Lease(pull, clock)
    try:
        whole = _fetch(pull, lease, now, seconds)
    except Torn:
        return True
    except sql.Failed as error:
        _failed(pull, lease, str(error), clock())
    except Exception:
        # A row that no rule foresaw must not be tried every second for ever.
        log.exception("pull_failed", pull=pull.pk)
        _failed(pull, lease, "an unforeseen fault; the log says more", clock())
        raise
    else:
        lease.end(
            due_at=now + timedelta(seconds=pull.every) if whole else clock(),
            failures=0,
            error="",
            last_run_at=now,
        )
    return True


def _claim(now: datetime) -> Pull | None:
    with transaction.atomic():
        pull = (
            Pull.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("source__workspace")
            .filter(Q(claimed_until=None) | Q(claimed_until__lt=now), due_at__lte=now, source__is_active=True)
            .order_by("due_at")
            .first()
        )
        if pull is not None:
            pull.claimed_until = now + LEASE
            pull.last_rows = 0
            pull.save(update_fields=["claimed_until", "last_rows"])
    return pull


def _fetch(pull: Pull, lease: "_Lease", now: datetime, seconds: float) -> bool:
    """Whether all that there is was fetched."""
    source, end = pull.source, time.monotonic() + seconds
    given = source.settings
    column = given.get("cursor", "")
    with sql.rows(place(source), given.get("query", ""), column, pull.cursor) as (columns, rows):
        found = mapping.read(given.get("mapping") or {}, columns)
        if found.problems:
            raise sql.Failed(found.problems[0])
        if column and column not in columns:
            raise sql.Failed(f"the query has no column {column}")
        importer = mapped.Importer(found, None, now, run.region(source), salt=f"pull {source.pk}")
        for chunk in _chunks(rows, column):
            _store(pull, importer, chunk, column, lease, now, quiet=not given.get("announce"))
            if time.monotonic() > end and column:
                return False
    return True


def _chunks(rows: Iterator[dict[str, Any]], column: str) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        full = len(chunk) >= CHUNK and (not column or row.get(column) != chunk[-1].get(column))
        if full or len(chunk) >= MOST:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def _store(
    pull: Pull,
    importer: mapped.Importer,
    rows: list[dict[str, Any]],
    column: str,
    lease: "_Lease",
    now: datetime,
    *,
    quiet: bool,
) -> None:
    source, calls, refused = pull.source, list[Call](), list[tuple[str, dict[str, Any]]]()
    for values in rows:
        try:
            calls.append(
                importer.call([mapped.Row(values, msgspec.json.encode(values, order="deterministic"), "")])
            )
        except Refused as error:
            refused.append((str(error), values))
    run.months_for(calls, set())

    def store() -> None:
        result = record_event.record(source.workspace_id, source.pk, calls, now, quiet=quiet)
        lease.save(
            cursor=sql.as_cursor(rows[-1].get(column)) if column else None,
            taken=pull.taken + result.stored,
            rejected=pull.rejected + len(refused) + len(result.rejected),
            last_rows=pull.last_rows + len(rows),
        )

    run.at_once(store)
    pull.refresh_from_db(fields=["taken", "rejected", "last_rows", "cursor"])
    for reason, values in refused:
        source_notes.refused(source.pk, source.workspace_id, reason, values, now)


def _failed(pull: Pull, lease: "_Lease", error: str, now: datetime) -> None:
    pause = PAUSES[min(pull.failures, len(PAUSES) - 1)]
    source_notes.refused(pull.source_id, pull.source.workspace_id, f"database: {error}"[:200], None, now)
    lease.end(due_at=now + pause, failures=pull.failures + 1, error=error, last_run_at=now)


class _Lease:
    """Only whoever holds it writes; somebody who switches the source off or sets it up anew takes it away."""

    def __init__(self, pull: Pull, clock: Callable[[], datetime]) -> None:
        self._pk, self._token, self._clock = pull.pk, pull.claimed_until, clock

    def save(self, **fields: Any) -> None:
        until = self._clock() + LEASE
        if not Pull.objects.filter(pk=self._pk, claimed_until=self._token).update(
            claimed_until=until, **fields
        ):
            raise Torn
        self._token = until

    def end(self, **fields: Any) -> None:
        Pull.objects.filter(pk=self._pk, claimed_until=self._token, due_at__isnull=False).update(
            claimed_until=None, **fields
        )
