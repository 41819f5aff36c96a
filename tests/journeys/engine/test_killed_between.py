"""A process is killed by SIGKILL between the commit of a batch and its handling: nobody is lost, and nobody doubled."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from channels.models import Message
from journeys.models import Enrolment, EventWait, Finished
from lib import clock
from profiles import announcements
from profiles.models import Announcement, Consent, Event, Profile
from tests.journeys.engine.story import END, T0, Story, document, mail, wait

ROOT = Path(__file__).parents[3]
PEOPLE = 20
HEAD = """
import os, signal, sys
from profiles import signals
def die(**_): os.kill(os.getpid(), signal.SIGKILL)
{before}
import django; django.setup()
from journeys.engine import advance, aftermath, enrol, on_events
from lib import clock
from profiles import record_event
from profiles.call import Call
{after}
workspace, names = int(sys.argv[1]), sys.argv[2].split(",")
now = clock.now()
calls = [
    Call("track", now, user_id=f"p{{n}}", event=name, message_id=f"{{name}}{{n}}", properties={{"n": n}})
    for name in names for n in range({people})
]
record_event.record(workspace, None, calls, now)
"""
AMID = """
real, told = on_events.enter, []
def enter(*a):
    told.append(a)
    return die() if len(told) == 2 else real(*a)
on_events.enter = enter
"""
DEATHS = {
    # before anybody is told: the receiver stands first, for it connected before the engine's own
    "before": ("signals.events_recorded.connect(die)", ""),
    # when all is done but the row
    "after": ("", "signals.events_recorded.connect(die)"),
    # when the first journey's people are in, and before the next
    "amid": (
        "",
        AMID,
    ),
    # between the commit of people who begin to wait, or of changed profiles, and what that brings about
    "aftermath": ("", "aftermath.settle = lambda batch: die()"),
}


def killed(death, workspace, *names):
    """A process that stores the events of everybody and dies."""
    database = connection.settings_dict
    env = {
        **os.environ,
        "GILMOK_DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
        "GILMOK_BROKER_URL": settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    before, after = DEATHS[death]
    code = HEAD.format(before=before, after=after, people=PEOPLE)
    command = [sys.executable, "-c", code, str(workspace.pk), ",".join(names)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert Event.objects.filter(name__in=names).count() == PEOPLE * len(names)  # stored, all of them


def recover():
    """What the clock does, some seconds later."""
    later = clock.now() + announcements.GRACE
    for _turn in range(10):
        if not Announcement.objects.exists():
            return
        announcements.tell_again(later)
        later += announcements.OVER
    raise AssertionError(Announcement.objects.values())


@pytest.fixture
def story(transactional_db):
    story = Story()
    people = Profile.objects.bulk_create(
        [
            Profile(workspace=story.workspace, external_id=f"p{n}", attributes={"email": f"p{n}@example.com"})
            for n in range(PEOPLE)
        ]
    )
    Consent.objects.bulk_create(
        [Consent(profile=p, medium="email", topic="*", state="granted", at=T0) for p in people]
    )
    return story


@pytest.mark.slow
@pytest.mark.parametrize("death", ["before", "after", "amid"])
@pytest.mark.parametrize("reentry", [{"mode": "after_exit"}, {"mode": "every_time"}], ids=["after", "every"])
def test_everybody_enters_once_and_gets_one_mail(story, death, reentry):
    """Two journeys: one that is over at once, one that waits."""
    story.publish(document({"m": mail("x"), "x": END}, reentry=reentry))
    story.publish(document({"w": wait("P1D", "x"), "x": END}, reentry=reentry))
    killed(death, story.workspace, "go")
    entered = {"before": 0, "after": PEOPLE * 2, "amid": PEOPLE}[death]
    assert Enrolment.objects.count() + Finished.objects.count() == entered
    recover()
    assert Enrolment.objects.count() == PEOPLE
    assert Finished.objects.filter(reason="completed").count() == PEOPLE
    assert Message.objects.filter(state="created").count() == PEOPLE


WAIT = {
    "kind": "wait_for_event",
    "settings": {"branches": [{"key": "a", "event": "paid"}]},
    "next": {"a": "y", "timeout": "x"},
}


@pytest.mark.slow
@pytest.mark.parametrize("death", ["before", "after"])
def test_whoever_waits_goes_on_and_whoever_should_leave_leaves(story, death):
    waiting = story.publish(document({"s": WAIT, "x": END, "y": END}))
    leaving = story.publish(document({"w": wait("P1D", "x"), "x": END}, exit_when=[{"event": "paid"}]))
    people = list(Profile.objects.order_by("pk"))
    story.happen("go", T0, *people)
    assert Enrolment.objects.count() == PEOPLE * 2
    killed(death, story.workspace, "paid")
    assert Finished.objects.count() == (0 if death == "before" else PEOPLE * 2)
    recover()
    assert not Enrolment.objects.exists()
    assert not EventWait.objects.exists()
    ends = {(f.journey_id, f.step, f.reason) for f in Finished.objects.all()}
    assert ends == {(waiting.pk, "y", "completed"), (leaving.pk, "w", "exit_rule")}


@pytest.mark.slow
def test_an_event_that_came_while_they_began_to_wait_is_not_overlooked(story):
    """They arrive at the wait and the process dies before its second look; the event was handled in between, when the
    wait could not be seen yet."""
    story.publish(document({"s": WAIT, "x": END, "y": END}))
    killed("aftermath", story.workspace, "go")
    assert EventWait.objects.count() == PEOPLE
    Event.objects.bulk_create(
        [
            Event(
                workspace_id=story.workspace.pk, profile_id=p.pk, name="paid", ts=clock.now(), received_at=clock.now()
            )
            for p in Profile.objects.all()
        ]
    )  # fmt: skip
    recover()
    assert Finished.objects.filter(step="y", reason="completed").count() == PEOPLE


@pytest.mark.slow
def test_a_profile_that_a_step_changed_moves_those_who_wait_for_it(story):
    paid = {"attribute": "plan", "op": "is", "value": "paid"}
    waits = {**WAIT, "settings": {"branches": [{"key": "a", "when": paid}]}}
    waiting = story.publish(
        document(
            {"s": waits, "x": END, "y": END}, triggers={"t": {"kind": "event", "event": "wait", "next": "s"}}
        )
    )
    update = {"kind": "update_profile", "settings": {"set": {"plan": "paid"}}, "next": {"next": "x"}}
    story.publish(document({"u": update, "x": END}))
    story.happen("wait", T0, *Profile.objects.all())
    killed("aftermath", story.workspace, "go")
    assert Enrolment.objects.filter(journey_id=waiting.pk).count() == PEOPLE
    recover()
    assert Finished.objects.filter(journey_id=waiting.pk, step="y").count() == PEOPLE
