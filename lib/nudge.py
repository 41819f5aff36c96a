"""Tell the workers that there is something to do. The row is the truth: a lost nudge only costs a second."""

from functools import partial
from typing import Any

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def nudge(task: Task, *args: Any) -> None:
    """Send `task` once the transaction is committed. A broker that is down is logged, never raised."""
    transaction.on_commit(partial(_send, task, args))


def _send(task: Task, args: tuple[Any, ...]) -> None:
    try:
        task.apply_async(args=args, expires=60)
    except OperationalError as error:
        log.warning("nudge_not_sent", task=task.name, reason=type(error).__name__)
