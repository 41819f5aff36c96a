"""The workers and the clock. A task is an idempotent loop: claim a batch, until none is left or its time is over.

Queues: realtime (one person waits), bulk (big passes), delivery (sending), calls (webhooks), replays (minutes of
reckoning), maintenance (housekeeping), so that a million-person send never delays one person's welcome. A task that
belongs elsewhere says so: @shared_task(queue=...).
"""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_postrun, task_prerun
from django.db import connections
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("gilmok")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)

# Celery would end the database's connection before and after each task. Django's own rule (CONN_MAX_AGE, a health check
# first) keeps it for a while, and with it what the server has planned.
app.conf.CELERY_DB_REUSE_MAX = 2**62


def _mind_connections(**_task: object) -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # a task that is called within a transaction
            connection.close_if_unusable_or_obsolete()


for moment in (task_prerun, task_postrun):
    moment.connect(_mind_connections, weak=False)

QUEUES = ("realtime", "bulk", "delivery", "calls", "replays", "imports", "maintenance")

app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
app.conf.task_default_queue = "realtime"
app.conf.task_create_missing_queues = False
app.conf.task_routes = {
    "journeys.tasks.fold_counts": {"queue": "maintenance"},
    "journeys.tasks.tidy_calls": {"queue": "maintenance"},
    "journeys.tasks.forget_refused": {"queue": "maintenance"},
    "journeys.tasks.make_calls": {"queue": "calls"},
    "journeys.tasks.run_replays": {"queue": "replays"},
    "journeys.tasks.*": {"queue": "bulk"},
    "channels.tasks.*": {"queue": "delivery"},
    "profiles.tasks.tell_again": {"queue": "realtime"},  # people wait for it
    "profiles.tasks.look_at_segments": {"queue": "realtime"},
    "profiles.tasks.fill_segments": {"queue": "imports"},
    "profiles.tasks.import_uploads": {"queue": "imports"},
    "profiles.tasks.fetch_pulls": {"queue": "imports"},
    "profiles.tasks.compute_attributes": {"queue": "imports"},
    "profiles.tasks.*": {"queue": "maintenance"},
    "workspaces.tasks.*": {"queue": "maintenance"},
    "config.tasks.*": {"queue": "maintenance"},
}


def until(seconds: float) -> dict[str, object]:
    """A tick that nobody took in time is dropped: by the worker, and by RabbitMQ already, where none would be heaped up
    while no worker runs."""
    return {"expires": seconds, "expiration": seconds}


def every(seconds: float, task: str) -> dict[str, object]:
    return {"task": task, "schedule": seconds, "options": until(max(seconds, 2))}


def daily(hour: int, task: str) -> dict[str, object]:
    return {"task": task, "schedule": crontab(hour=hour, minute=7), "options": until(3600)}


def heartbeat_of(queue: str) -> dict[str, object]:
    # One who is busy with a long batch may take it late, so it lives longer than until the next.
    options = {"queue": queue} | until(60)
    return {"task": "config.tasks.heartbeat", "schedule": 20.0, "args": [queue], "options": options}


app.conf.beat_schedule = {
    "journeys advance": every(1, "journeys.tasks.advance_due"),
    "journeys schedules": every(5, "journeys.tasks.run_schedules"),
    "journeys segments": every(5, "journeys.tasks.follow_segments"),
    "journeys dates": every(5, "journeys.tasks.follow_dates"),
    "segments by time": every(1, "profiles.tasks.look_at_segments"),
    "segments filled": every(2, "profiles.tasks.fill_segments"),
    "segments compared": every(30, "profiles.tasks.repair_segments"),
    "segments sized": every(5, "profiles.tasks.size_segments"),
    "journeys moves": every(1, "journeys.tasks.move_people"),
    "journeys replays": every(15, "journeys.tasks.run_replays"),
    "journeys counts": every(5, "journeys.tasks.fold_counts"),
    "journeys limits": every(5, "journeys.tasks.call_waiting"),
    "journeys webhooks": every(1, "journeys.tasks.make_calls"),
    "journeys webhooks tidied": every(60, "journeys.tasks.tidy_calls"),
    "messages leave": every(1, "channels.tasks.deliver_due"),
    "news left behind": every(5, "profiles.tasks.tell_again"),
    "uploads read": every(5, "profiles.tasks.import_uploads"),
    "sources fetched": every(10, "profiles.tasks.fetch_pulls"),
    "sources counted": every(5, "profiles.tasks.fold_sources"),
    "sources tidied": every(60, "profiles.tasks.tidy_sources"),
    "computed attributes": every(5, "profiles.tasks.compute_attributes"),
    "catalogue": daily(4, "profiles.tasks.tidy_catalogue"),
    "partitions": every(3600, "profiles.tasks.make_partitions"),
    "old events": daily(4, "profiles.tasks.forget_old_events"),
    "refusals forgotten": daily(4, "journeys.tasks.forget_refused"),
    "message ids": daily(3, "profiles.tasks.forget_message_ids"),
    "idempotent answers": daily(3, "workspaces.tasks.forget_requests"),
    "heartbeat": every(10, "config.tasks.heartbeat"),
    "sample": every(10, "config.tasks.sample"),
    **{f"heartbeat of {queue}": heartbeat_of(queue) for queue in QUEUES},
}
