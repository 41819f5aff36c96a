"""Two become one between the commit of an event and its handling: what she did moves who she is now."""

import pytest
from django.db import connection

from journeys.engine import enrol, on_events, plan
from journeys.models import Enrolment, Finished, Refused
from profiles.merge import merge
from profiles.models import Event
from profiles.signals import RecordedEvent
from tests.journeys.engine.story import END, HOUR, T0, document, wait

VIP = {"attribute": "plan", "op": "is", "value": "vip"}


@pytest.fixture
def pair(story):
    return story.person(), story.person(plan="vip")


def became(story, pair):
    gone, kept = pair
    with connection.cursor() as cursor:
        merge(cursor, story.workspace.pk, [(gone.pk, kept.pk)], T0)


def told(story, person, name="go"):
    """As the process has it that stored it, before it learned of the merge."""
    event = Event.objects.create(
        workspace_id=story.workspace.pk, profile_id=person.pk, name=name, ts=T0, received_at=T0, properties={}
    )
    return RecordedEvent(person.pk, name, T0, {}, T0, id=event.pk)


@pytest.mark.parametrize("where", [{"where": VIP}, {}])
def test_it_starts_who_she_is_now(story, pair, where):
    trigger = {"kind": "event", "event": "go", **where, "next": "w"}
    journey = story.publish(document({"w": wait("PT1H", "x"), "x": END}, triggers={"t": trigger}))
    event = told(story, pair[0])
    became(story, pair)
    on_events.handle(story.workspace.pk, [event], [], T0)
    (row,) = Enrolment.objects.all()
    assert (row.journey_id, row.profile_id, row.event_id) == (journey.pk, pair[1].pk, event.id)
    assert not Refused.objects.exists()
    on_events.handle(story.workspace.pk, [event], [], T0)
    assert Enrolment.objects.count() == 1


def test_it_wakes_her_who_waits_for_it(story, pair):
    asking = {
        "kind": "wait_for_event",
        "settings": {"branches": [{"key": "came", "event": "paid"}], "within": "P1D"},
        "next": {"came": "x", "timeout": "w"},
    }
    story.publish(document({"a": asking, "w": wait("P1D", "x"), "x": END}))
    story.happen("go", T0, pair[1])
    event = told(story, pair[0], "paid")
    became(story, pair)
    on_events.handle(story.workspace.pk, [event], [], T0 + HOUR)
    assert Finished.objects.get().profile_id == pair[1].pk


@pytest.mark.parametrize("mode", ["after_exit", "every_time", "never"])
def test_even_merged_while_it_is_handled_she_enters_once(story, pair, mode):
    journey = story.publish(document({"w": wait("PT1H", "x"), "x": END}, reentry={"mode": mode}))
    became(story, pair)
    found = plan.load([journey.live_id])[journey.live_id]
    people = [enrol.Candidate(one.pk, {}, T0, mark="7") for one in pair]
    assert enrol.enter(found, found.triggers["t"], people, T0) == [pair[1].pk]
    story.until(T0 + HOUR)
    again = [enrol.Candidate(pair[0].pk, {}, T0, mark="8")]
    entered = enrol.enter(found, found.triggers["t"], again, T0 + 2 * HOUR)
    assert entered == ([] if mode == "never" else [pair[1].pk])
