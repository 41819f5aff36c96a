"""The clock jobs of journeys: idempotent loops over due rows. Lost or doubled ticks change nothing."""

from celery import shared_task
from celery.signals import worker_init, worker_process_init

from journeys import replaying
from journeys.engine import advance, counting, crossings, dates, limits, move, refused, schedules
from journeys.webhooks import claim, pump
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
def follow_segments() -> int:
    """Lets in who came into a segment, or dropped out of it, where the process that noticed it died."""
    return crossings.work(clock.now(), seconds=SECONDS)


@shared_task
def follow_dates() -> int:
    """Lets in those on whose date it is."""
    return dates.run_due(clock.now(), seconds=SECONDS)


@shared_task
def make_calls() -> int:
    """Calls the webhooks that are due. One at a time in a process looks for them; it goes on while others finish."""
    return pump.work(clock.now, seconds=SECONDS)


@shared_task
def tidy_calls() -> int:
    """Calls of people who have left, and those that waited for too long."""
    now = clock.now()
    return claim.sweep(now) + claim.expire(now)


@shared_task
def call_waiting() -> int:
    """Calls who stands in line at a limit behind people that have left."""
    return limits.call(clock.now())


@shared_task
def move_people() -> int:
    """Moves people to another version, or puts them back."""
    return move.work_off(clock.now(), seconds=SECONDS, clock=clock.now)


@shared_task
def run_replays() -> int:
    """Works off the replays that somebody asked for."""
    return replaying.work(clock.now)


@shared_task
def forget_refused() -> int:
    """Who was turned away so long ago that nobody asks any more."""
    return refused.forget_old(clock.now())


@shared_task
def fold_counts() -> int:
    return counting.fold()


@worker_process_init.connect
@worker_init.connect
def settle(**_rest: object) -> None:
    memory.settle()
