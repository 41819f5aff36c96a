"""Two batches at a time (engine.lanes), each on its connection."""

import threading

import pytest
from django.db import connection, transaction

from journeys.engine import advance, lanes
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
def test_what_a_lane_raises_is_raised_when_both_are_over():
    barrier, over = threading.Barrier(2, timeout=20), []

    def task():
        barrier.wait()
        if threading.current_thread() is not threading.main_thread():
            raise ValueError("the second lane")
        over.append(True)
        return 1

    with pytest.raises(ValueError, match="the second lane"):
        lanes.work(task)
    assert over


@pytest.mark.django_db(transaction=True)
def test_the_second_lane_leaves_no_connection_behind():
    pids = []

    def task():
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
        barrier.wait()
        return 0

    barrier = threading.Barrier(2, timeout=20)
    lanes.work(task)
    assert len(set(pids)) == 2
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        mine = cursor.fetchone()[0]
        for _look in range(200):
            cursor.execute("select count(*) from pg_stat_activity where pid = any(%s)", [pids])
            if cursor.fetchone()[0] == 1:
                break
            cursor.execute("select pg_sleep(0.02)")
        else:
            raise AssertionError("its connection is still there")
    assert mine in pids


@pytest.mark.django_db
def test_within_a_transaction_there_is_one_lane():
    with transaction.atomic():
        assert lanes.work(lambda: 1) == 1
