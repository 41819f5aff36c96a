"""A journey is paused while a batch waits for a row of another: the pause does not wait for it, and nobody moves."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from journeys.engine import freeze, on_events
from journeys.models import Enrolment, Journey
from journeys.steps.outcomes import Happened, Wake
from tests.journeys.engine.story import END, T0, Story, document

HOUR = timedelta(hours=1)
STEPS = {
    "q": {
        "kind": "wait_for_event",
        "settings": {"within": "P1D", "branches": [{"key": "paid", "event": "paid"}]},
        "next": {"paid": "a", "timeout": "b"},
    },
    "a": END,
    "b": END,
}


@pytest.mark.django_db(transaction=True)
def test_a_pause_waits_for_no_batch_that_waits():
    story = Story()
    story.publish(document(STEPS))
    story.publish(document(STEPS))
    story.happen("go", T0, story.person())
    first, second = Enrolment.objects.order_by("pk")
    woken = Wake(events=(Happened("paid", T0 + HOUR, {}, 0),))

    def move():
        try:
            on_events.go_on({first.pk: woken, second.pk: woken}, T0 + HOUR, None)
        finally:
            connection.close()

    holder = connection.copy()
    with ThreadPoolExecutor(1) as threads:
        with holder.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select 1 from journeys_enrolment where id = %s for update", [first.pk])
            moving = threads.submit(move)
            try:
                _until_somebody_waits()
                with transaction.atomic(), connection.cursor() as pausing:
                    pausing.execute("set local lock_timeout = '5s'")
                    Journey.objects.filter(pk=second.journey_id).update(state="paused")
                    freeze.freeze(second.journey_id, T0 + HOUR)
            finally:
                cursor.execute("rollback")
                holder.close()
        moving.result(30)
    left = Enrolment.objects.get()  # the first went on to the end
    assert (left.pk, left.status, left.step) == (second.pk, 2, "q")
    assert "$wake" in left.context


def _until_somebody_waits():
    with connection.cursor() as cursor:
        for _look in range(500):
            cursor.execute(
                "select count(*) from pg_stat_activity "
                "where datname = current_database() and wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")
