"""The clock jobs of journeys: idempotent loops over due rows. Lost or doubled ticks change nothing."""

from celery import shared_task
from celery.signals import worker_init, worker_process_init

from journeys.engine import advance, counting, schedules
from lib import clock, memory

SECONDS = 20.0


@shared_task
def advance_due() -> int:
    """Moves everybody whose time has come."""
    return advance.advance_due(clock.now(), seconds=SECONDS, clock=clock.now)


@shared_task
def run_schedules() -> int:
    """Lets the audiences of due schedules in."""
    return schedules.run_due(clock.now(), seconds=SECONDS)


@shared_task
def fold_counts() -> int:
    return counting.fold()


@worker_process_init.connect
@worker_init.connect
def settle(**_rest: object) -> None:
    memory.settle()
