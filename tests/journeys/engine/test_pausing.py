"""Rule 7 of journeys.md 6: pausing freezes, resuming goes on once, stopping ends everybody."""

from datetime import timedelta

from channels.models import Message
from journeys.engine import freeze, leave
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

MINUTE = timedelta(minutes=1)


def test_pause_freezes_and_resume_continues_once(story):
    journey = story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, story.person())
    _pause(journey, T0 + MINUTE)
    story.until(T0 + DAY)
    story.happen("go", T0 + DAY, story.person())
    assert story.paths() == [["w"]]
    _resume(journey, T0 + DAY)
    story.until(T0 + DAY)
    story.until(T0 + DAY)
    assert story.paths() == [["w", "m", "x"]] and len(story.messages()) == 1


def test_a_pause_remembers_the_event_waited_for(story):
    steps = {
        "q": {
            "kind": "wait_for_event",
            "settings": {"within": "P1D", "branches": [{"key": "paid", "event": "paid"}]},
            "next": {"paid": "a", "timeout": "b"},
        },
        "a": END,
        "b": END,
    }
    journey = story.publish(document(steps))
    ana, ben = story.person(), story.person()
    story.happen("go", T0, ana, ben)
    _pause(journey, T0 + MINUTE)
    story.happen("paid", T0 + HOUR, ana)
    story.until(T0 + 3 * DAY)
    assert story.paths() == [["q"], ["q"]]
    _resume(journey, T0 + 3 * DAY)
    story.until(T0 + 3 * DAY)
    assert story.paths() == [["q", "a"], ["q", "b"]]


def test_what_is_pending_is_not_sent_while_paused(story):
    journey = story.publish(document({"m": mail("w"), "w": wait("P1D", "x"), "x": END}))
    story.happen("go", T0, story.person())
    _pause(journey, T0)
    assert Message.objects.get().frozen is True
    _resume(journey, T0 + HOUR)
    assert Message.objects.get().frozen is False


def test_stop_ends_everybody_and_what_is_pending(story):
    journey = story.publish(document({"m": mail("w"), "w": wait("P1D", "x"), "x": END}))
    story.happen("go", T0, story.person(), story.person())
    journey.state = "stopped"
    journey.save()
    assert leave.end_journey(journey.pk, "stopped", T0 + HOUR) == 2
    assert story.reasons() == ["stopped", "stopped"]
    assert story.messages() == [("m", "skipped", "exit_rule")] * 2


def _pause(journey, at):
    journey.state = "paused"
    journey.save(update_fields=["state"])
    freeze.freeze(journey.pk, at)


def _resume(journey, at):
    journey.state = "live"
    journey.save(update_fields=["state"])
    freeze.thaw(journey.pk, at)
