"""Rules 2 and 5: workers are killed at any moment, and work beside each other; the tables tell whether it held."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from channels.models import Message
from journeys import counts
from journeys.engine import advance, enrol
from journeys.models import Enrolment, Finished, Pass
from profiles.models import Consent, Profile
from tests.journeys.engine.story import END, HOUR, T0, Story, document, mail, wait

ROOT = Path(__file__).parents[3]
PEOPLE = 400
WORKER = """
import django; django.setup()
from datetime import datetime
from journeys.engine import advance
now = datetime.fromisoformat({now!r})
print("ready", flush=True)
while advance.advance_due(now, limit=25): pass
"""


@pytest.fixture
def crowd(transactional_db):
    story = Story()
    steps = {"w": wait("PT1H", "m"), "m": mail("v"), "v": wait("PT1H", "n"), "n": mail("x"), "x": END}
    journey = story.publish(document(steps))
    people = Profile.objects.bulk_create(
        [Profile(workspace=story.workspace, attributes={"email": f"p{n}@example.com"}) for n in range(PEOPLE)]
    )
    Consent.objects.bulk_create(
        [Consent(profile=p, medium="email", topic="*", state="granted", at=T0) for p in people]
    )
    enrol.enrol(journey.live_id, "t", [p.pk for p in people], [{}] * PEOPLE, T0)
    return journey


def worker(now):
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    env = {
        **os.environ, "GILMOK_DATABASE_URL": url, "GILMOK_BROKER_URL": settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }  # fmt: skip
    code = WORKER.format(now=now.isoformat())
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def check(journey):
    """Nobody lost, stuck or moved twice; every log without gap; no message doubled."""
    assert Enrolment.objects.count() == 0
    assert Finished.objects.filter(reason="completed").count() == PEOPLE
    assert Pass.objects.count() == PEOPLE * 3  # entering, and two waits
    assert sorted(set(Pass.objects.values_list("seq", flat=True))) == [1, 3]
    assert Message.objects.filter(state="created").count() == PEOPLE * 2
    assert Message.objects.values("enrolment_id", "step").distinct().count() == PEOPLE * 2
    found = counts.of_journey(journey.pk, T0)
    assert found["totals"] == {"entered": PEOPLE, "inside": 0, "ended": PEOPLE, "goal": 0}
    assert {key: step["entered"] for key, step in found["steps"].items()} == dict.fromkeys("wmvnx", PEOPLE)


@pytest.mark.slow
def test_killed_workers_lose_and_double_nothing(crowd):
    chance = random.Random(7)
    for now in (T0 + HOUR, T0 + 2 * HOUR):
        kills = 0
        while Enrolment.objects.filter(due_at__lte=now).exists() and kills < 2:
            process = worker(now)
            process.stdout.readline()
            time.sleep(chance.uniform(0.01, 0.15))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        advance._mark.__init__()
        deadline = time.monotonic() + 60
        while Enrolment.objects.filter(
            due_at__lte=now
        ).exists():  # a dying backend may hold rows for a moment
            advance.advance_due(now)
            assert time.monotonic() < deadline
    check(crowd)


@pytest.mark.slow
def test_two_workers_at_once_move_everybody_once(crowd):
    for now in (T0 + HOUR, T0 + 2 * HOUR):
        processes = [worker(now) for _n in range(2)]
        for process in processes:
            assert process.wait(timeout=60) == 0
    advance._mark.__init__()
    advance.advance_due(T0 + 2 * HOUR)
    check(crowd)
