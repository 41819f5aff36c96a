"""Two batches at a time: while the server works on the one, this process prepares the other.

A batch is a handful of long statements with a little Python between them, so one connection leaves either the server or
the worker idle. The second lane is a thread with a connection of its own, there for as long as there is work for it.

Two lanes fill two processors. Where there are no more, the second one gives way to people who are doing something right
now: a welcome must not wait for a million reminders."""

import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from django.db import connection, connections

from profiles import announcements

QUIET = 1.0  # seconds


class SecondLane:
    """Calls `task` beside what is done within it, once `start` says that there is work for two. The task asks what it
    is given before each batch whether to go on; when it had to give way, a later `start` calls it again. `done`: the
    sum of what it returned. What it raises is raised at the end, when all is over.

    Within a transaction, which no other connection could look into, it never starts."""

    def __init__(self, task: Callable[[Callable[[], bool]], int]) -> None:
        self._task, self._alone, self._events = task, connection.in_atomic_block, Events()
        self._pool: ThreadPoolExecutor | None = None
        self._futures: list[Future[int]] = []
        self.done = 0

    def start(self) -> None:
        if self._alone or self._failed_or_running() or not self._free():
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="lane")
        self._futures.append(self._pool.submit(self._run))

    def _failed_or_running(self) -> bool:
        last = self._futures[-1] if self._futures else None
        return last is not None and (not last.done() or last.exception() is not None)

    def _free(self) -> bool:
        return processors() > 2 or self._events.quiet()

    def _run(self) -> int:
        try:
            return self._task(self._free)
        finally:
            connections.close_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        if error is None:
            self.done = sum(future.result() for future in self._futures)


class Events:
    """Whether anybody has done anything for a second, as far as the looks at it tell: the first one can't know."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: int | None = None
        self._told_at = -math.inf

    def quiet(self) -> bool:
        newest = announcements.newest()
        with self._lock:
            if self._newest is not None and newest > self._newest:
                self._told_at = time.monotonic()
            self._newest = max(newest, self._newest or 0)
            return time.monotonic() - self._told_at > QUIET


def processors() -> int:
    """Those that this process may use; of a database elsewhere nobody can tell."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
