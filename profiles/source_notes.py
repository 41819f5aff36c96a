"""What sources send is counted, and what they send in vain is kept as a sample, at no cost to the one who calls.

A process adds up in memory; a thread of its own, which runs only while something arrives, writes about once a second:
one statement for the counts, one for the samples, and, while somebody watches (profiles.live_calls), one for the
calls. A killed process loses a second of figures and no data.

`recorded` is called by record_event for all that gets there, `refused` by whoever turns a call away before.
"""

import atexit
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import Error, connection

from lib import clock
from profiles import live_calls
from profiles.call import Call
from profiles.masked_sample import masked

log = structlog.get_logger(__name__)

MOST_NAMES = 2000  # kept apart between two writes
SAMPLES = 5  # of one source and reason between two writes
KEPT_SAMPLES = 20
KEPT_FOR = timedelta(days=7)
LONGEST_REASON = 200
OTHERS = "…"
VIEWS = ("page", "screen", "group")
IDLE = 10.0  # so long the thread waits for more before it ends

Key = tuple[int, int, datetime, str, str]  # workspace, source, hour, kind, name

_COUNTS = """
insert into profiles_sourcedelta (workspace_id, source_id, hour, kind, name, count, last_at)
select w, s, h, k, n, c, l from jsonb_to_recordset(%s::jsonb)
    as r(w bigint, s bigint, h timestamptz, k text, n text, c int, l timestamptz)
"""
_SAMPLES = """
insert into profiles_refusedsample (workspace_id, source_id, reason, at, sample)
select w, s, r, a, t from jsonb_to_recordset(%s::jsonb) as x(w bigint, s bigint, r text, a timestamptz, t text)
"""


@dataclass(slots=True)
class _Noted:
    """What was noted since the last write."""

    counts: dict[Key, tuple[int, datetime]] = field(default_factory=dict)
    samples: dict[tuple[int, int, str], list[tuple[datetime, Any]]] = field(default_factory=dict)
    live: deque[live_calls.Entry] = field(default_factory=lambda: deque(maxlen=live_calls.MOST))

    def add(self, key: Key, count: int, at: datetime) -> None:
        if key not in self.counts and len(self.counts) >= MOST_NAMES:
            key = (*key[:4], OTHERS)
        had, last = self.counts.get(key, (0, at))
        self.counts[key] = (had + count, max(last, at))


_lock = threading.Lock()
_noted = _Noted()
_thread: threading.Thread | None = None
_wake = threading.Event()


def recorded(
    source_id: int,
    workspace_id: int,
    calls: Sequence[Call],
    profile_ids: Sequence[int | None],
    rejected: Sequence[tuple[int, str]],
    now: datetime,
) -> None:
    """What became of a batch. profile_ids: None where a call was seen before, or was rejected."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    names = Counter(
        (_kind(call), call.event or "") for call, pk in zip(calls, profile_ids, strict=True) if pk is not None
    )
    against = dict(rejected)
    start = max(0, len(calls) - live_calls.MOST)
    entries = [
        live_calls.Entry(
            workspace_id, source_id, now, calls[place], "known" if profile_ids[place] is None else "taken"
        )
        for place in range(start, len(calls))
        if place not in against
    ]
    with _lock:
        for (kind, name), count in names.items():
            _noted.add((workspace_id, source_id, hour, kind, name), count, now)
        _noted.live.extend(entries)
    if entries or names:
        _start()
    for place, reason in rejected:
        refused(source_id, workspace_id, reason, live_calls.body(calls[place]), now)


def refused(
    source_id: int,
    workspace_id: int,
    reason: str,
    sample: bytes | str | dict[str, Any] | list[Any] | None,
    now: datetime,
    count: int = 1,
) -> None:
    """A call of that source was not taken. The sample is masked before it is kept anywhere."""
    reason = (reason or "refused").replace("\0", "")[:LONGEST_REASON]
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = (workspace_id, source_id, reason)
    with _lock:
        _noted.add((workspace_id, source_id, hour, "refused", reason), count, now)
        if key not in _noted.samples and len(_noted.samples) >= MOST_NAMES // 10:
            key = (workspace_id, source_id, OTHERS)
        full = len(_noted.samples.setdefault(key, [])) >= SAMPLES
    if not full:
        text = masked(sample)
        with _lock:
            _noted.samples.setdefault(key, []).append((now, text))
            _noted.live.append(live_calls.Entry(workspace_id, source_id, now, None, reason, text))
    _start()


def flush(now: datetime) -> None:
    """Writes what was noted. What can't be written now is kept for the next time."""
    global _noted
    with _lock:
        noted, _noted = _noted, _Noted()
    try:
        with connection.cursor() as cursor:
            if noted.counts:
                cursor.execute(_COUNTS, [_rows(noted.counts)])
            if noted.samples:
                rows = [
                    {"w": w, "s": s, "r": reason, "a": at, "t": text}
                    for (w, s, reason), kept in noted.samples.items()
                    for at, text in kept
                ]
                cursor.execute(_SAMPLES, [msgspec.json.encode(rows).decode()])
            if noted.live:
                live_calls.write(cursor, noted.live, now)
    except Error:
        log.exception("source_notes_kept")
        with _lock:
            for key, (count, at) in noted.counts.items():
                _noted.add(key, count, at)


def forget() -> None:
    """Nothing was noted (tests, and the children of a fork: the parent writes its own)."""
    global _noted, _thread, _lock, _wake
    _lock, _noted, _thread, _wake = threading.Lock(), _Noted(), None, threading.Event()


def _rows(counts: dict[Key, tuple[int, datetime]]) -> str:
    rows = [
        {"w": w, "s": s, "h": hour, "k": kind, "n": name, "c": count, "l": last}
        for (w, s, hour, kind, name), (count, last) in sorted(counts.items())
    ]
    return msgspec.json.encode(rows).decode()


def _kind(call: Call) -> str:
    if call.kind == "track" and call.event in VIEWS:
        return call.event
    return call.kind


def _start() -> None:
    """Wakes the thread; makes one if there is none. Woken and not yet at it, it will write this too."""
    global _thread
    if not settings.SOURCE_NOTES_SECONDS or (_wake.is_set() and _thread is not None):
        return
    with _lock:
        _wake.set()
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_write, name="source notes", daemon=True)
            _thread.start()


def _write() -> None:
    global _thread
    while True:
        if not _wake.wait(IDLE):
            with _lock:
                if not _wake.is_set():
                    _thread = None
                    return
        time.sleep(settings.SOURCE_NOTES_SECONDS)
        _wake.clear()
        try:
            flush(clock.now())
        finally:
            connection.close()


def _at_exit() -> None:
    """What a command that ends has noted since the last write."""
    if settings.SOURCE_NOTES_SECONDS and (_noted.counts or _noted.samples):
        with suppress(Error):
            flush(clock.now())


atexit.register(_at_exit)
os.register_at_fork(after_in_child=forget)
