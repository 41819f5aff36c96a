"""A broker that stands somewhere is emptied of what the product put there, and of nothing else."""

import pytest
from django.conf import settings
from kombu import Connection, Queue

from config.celery import app
from config.crash.brokers import GivenBroker

OTHER = "somebody_elses"


@pytest.fixture
def given():
    broker = GivenBroker(settings.CELERY_BROKER_URL)
    broker.start()
    yield broker
    broker.stop()


def waiting(name):
    with Connection(settings.CELERY_BROKER_URL) as connection, connection.channel() as channel:
        return Queue(name)(channel).queue_declare().message_count


def test_what_waits_in_the_queues_is_gone(given):
    app.send_task("journeys.tasks.advance_due", expires=60)
    app.send_task("profiles.tasks.tell_again", expires=60)
    assert (waiting("bulk"), waiting("realtime")) == (1, 1)
    given.empty()
    assert (waiting("bulk"), waiting("realtime")) == (0, 0)
    given.empty()  # where nothing waits


def test_others_keep_theirs(given):
    with Connection(settings.CELERY_BROKER_URL) as connection:
        connection.SimpleQueue(OTHER).put("hello")
        given.empty()
        assert waiting(OTHER) == 1
        connection.SimpleQueue(OTHER).clear()
