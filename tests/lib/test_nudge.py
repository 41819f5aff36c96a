"""Nudges travel by a thread: nobody waits for the broker, and the same one that still waits is carried once."""

import os
import threading
import time

import pytest
from django.db import transaction

from lib import nudge


@pytest.fixture
def carried(monkeypatch):
    sent, gate = [], threading.Event()

    def send(name, args):
        gate.wait(5)
        sent.append((name, args))

    monkeypatch.setattr(nudge, "_send", send)
    yield sent, gate
    gate.set()
    nudge.flush()


@pytest.mark.django_db(transaction=True)
def test_a_slow_broker_holds_nobody_up_and_twins_go_once(carried):
    sent, gate = carried
    for account in (1, 2, 1, 2, 3, 3):
        nudge.nudge_by_name("t", account)
    assert sent == []  # and we are here all the same
    gate.set()
    nudge.flush(5)
    assert sorted(sent) == [("t", (1,)), ("t", (2,)), ("t", (3,))] or sorted(sent) == [
        ("t", (1,)),
        ("t", (1,)),
        ("t", (2,)),
        ("t", (3,)),
    ]  # fmt: skip - the first may have been on its way already


@pytest.mark.django_db(transaction=True)
def test_the_first_goes_at_once_and_those_that_follow_it_closely_as_one(monkeypatch):
    sent, first = [], threading.Event()
    monkeypatch.setattr(nudge, "PAUSE", 1.5)

    def send(name, args):
        sent.append((name, args, time.monotonic()))
        first.set()

    monkeypatch.setattr(nudge, "_send", send)
    nudge.nudge_by_name("t", 1)
    assert first.wait(5)
    for _n in range(20):
        nudge.nudge_by_name("t", 1)
    nudge.nudge_by_name("t", 2)
    nudge.flush(5)
    assert [args for _name, args, _at in sent] == [(1,), (2,), (1,)]  # another one does not wait for it
    assert sent[2][2] - sent[0][2] >= 1.5


@pytest.mark.django_db(transaction=True)
def test_nothing_goes_before_the_commit_or_after_a_rollback(carried):
    sent, gate = carried
    gate.set()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        nudge.nudge_by_name("never")
        raise ZeroDivisionError
    with transaction.atomic():
        nudge.nudge_by_name("later")
        nudge.flush(0.2)
        assert sent == []
    nudge.flush(5)
    assert sent == [("later", ())]


@pytest.mark.django_db(transaction=True)
def test_a_carrier_that_died_is_replaced(monkeypatch):
    sent, died = [], threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _args: died.set())

    def send(name, args):
        if name == "bad":
            raise RuntimeError
        sent.append(name)

    monkeypatch.setattr(nudge, "_send", send)
    nudge.nudge_by_name("bad")
    assert died.wait(5)
    nudge.nudge_by_name("good")
    nudge.flush(5)
    assert sent == ["good"]


@pytest.mark.django_db(transaction=True)
def test_a_forked_process_carries_its_own(carried):
    _sent, gate = carried
    gate.set()
    nudge.nudge_by_name("parent")
    nudge.flush(5)
    readable, writable = os.pipe()
    pid = os.fork()
    if not pid:
        nudge._carrier.take(("child", ()))
        nudge.flush(5)
        os.write(writable, b"carried" if ("child", ()) in _sent else b"lost")
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(readable, 20) == b"carried"
    os.close(readable)
    os.close(writable)
