from celery import shared_task

from config.models import Heartbeat
from config.operations import flow, jobs  # noqa: F401 - jobs listens to Celery
from lib.clock import now


@shared_task
def heartbeat(queue: str = "") -> None:
    """Beat -> broker -> worker -> database works, as of now; with a queue's name, that somebody works that queue."""
    Heartbeat.objects.update_or_create(name=f"queue:{queue}" if queue else "clock", defaults={"at": now()})


@shared_task
def sample() -> None:
    """What came in and went out since the last time."""
    flow.measure(now())
