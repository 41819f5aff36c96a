"""Nobody waits for a stranger's server: hosts that hang, templates that burn time, workers that die."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from journeys.models import Call, Enrolment, Finished
from journeys.webhooks import claim, pump
from journeys.webhooks.hosts import FEW, MOST, SUSPICIOUS, Hosts
from profiles.models import Profile
from tests.journeys.engine.story import END, T0, Story, document
from tests.journeys.webhooks.test_calls import hook
from tests.providers.hooks import hooks_server

ROOT = Path(__file__).parents[3]
SECOND = timedelta(seconds=1)
SORRY = {**END, "settings": {"outcome": "sorry"}}
BURN = "{% for a in (1..9999) %}{{ a | times: 3 | append: 'x' | upcase }}{% endfor %}"


def crowd(story, many, event, url, **settings):
    trigger = {"t": {"kind": "event", "event": event, "next": "h"}}
    journey = story.publish(document({"h": hook(url, **settings), "x": END, "y": SORRY}, triggers=trigger))
    people = [
        Profile(workspace=story.workspace, attributes={"email": f"p{n}@example.com"}) for n in range(many)
    ]
    story.happen(event, T0, *Profile.objects.bulk_create(people))
    return journey


def outcomes(journey):
    rows = Finished.objects.filter(journey_id=journey.pk)
    return {
        name: rows.filter(outcome=name).count()
        for name in ("done", "sorry")
        if rows.filter(outcome=name).exists()
    }


@pytest.fixture
def two(settings):
    """Two receivers under names that differ: 127.0.0.1 and localhost."""
    settings.HTTP_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    with hooks_server() as one, hooks_server() as other:
        other.url = other.url.replace("127.0.0.1", "localhost")
        yield one, other


def test_a_host_that_hangs_delays_nobody_elses_calls(story, two, call):
    bad, good = two
    hanging = crowd(story, 40, "bad", f"{bad.url}/hang", timeout="PT3S", retries=0)
    well = crowd(story, 60, "good", f"{good.url}/ok")
    seen = []
    good_calls = good.calls

    class Noted(list):
        def append(self, one):
            seen.append(time.monotonic())
            super().append(one)

    good.calls = Noted(good_calls)
    began = time.monotonic()
    call(T0 + SECOND, seconds=1)
    assert len(seen) == 60 and max(seen) - began < 2.5
    assert outcomes(well) == {"done": 60}
    assert bad.most_at_once == FEW and sum(outcomes(hanging).values()) <= FEW


def test_a_host_that_hangs_is_asked_less_and_less(story, two, call):
    bad, _good = two
    crowd(story, 40, "bad", f"{bad.url}/hang", timeout="PT1S", retries=0)
    call(T0 + SECOND, seconds=6)
    assert len(bad.calls) < 10


def test_one_that_answers_gets_many_at_once_but_not_too_many(story, two, call):
    good, _other = two
    journey = crowd(story, 60, "good", f"{good.url}/slow")
    call(T0 + SECOND)
    assert outcomes(journey) == {"done": 60}
    assert FEW < good.most_at_once <= MOST


def test_a_template_without_end_delays_nobody(story, two, call):
    bad, good = two
    burning = crowd(story, 30, "bad", f"{bad.url}/ok", body=BURN * 20, headers={"X": BURN * 20})
    well = crowd(story, 30, "good", f"{good.url}/ok")
    began = time.monotonic()
    call(T0 + SECOND)
    assert time.monotonic() - began < 15
    assert outcomes(well) == {"done": 30} and outcomes(burning) == {"sorry": 30}
    assert bad.calls == []


def test_a_host_that_a_template_decides_is_known_before_the_second_try(story, two, call):
    bad, _good = two
    host = bad.host
    steps = {"h": hook("http://{{ entry.host }}/500", retries=1), "x": END, "y": SORRY}
    story.publish(document(steps))
    story.happen("go", T0, story.person(), host=host)
    assert Call.objects.get().host == ""
    call(T0 + SECOND)
    assert Call.objects.get().host == "127.0.0.1"


def test_values_can_not_change_the_host(story, two, call):
    bad, _good = two
    port = bad.host.partition(":")[2]
    steps = {"h": hook(f"http://{{{{ entry.shop }}}}.example.com:{port}/ok"), "x": END, "y": SORRY}
    journey = story.publish(document(steps))
    for n, shop in enumerate(["127.0.0.1/", "127.0.0.1#", "x@127.0.0.1?", "127.0.0.1:80/x?"]):
        story.happen("go", T0 + n * SECOND, story.person(), shop=shop)
    call(T0 + 10 * SECOND)
    assert bad.calls == []
    assert Call.objects.count() + sum(outcomes(journey).values()) == 4


def test_places_of_a_host():
    hosts = Hosts()
    assert [hosts.take("a") for _n in range(FEW + 1)] == [True] * FEW + [False]
    hosts.give_back("a", strained=False)
    assert hosts.proven() == ["a"] and hosts.take("a")
    for _n in range(SUSPICIOUS):
        assert hosts.take("b")
        hosts.give_back("b", strained=True)
    assert not hosts.take("b") and hosts.shut() == hosts.slow() == ["b"] and hosts.proven() == ["a"]


WORKER = """
import django; django.setup()
from datetime import datetime
from journeys.webhooks import pump
now = datetime.fromisoformat({now!r})
print("ready", flush=True)
print(pump.work(lambda: now, 5), flush=True)
"""


def worker(now, hosts):
    database = connection.settings_dict
    env = {
        **os.environ,
        "GILMOK_DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
        "GILMOK_BROKER_URL": django_settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    command = [sys.executable, "-c", WORKER.format(now=now.isoformat())]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_worker_loses_no_call(transactional_db, hooks, call):
    story = Story()
    journey = crowd(story, 6, "go", f"{hooks.url}/slow")
    process = worker(T0 + SECOND, hooks.host)
    until(lambda: hooks.calls)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert Finished.objects.count() < 6
    asked = {one.headers["webhook-id"] for one in hooks.calls}
    call(T0 + 2 * SECOND)  # those nobody had in hand
    call(T0 + SECOND + claim.LEASE)
    assert outcomes(journey) == {"done": 6} and Call.objects.count() == Enrolment.objects.count() == 0
    assert asked <= {one.headers["webhook-id"] for one in hooks.calls}
    assert len({one.headers["webhook-id"] for one in hooks.calls}) == 6


@pytest.mark.slow
def test_two_workers_call_once_each(transactional_db, hooks):
    story = Story()
    journey = crowd(story, 60, "go", f"{hooks.url}/ok")
    processes = [worker(T0 + SECOND, hooks.host) for _n in range(2)]
    for process in processes:
        assert process.wait(timeout=60) == 0
    assert outcomes(journey) == {"done": 60}
    assert len(hooks.calls) == len({one.headers["webhook-id"] for one in hooks.calls}) == 60


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_and_the_clock_do_it_by_themselves(celery_workers, hooks):
    from lib import clock

    celery_workers.beat()
    story = Story()
    story.publish(
        document({"h": hook(f"{hooks.url.replace('127.0.0.1', 'localhost')}/ok"), "x": END, "y": SORRY})
    )
    story.happen("go", clock.now(), story.person())
    until(lambda: Finished.objects.exists(), 30)
    assert len(hooks.calls) == 1 and Finished.objects.get().outcome == "done"


def test_a_second_look_in_the_same_process_returns_at_once():
    with pump._looking:
        assert pump.work(lambda: T0, 1) == 0
