"""Events are told at least once (profiles.announcements): told twice they start, move and end nobody twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journeys import counts
from journeys.engine import advance, enrol, on_events
from journeys.models import Enrolment, Finished, Pass
from profiles.models import Event
from profiles.signals import RecordedEvent
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

SECOND = timedelta(seconds=1)


def stored(story, name, at, profile, received=None, **properties):
    event = Event.objects.create(
        workspace_id=story.workspace.pk, profile_id=profile.pk, name=name, ts=at, received_at=received or at,
        properties=properties,
    )  # fmt: skip
    return RecordedEvent(profile.pk, name, at, properties, received or at, id=event.pk)


def tell(story, at, *events, again=False):
    """Handled at `at`; `again`: as the clock tells what was left behind."""
    told = [replace(event, again=events[0].id) for event in events] if again else events
    on_events.handle(story.workspace.pk, told, [], at)


def everything(journey):
    return (
        list(Enrolment.objects.order_by("pk").values()),
        list(Finished.objects.order_by("pk").values()),
        list(Pass.objects.order_by("id").values()),
        counts.of_journey(journey.pk, T0),
    )


REENTRY = [
    {"mode": "never"},
    {"mode": "after_exit"},
    {"mode": "after_exit", "cooldown": "PT5S"},
    {"mode": "every_time"},
    {"mode": "every_time", "key": "order"},
    {"mode": "after_exit", "key": "order"},
]


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("reentry", REENTRY)
@pytest.mark.parametrize("steps", [{"x": END}, {"w": wait("PT1H", "x"), "x": END}], ids=["at once", "waits"])
@pytest.mark.parametrize("late", [timedelta(0), SECOND, 3 * HOUR], ids=["at once", "a second", "hours"])
def test_an_event_lets_a_person_in_once(story, reentry, steps, again, late):
    journey = story.publish(document(steps, reentry=reentry))
    ana = story.person()
    event = stored(story, "go", T0 - late, ana, received=T0, order=7)
    tell(story, T0, event)
    before = everything(journey)
    tell(story, T0 + 20 * SECOND, event, again=again)
    assert everything(journey) == before
    story.until(T0 + HOUR)  # whoever waited has finished
    before = everything(journey)
    tell(story, T0 + 2 * HOUR, event, again=again)
    assert everything(journey) == before
    assert len(story.rows()) == 1


@pytest.mark.parametrize(
    ("reentry", "times"), [({"mode": "after_exit"}, 3), ({"mode": "every_time"}, 3), ({"mode": "never"}, 1)]
)
def test_each_event_of_a_batch_still_counts_after_a_crash_between_them(story, reentry, times):
    """The first of three was handled when the process died."""
    story.publish(document({"x": END}, reentry=reentry))
    ana = story.person()
    events = [stored(story, "go", T0 + n * SECOND, ana, received=T0 + 5 * SECOND) for n in range(3)]
    tell(story, T0 + 6 * SECOND, events[0])
    tell(story, T0 + 20 * SECOND, *events, again=True)
    assert len(story.rows()) == times


def test_one_who_was_inside_when_it_came_does_not_enter_by_it_later(story):
    journey = story.publish(document({"w": wait("PT10S", "x"), "x": END}))
    ana = story.person()
    tell(story, T0, stored(story, "go", T0, ana))
    second = stored(story, "go", T0 + 5 * SECOND, ana)
    tell(story, T0 + 5 * SECOND, second)  # refused: she is inside
    story.until(T0 + 10 * SECOND)
    before = everything(journey)
    tell(story, T0 + 20 * SECOND, second, again=True)
    assert everything(journey) == before
    tell(story, T0 + 21 * SECOND, stored(story, "go", T0 + 21 * SECOND, ana))
    assert len(story.rows()) == 2


def test_an_event_that_both_starts_and_ends_does_not_end_what_it_started(story):
    journey = story.publish(document({"w": wait("P1D", "x"), "x": END}, exit_when=[{"event": "go"}]))
    ana = story.person()
    first = stored(story, "go", T0, ana)
    tell(story, T0, first)
    before = everything(journey)
    tell(story, T0 + 20 * SECOND, first, again=True)
    assert everything(journey) == before
    tell(story, T0 + HOUR, stored(story, "go", T0 + HOUR, ana))  # another one does
    assert story.reasons()[0] == "exit_rule"


WAIT = {"kind": "wait_for_event", "settings": {"within": "P1D", "branches": [{"key": "a", "event": "paid"}]}}


@pytest.mark.parametrize("already", ["ignore", "count"])
@pytest.mark.parametrize("again", [False, True])
def test_an_event_ends_one_wait_once(story, already, again):
    """Two waits for the same event in a row: told twice, it moves her through the first one only."""
    first = {
        **WAIT,
        "settings": {**WAIT["settings"], "already": "ignore"},
        "next": {"a": "w", "timeout": "x"},
    }
    second = {
        **WAIT,
        "settings": {**WAIT["settings"], "already": already},
        "next": {"a": "y", "timeout": "x"},
    }
    journey = story.publish(document({"f": first, "w": wait("PT1H", "s"), "s": second, "x": END, "y": END}))
    ana = story.person()
    tell(story, T0, stored(story, "go", T0, ana))
    paid = stored(story, "paid", T0 + HOUR, ana)
    tell(story, T0 + HOUR + SECOND, paid)
    before = everything(journey)
    tell(story, T0 + HOUR + 20 * SECOND, paid, again=again)
    assert everything(journey) == before
    advance.advance_due(T0 + 2 * HOUR + SECOND)
    assert story.paths() == [["f", "w", "s", "y"] if already == "count" else ["f", "w", "s"]]
    before = everything(journey)
    tell(story, T0 + 3 * HOUR, paid, again=again)
    assert everything(journey) == before


def test_a_goal_is_counted_once_and_an_exit_once(story):
    goal = {"event": "paid", "on_reach": "continue"}
    journey = story.publish(
        document({"w": wait("P1D", "x"), "x": END}, goal=goal, exit_when=[{"event": "bye"}])
    )
    ana = story.person()
    tell(story, T0, stored(story, "go", T0, ana))
    for name, at in (("paid", T0 + HOUR), ("bye", T0 + 2 * HOUR)):
        event = stored(story, name, at, ana)
        tell(story, at, event)
        before = everything(journey)
        tell(story, at + 20 * SECOND, event, again=True)
        assert everything(journey) == before
    assert counts.of_journey(journey.pk, T0)["totals"] == {"entered": 1, "inside": 0, "ended": 1, "goal": 1}


def test_messages_are_not_made_twice(story):
    story.publish(document({"m": mail("x"), "x": END}))
    ana = story.person()
    event = stored(story, "go", T0, ana)
    tell(story, T0, event)
    tell(story, T0 + 20 * SECOND, event, again=True)
    assert story.messages() == [("m", "created", "")]


def test_people_let_in_by_hand_have_no_event_and_enter_each_time(story):
    journey = story.publish(document({"x": END}))
    ana = story.person()
    for day in range(2):
        enrol.enrol(journey.live_id, "t", [ana.pk], [{}], T0 + day * DAY)
    assert len(story.rows()) == 2
