"""Which queue a task belongs to, and that whoever starts workers knows every queue."""

import inspect
import re
from pathlib import Path

from config.celery import QUEUES, app
from config.management.commands import demo

ROOT = Path(__file__).parents[2]


def queue_of(task):
    return app.amqp.router.route({}, task)["queue"].name


def test_minutes_of_replaying_hold_up_nobody_who_waits_to_be_moved():
    assert queue_of("journeys.tasks.run_replays") == "replays"
    app.loader.import_default_modules()
    beside = {task for task in app.tasks if task.split(".")[0] in ("journeys", "channels", "profiles")}
    assert {task for task in beside if queue_of(task) == "replays"} == {"journeys.tasks.run_replays"}


def test_the_demo_and_the_docs_start_a_worker_for_every_queue():
    for text in (inspect.getsource(demo), (ROOT / "docs" / "settings.md").read_text()):
        named = re.findall(r'-Q"?,? "?([a-z,]+)', text)
        assert sorted(queue for names in named for queue in names.split(",")) == sorted(QUEUES)


def test_what_the_clock_sends_is_dropped_by_worker_and_broker_when_nobody_took_it():
    """RabbitMQ would keep it for ever, 20 messages a second, while no worker runs."""
    for job in app.conf.beat_schedule.values():
        assert 2 <= job["options"]["expires"] == job["options"]["expiration"] <= 3600
