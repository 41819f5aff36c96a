"""Workers walk people while others move them, and movers are killed: the tables tell whether it held."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from journeys import counts
from journeys.engine import advance, enrol, move
from journeys.models import Enrolment, Finished, Move, MovedPerson, Pass
from profiles.models import Profile
from tests.journeys.engine.story import END, HOUR, T0, Story, document, wait
from tests.journeys.engine.test_crash import ROOT

PEOPLE = 300
WORKER = """
import django; django.setup()
from datetime import datetime
from journeys.engine import advance, move
now = datetime.fromisoformat({now!r})
move.CHUNK = 20
print("ready", flush=True)
while {work}: pass
"""
WALK, MOVE = "advance.advance_due(now, limit=10)", "move._one(now, None) is not None"
OLD = {"w": wait("PT1H", "v"), "v": wait("PT1H", "x"), "x": END}
NEW = {"w": wait("PT1H", "n"), "n": wait("PT2H", "x"), "x": END}


@pytest.fixture
def journey(transactional_db):
    """Half of the people stand at the first wait, half at the second, which the new version lacks."""
    story = Story()
    journey = story.publish(document(OLD))
    people = Profile.objects.bulk_create([Profile(workspace=story.workspace) for _n in range(PEOPLE)])
    for half, at in ((people[::2], T0), (people[1::2], T0 + HOUR)):
        enrol.enrol(journey.live_id, "t", [one.pk for one in half], [{}] * len(half), at)
        advance._mark.__init__()
        advance.advance_due(T0 + HOUR)
    story.publish_again(journey, document(NEW), T0 + HOUR)
    move.start(journey, journey.live, {}, T0 + HOUR, None)
    return journey


def worker(work, now):
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    env = {
        **os.environ, "GILMOK_DATABASE_URL": url, "GILMOK_BROKER_URL": settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }  # fmt: skip
    command = [sys.executable, "-c", WORKER.format(now=now.isoformat(), work=work)]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def finish(journey):
    """What is left of the move and of the walks, on one clock."""
    now = T0 + HOUR
    deadline = time.monotonic() + 30
    while move.work_off(now) or Move.objects.filter(state="moving").exists():
        assert time.monotonic() < deadline
        Move.objects.update(look_at=now)  # a dying backend may have held its rows
    for hour in range(1, 9):
        advance._mark.__init__()
        advance.advance_due(T0 + hour * HOUR)
    assert Enrolment.objects.count() == 0
    assert Finished.objects.filter(reason="completed").count() == PEOPLE
    found = counts.of_journey(journey.pk, T0)
    assert found["totals"] == {"entered": PEOPLE, "inside": 0, "ended": PEOPLE, "goal": 0}
    assert {key: step["inside"] for key, step in found["steps"].items()} == dict.fromkeys("wvnx", 0)
    told = {
        (row.enrolment_id, row.seq) for row in Pass.objects.all() if any("v" in part for part in row.route)
    }
    assert len(told) == MovedPerson.objects.count() == Move.objects.get().moved


@pytest.mark.slow
def test_killed_movers_leave_nobody_between_two_versions(journey):
    chance = random.Random(11)
    for _kill in range(4):
        process = worker(MOVE, T0 + HOUR)
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.06))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        here = Move.objects.get()
        moved = Enrolment.objects.filter(version_id=journey.live_id).count()
        assert moved == MovedPerson.objects.count()
        if here.state == "moved":
            break
    finish(journey)
    assert Move.objects.get().moved == PEOPLE


@pytest.mark.slow
def test_workers_walk_on_while_people_are_moved(journey):
    """At two hours everybody is due: movers and workers want the same rows."""
    processes = [worker(work, T0 + 2 * HOUR) for work in (MOVE, WALK, MOVE, WALK)]
    for process in processes:
        assert process.wait(timeout=90) == 0
    finish(journey)
