"""Housekeeping, by the clock."""

from celery import shared_task

from lib import clock
from workspaces import idempotency


@shared_task
def forget_requests() -> int:
    """Answers kept for an Idempotency-Key, once they are a day old."""
    return idempotency.forget(clock.now())
