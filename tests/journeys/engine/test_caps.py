"""A workspace's caps in a journey: the message is skipped with its reason, and she goes on; in a simulation, too."""

from channels.models import Message
from journeys.engine import simulate
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

STEPS = {
    "m1": mail("w1"),
    "w1": wait("PT1H", "m2"),
    "m2": mail("w2"),
    "w2": wait("P1D", "m3"),
    "m3": mail("x"),
    "x": END,
}
EXPECTED = [("m1", ""), ("m2", "frequency_cap"), ("m3", "")]


def cap(story, **more):
    story.workspace.message_caps = [{"medium": "email", "count": 1, "per": "day"} | more]
    story.workspace.save(update_fields=["message_caps"])


def test_a_capped_message_is_skipped_and_the_walk_goes_on(story):
    cap(story)
    story.publish(document(STEPS))
    story.happen("go", T0, story.person())
    Message.objects.update(state="sent", sent_at=T0)
    story.until(T0 + 2 * DAY)
    assert [(step, reason) for step, _state, reason in story.messages()] == EXPECTED
    assert story.reasons() == ["completed"]


def test_a_simulation_counts_as_the_engine_does(story):
    cap(story)
    found = simulate.simulate(
        document(STEPS),
        story.workspace,
        person={"attributes": {"email": "ana@example.com"}, "consents": "all"},
        start=T0,
        until=T0 + 3 * DAY,
        events=[{"event": "go", "timestamp": T0.isoformat()}],
    )
    (walk,) = found["enrolments"]
    assert [(message["step"], message["reason"] or "") for message in walk["messages"]] == EXPECTED


def test_what_a_real_person_really_got_counts_in_her_simulation(story):
    cap(story)
    person = story.person()
    story.publish(document({"m1": mail("x"), "x": END}))
    story.happen("go", T0, person)
    Message.objects.update(state="sent", sent_at=T0)
    found = simulate.simulate(
        document({"m1": mail("x"), "x": END}),
        story.workspace,
        person={"id": str(person.public_id)},
        start=T0 + HOUR,
        until=T0 + DAY,
        events=[{"event": "go", "timestamp": (T0 + HOUR).isoformat()}],
    )
    assert found["enrolments"][0]["messages"][0]["reason"] == "frequency_cap"
