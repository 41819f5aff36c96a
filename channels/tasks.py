"""What the workers do: send. Idempotent loops; the rows decide what there is to do."""

import time

from celery import shared_task

from lib import clock

SECONDS = 30


@shared_task
def deliver_account(account_id: int) -> int:
    """Send what waits for one account (0: what has none), until nothing is left or the time is over."""
    from channels import deliver  # outbox -> tasks -> deliver would be a circle

    until = time.monotonic() + SECONDS
    sent = 0
    while done := deliver.deliver_batch(account_id or None, clock.now()):
        sent += done
        if time.monotonic() > until:
            deliver_account.apply_async(args=[account_id], expires=60)
            break
    return sent


@shared_task
def deliver_due() -> None:
    """The clock's look: a task for each account that has something due. Catches whatever nudges were lost."""
    from channels import deliver

    for account_id in deliver.accounts_due(clock.now()):
        deliver_account.apply_async(args=[account_id or 0], expires=10)
