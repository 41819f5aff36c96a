"""What became of a message, in words with the detail that makes them an answer."""

from datetime import timedelta

import pytest

from channels.models import Message, Suppression
from journeys.engine import explain, unsent
from profiles.models import Topic
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait


@pytest.fixture
def said(story):
    """The sentences of a person's road."""

    def read(person):
        return [text for standing in explain.position(person.pk, story.workspace) for text in standing.texts]

    return read


def start(story, person, at=T0, **policy):
    story.publish(document({"m": mail("w"), "w": wait("P1D", "x"), "x": END}, **policy), at)
    story.happen("go", at, person)


def test_held_until_when_by_her_own_clock(story, said):
    ana = story.person(time_zone="Asia/Seoul")
    night = T0 + 4 * HOUR  # 23:00 in Seoul
    start(story, ana, night, quiet_hours={"from": "21:00", "to": "08:00"})
    assert said(ana) == ["Held back until Tue 6 Jan 2026, 08:00: quiet hours"]
    story.until(T0 + DAY)
    assert said(ana) == ["Waiting to be sent"]


def test_no_consent_names_topic_and_channel(story, said):
    Topic.objects.create(workspace=story.workspace, slug="offers", name="Offers")
    ana = story.person(consent="withdrawn")
    start(story, ana)
    assert said(ana) == ["Not sent: no consent to Offers by email"]


def test_no_address_names_the_channel(story, said):
    ana = story.person(email="")
    start(story, ana)
    assert said(ana) == ["Not sent: no address for email"]


def test_a_blocked_address_says_since_when_and_why(story, said):
    ana = story.person()
    Suppression.objects.create(
        workspace=story.workspace,
        medium="email",
        address="ana@example.com",
        reason="hard_bounce",
        at=T0 - DAY,
    )
    start(story, ana)
    assert said(ana) == ["Not sent: the address is blocked since 4 Jan 2026 (mail to it came back)"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"state": "sent", "sent_at": T0}, "Sent"),
        ({"state": "delivered", "sent_at": T0, "opened_at": T0}, "Sent and opened"),
        ({"state": "sent", "sent_at": T0, "clicked_at": T0}, "Sent and clicked"),
        (
            {"state": "failed", "reason": "provider_refused", "error": "550 no"},
            "Not sent: The provider did not take it (550 no)",
        ),
        (
            {"state": "skipped", "reason": "render_error", "error": "line 1"},
            "Not sent: The content could not be filled in for this person (line 1)",
        ),
        ({"state": "skipped", "reason": "expired"}, "Not sent: too late"),
        ({"state": "created", "frozen": True}, "The journey is paused."),
        ({"state": "created", "error": "451 later"}, "It will be tried again: 451 later"),
    ],
)
def test_what_happened_after_it_was_made(story, said, changes, text):
    ana = story.person()
    start(story, ana)
    Message.objects.update(**changes)
    assert said(ana) == [text]


def test_a_step_passed_twice_has_each_its_message(story, said):
    steps = {"m": mail("w"), "w": wait("PT1H", "m")}
    story.publish(document(steps, max_stay="PT90M"))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    first = Message.objects.order_by("seq").first()
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=T0)
    assert said(ana) == ["Sent", "Waited until the time was up", "Waiting to be sent"]


def test_the_api_says_it_as_data(story):
    ana = story.person(time_zone="Asia/Seoul")
    start(story, ana, T0 + 4 * HOUR, quiet_hours={"from": "21:00", "to": "08:00"})
    (standing,) = explain.position(ana.pk, story.workspace)
    shown = unsent.as_json(standing.walk.visits[0].sent)
    assert (shown["state"], shown["reason"], shown["until"]) == (
        "held",
        "quiet_hours",
        T0 + timedelta(hours=13),
    )
