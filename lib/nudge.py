"""Tell the workers that there is something to do. The row is the truth: a lost nudge only costs a second."""

from functools import partial
from typing import Any

import structlog
from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def nudge(task: Task, *args: Any) -> None:
    """Send `task` once the transaction is committed. A broker that is down is logged, never raised."""
    transaction.on_commit(partial(_send, task, args))


def nudge_by_name(name: str) -> None:
    """The same for a task of a layer above."""
    transaction.on_commit(partial(_send_by_name, name))


def _send(task: Task, args: tuple[Any, ...]) -> None:
    try:
        task.apply_async(args=args, expires=60)
    except OperationalError as error:
        log.warning("nudge_not_sent", task=task.name, reason=type(error).__name__)


def _send_by_name(name: str) -> None:
    try:
        current_app.send_task(name, expires=60)
    except OperationalError as error:
        log.warning("nudge_not_sent", task=name, reason=type(error).__name__)
