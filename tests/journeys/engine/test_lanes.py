"""Two batches at a time (engine.lanes), each on its connection."""

import threading

import pytest
from django.db import connection, transaction

from journeys.engine import advance
from journeys.engine.lanes import SecondLane
from journeys.models import Enrolment, Finished
from tests.journeys.engine.story import END, HOUR, T0, Story, document, mail, wait


@pytest.mark.django_db(transaction=True)
def test_two_lanes_move_everybody_once(monkeypatch):
    story = Story()
    people = [story.person() for _n in range(120)]
    story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, *people)
    seen = set()
    real = advance.process

    def process(rows, now, draws=None, crowds=()):
        seen.add(threading.current_thread().name)
        return real(rows, now, draws, crowds)

    monkeypatch.setattr(advance, "process", process)
    assert advance.advance_due(T0 + HOUR, limit=20) == 120
    assert Finished.objects.count() == 120
    assert not Enrolment.objects.exists()
    assert len(story.messages()) == 120
    assert len(seen) == 2, "one lane did it all"


@pytest.mark.django_db(transaction=True)
def test_what_the_second_lane_raises_is_raised_when_both_are_over():
    over = threading.Event()

    def task():
        over.wait(20)
        raise ValueError("the second lane")

    with pytest.raises(ValueError, match="the second lane"), SecondLane(task) as lane:
        lane.start()
        over.set()


@pytest.mark.django_db(transaction=True)
def test_the_second_lane_leaves_no_connection_behind():
    pids = []

    def task():
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
        return 3

    with SecondLane(task) as lane:
        lane.start()
        lane.start()  # once is enough
    assert lane.done == 3
    assert len(pids) == 1
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        assert cursor.fetchone()[0] not in pids
        for _look in range(200):
            cursor.execute("select count(*) from pg_stat_activity where pid = any(%s)", [pids])
            if cursor.fetchone()[0] == 0:
                break
            cursor.execute("select pg_sleep(0.02)")
        else:
            raise AssertionError("its connection is still there")


@pytest.mark.django_db
def test_within_a_transaction_there_is_one_lane():
    with transaction.atomic(), SecondLane(lambda: 1) as lane:
        lane.start()
    assert lane.done == 0
