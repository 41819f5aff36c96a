"""Two batches at a time: while the server works on the one, this process prepares the other.

A batch is a handful of long statements with a little Python between them, so one connection leaves either the server or
the worker idle. The second lane is a thread with a connection of its own, there for as long as there is work for it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from django.db import connection, connections


class SecondLane:
    """Calls `task` beside what is done within it, once `start` says that there is work for two. `done`: what it
    returned. What it raises is raised at the end, when both are over.

    Within a transaction, which no other connection could look into, it never starts."""

    def __init__(self, task: Callable[[], int]) -> None:
        self._task, self._alone = task, connection.in_atomic_block
        self._pool: ThreadPoolExecutor | None = None
        self._future: Future[int] | None = None
        self.done = 0

    def start(self) -> None:
        if self._future is None and not self._alone:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="lane")
            self._future = self._pool.submit(self._run)

    def _run(self) -> int:
        try:
            return self._task()
        finally:
            connections.close_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        if self._future is not None and error is None:
            self.done = self._future.result()
