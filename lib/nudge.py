"""Tell the workers that there is something to do. The row is the truth: a lost nudge only costs a second.

A thread of each process carries them to the broker, so that whoever nudges does not wait for it. The first goes at
once; the same nudge again within PAUSE goes once, at the end of it: carrying one costs as much as moving a person.
"""

import atexit
import contextvars
import os
import threading
import time
from typing import Any

import structlog
from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

PAUSE = 0.05  # seconds
UNTIL = {"expires": 60, "expiration": 60}  # seconds; the first for workers, the second for RabbitMQ
Nudge = tuple[str, tuple[Any, ...]]  # a task's name and arguments


class _Carrier:
    def __init__(self) -> None:
        self._waiting: dict[Nudge, contextvars.Context] = {}
        self._carried: dict[Nudge, float] = {}  # when, by the monotonic clock; those within PAUSE
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def take(self, nudge: Nudge) -> None:
        with self._changed:
            self._waiting[nudge] = contextvars.copy_context()  # a request's id goes along
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._carry, name="nudges", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, seconds: float = 1.0) -> None:
        """Waits until all are carried, for so long at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _carry(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while (found := self._ready()) is None:
                    self._changed.wait(self._until_ready())
                name, args = found
                context = self._waiting.pop(found)
                self._carried[found] = time.monotonic()
                self._busy = True
            context.run(_send, name, args)  # should it raise, the next nudge finds no thread and starts one

    def _ready(self) -> Nudge | None:
        over = time.monotonic() - PAUSE
        self._carried = {nudge: at for nudge, at in self._carried.items() if at > over}
        return next((nudge for nudge in self._waiting if nudge not in self._carried), None)

    def _until_ready(self) -> float | None:
        """Seconds; None until the next nudge."""
        ends = [self._carried[nudge] + PAUSE for nudge in self._waiting]
        return max(0.0, min(ends) - time.monotonic()) if ends else None


_carrier = _Carrier()


def _begin_anew() -> None:
    """A forked process has none of its parent's threads, and must not carry its parent's nudges."""
    global _carrier
    _carrier = _Carrier()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(lambda: _carrier.flush())


def nudge(task: Task, *args: Any) -> None:
    """Send `task` once the transaction is committed. A broker that is down is logged, never raised."""
    nudge_by_name(task.name, *args)


def nudge_by_name(name: str, *args: Any) -> None:
    """The same for a task of a layer above."""
    transaction.on_commit(lambda: _carrier.take((name, args)))


def flush(seconds: float = 1.0) -> None:
    _carrier.flush(seconds)


def _send(name: str, args: tuple[Any, ...]) -> None:
    try:
        known = current_app.tasks.get(name)  # says itself to which queue it belongs
        if known is not None:
            known.apply_async(args=args, **UNTIL)
        else:
            current_app.send_task(name, args=args, **UNTIL)
    except OperationalError as error:
        log.warning("nudge_not_sent", task=name, reason=type(error).__name__)
