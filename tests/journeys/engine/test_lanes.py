"""Two batches at a time (engine.lanes), each on its connection."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from journeys.engine import advance, lanes
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
def test_the_lanes_come_from_the_two_ends(monkeypatch):
    """Neither walks over the rows that the other one holds, and who has waited longest is never the last."""
    story = Story()
    story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    for n in range(120):
        story.happen("go", T0 + timedelta(seconds=n), story.person())
    moved = {}
    real, both = advance.process, threading.Barrier(2, timeout=20)

    def process(rows, now, draws=None, crowds=()):
        mine = moved.setdefault(threading.current_thread().name, [])
        mine += [due for many in crowds for due in many.own("due_at")]
        if len(mine) == 20:  # the first batch of each stays while the other one claims
            both.wait()
        return real(rows, now, draws, crowds)

    monkeypatch.setattr(advance, "process", process)
    assert advance.advance_due(T0 + 2 * HOUR, limit=20) == 120
    first, second = sorted(moved.values())
    assert first[:20] == [T0 + HOUR + timedelta(seconds=n) for n in range(20)]
    assert second[:20] == [T0 + HOUR + timedelta(seconds=n) for n in range(119, 99, -1)]


@pytest.mark.django_db(transaction=True)
def test_what_the_second_lane_raises_is_raised_when_both_are_over():
    over = threading.Event()

    def task(_free):
        over.wait(20)
        raise ValueError("the second lane")

    with pytest.raises(ValueError, match="the second lane"), SecondLane(task) as lane:
        lane.start()
        over.set()


@pytest.mark.django_db(transaction=True)
def test_the_second_lane_leaves_no_connection_behind():
    pids = []

    def task(_free):
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
    with transaction.atomic(), SecondLane(lambda _free: 1) as lane:
        lane.start()
    assert lane.done == 0


def _something_happens():
    with connection.cursor() as cursor:
        # Twice: of a sequence never asked the first answer is what it said before.
        cursor.execute("select nextval('profiles_event_id_seq') from generate_series(1, 2)")


def _wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("processors", "gives_way"), [(2, True), (3, False)])
def test_on_two_processors_the_second_lane_gives_way_while_events_come_in(monkeypatch, processors, gives_way):
    monkeypatch.setattr(lanes, "processors", lambda: processors)
    begun, happened, heard = [], threading.Event(), []

    def task(free):
        begun.append(free())
        happened.wait(20)
        heard.append(free())
        return 1

    with SecondLane(task) as lane:
        lane.start()
        _wait_for(lambda: begun)
        _something_happens()
        happened.set()
        _wait_for(lambda: heard)
        assert heard == [not gives_way]
        _wait_for(lambda: not lane._failed_or_running())
        _something_happens()
        lane.start()
    assert begun == ([True] if gives_way else [True, True])
    assert lane.done == len(begun)


@pytest.mark.django_db(transaction=True)
def test_the_second_lane_comes_back_when_all_is_quiet(monkeypatch):
    monkeypatch.setattr(lanes, "processors", lambda: 2)
    monkeypatch.setattr(lanes, "QUIET", 0.2)
    with SecondLane(lambda _free: 5) as lane:
        lane.start()
        _something_happens()
        _wait_for(lambda: not lane._failed_or_running())
        lane.start()
        assert len(lane._futures) == 1
        _wait_for(lambda: (lane.start(), len(lane._futures) == 2)[1])
    assert lane.done == 10


@pytest.mark.django_db(transaction=True)
def test_a_lane_that_failed_is_not_started_again():
    def task(_free):
        raise ValueError("it failed")

    with pytest.raises(ValueError, match="it failed"), SecondLane(task) as lane:
        lane.start()
        _wait_for(lambda: lane._futures[0].done())
        lane.start()
        assert len(lane._futures) == 1


@pytest.mark.django_db(transaction=True)
def test_people_are_moved_by_one_lane_where_events_come_in_all_the_time(monkeypatch):
    monkeypatch.setattr(lanes, "processors", lambda: 1)
    story = Story()
    people = [story.person() for _n in range(120)]
    story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    story.happen("go", T0, *people)
    by = []
    real = advance.process

    def process(rows, now, draws=None, crowds=()):
        by.append(threading.current_thread().name)
        _something_happens()
        return real(rows, now, draws, crowds)

    monkeypatch.setattr(advance, "process", process)
    assert advance.advance_due(T0 + HOUR, limit=20) == 120
    assert sum(name.startswith("lane") for name in by) <= 1, "the first look can't know"
