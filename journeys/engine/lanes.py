"""Two batches at a time: while the server works on the one, this process prepares the other.

A batch is a handful of long statements with a little Python between them, so one connection leaves either the server or
the worker idle. The second lane is a thread with a connection of its own, there for as long as there is work for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections


def work(task: Callable[[], int]) -> int:
    """Calls `task` in both lanes, and returns what they did together. What one of them raises is raised when both are
    over. Within a transaction, which no other connection could look into, there is one lane."""
    if connection.in_atomic_block:
        return task()
    with ThreadPoolExecutor(1, thread_name_prefix="lane") as lane:
        beside = lane.submit(_beside, task)
        return task() + beside.result()


def _beside(task: Callable[[], int]) -> int:
    try:
        return task()
    finally:
        connections.close_all()
