"""What people allow changes at the step, with proof, and holds for the very next message."""

import pytest
from django.utils import translation

from journeys import checking
from journeys.engine import simulate
from journeys.steps.base import SummaryContext
from journeys.steps.update_consent import UpdateConsent
from profiles.models import Consent, Topic
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait


def consent(state, to="x", **more):
    return {
        "kind": "update_consent",
        "name": "Asked in the shop",
        "settings": {"medium": "email", "state": state, **more},
        "next": {"next": to},
    }


def answers(profile):
    rows = Consent.objects.filter(profile=profile).order_by("medium", "topic")
    return list(rows.values_list("medium", "topic", "state"))


def test_written_with_its_proof(story):
    story.publish(document({"c": consent("granted", topic="offers"), "x": END}))
    ana = story.person(consent=None)
    story.happen("go", T0, ana)
    row = Consent.objects.get(profile=ana)
    assert (row.medium, row.topic, row.state, row.at) == ("email", "offers", "granted", T0)
    assert (row.how, row.wording) == ("journey", "Test · Asked in the shop")


def test_without_a_topic_it_is_every_topic(story):
    story.publish(document({"c": consent("withdrawn"), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    assert answers(ana) == [("email", "*", "withdrawn")]


@pytest.mark.parametrize(("before", "state"), [("granted", "withdrawn"), ("withdrawn", "granted")])
def test_holds_for_the_next_message_of_the_same_pass(story, before, state):
    story.publish(document({"c": consent(state, "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, story.person(consent=before))
    sent = ("m", "created", "") if state == "granted" else ("m", "skipped", "no_consent")
    assert story.messages() == [sent]


def test_a_later_answer_of_the_customer_holds(story):
    story.publish(document({"c": consent("granted"), "x": END}))
    ana = story.person(consent=None)
    Consent.objects.create(
        profile=ana, medium="email", topic="*", state="withdrawn", at=T0 + HOUR, how="page"
    )
    story.happen("go", T0, ana)
    assert answers(ana) == [("email", "*", "withdrawn")]


def test_what_was_said_before_keeps_its_proof(story):
    story.publish(document({"c": consent("granted"), "x": END}))
    ana = story.person(consent=None)
    Consent.objects.create(profile=ana, medium="email", topic="*", state="granted", at=T0 - DAY, how="form")
    story.happen("go", T0, ana)
    assert Consent.objects.get(profile=ana).how == "form"


def test_wakes_who_waits_for_it(story):
    waits = {
        "kind": "wait_for_event",
        "settings": {
            "within": "P7D",
            "branches": [{"key": "no", "when": {"consent": "email", "topic": "*", "op": "withdrawn"}}],
        },
        "next": {"no": "x", "timeout": "y"},
    }
    story.publish(document({"e": waits, "x": END, "y": END}))
    story.publish(
        document(
            {"w": wait("P1D", "c"), "c": consent("withdrawn"), "x": END},
        )
    )
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + DAY)
    assert story.paths() == [["e", "x"], ["w", "c", "x"]]


def test_simulated_it_holds_there_and_nowhere_else(story):
    draft = document({"c": consent("withdrawn", "m"), "m": mail("x"), "x": END})
    ana = story.person()
    answer = simulate.simulate(
        draft,
        story.workspace,
        person={"id": str(ana.public_id)},
        start=T0,
        until=T0 + DAY,
        events=[{"event": "go", "timestamp": T0.isoformat()}],
    )
    (message,) = answer["enrolments"][0]["messages"]
    assert (message["state"], message["reason"]) == ("skipped", "no_consent")
    assert answers(ana) == [("email", "*", "granted")]


def test_what_is_wrong_before_publishing(story):
    Topic.objects.create(workspace=story.workspace, slug="offers", name="Offers")
    steps = {
        "a": consent("granted", "b", topic="offers"),
        "b": consent("granted", "c", topic="gone"),
        "c": consent("granted", medium="pigeon"),
        "x": END,
    }
    found = [one for one in checking.find(document(steps), story.workspace) if one.severity == "error"]
    assert [(one.code, one.step, one.field) for one in found] == [
        ("unknown_topic", "b", "topic"),
        ("unknown_medium", "c", "medium"),
    ]


def test_words_on_the_card():
    kind = UpdateConsent()
    with translation.override("en"):
        some = kind.parse({"medium": "sms", "state": "granted", "topic": "offers"})
        assert kind.summary(some, SummaryContext()) == "Text message (SMS) granted, offers"
        assert kind.summary(kind.example, SummaryContext()) == "Email withdrawn, every topic"
