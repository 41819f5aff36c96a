from celery import shared_task

from config.models import Heartbeat
from lib.clock import now


@shared_task
def heartbeat() -> None:
    """Beat -> broker -> worker -> database works, as of now."""
    Heartbeat.objects.update_or_create(name="clock", defaults={"at": now()})
