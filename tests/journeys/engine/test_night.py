"""Consent to the night: advertising by text, push and messengers waits until 08:00 for who did not agree to it."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.claim import recheck
from channels.eligibility import check
from channels.models import Message
from content.models import Item, Variant
from journeys.engine import explain, simulate
from journeys.models import Enrolment
from profiles import night
from profiles.models import Consent, Topic
from tests.factories.workspaces import make_actor
from tests.journeys.engine.story import DAY, END, HOUR, document, mail

SEOUL = {"time_zone": "Asia/Seoul"}
NIGHT = datetime(2026, 1, 5, 13, 30, tzinfo=UTC)  # 22:30 in Seoul
MORNING = datetime(2026, 1, 5, 23, 0, tzinfo=UTC)  # 08:00 there, the day after


@pytest.fixture
def story(story):
    story.workspace.night_consent = True
    story.workspace.save()
    for medium in ("sms", "push"):
        item = Item.objects.create(
            workspace=story.workspace, slug=f"{medium}-hello", name="Hello", medium=medium
        )
        data = {"body": "Hi"} if medium == "sms" else {"title": "Hi", "body": "Hi"}
        Variant.objects.create(item=item, locale="en", data=data)
    return story


def text(to, **settings):
    return {**mail(to, content="sms-hello", **settings), "kind": "send_sms"}


def buyer(story, agreed=None, **attributes):
    person = story.person(**{"phone": "+821012345678", **SEOUL, **attributes})
    Consent.objects.create(profile=person, medium="sms", topic="*", state="granted", at=NIGHT - DAY)
    if agreed:
        Consent.objects.create(profile=person, medium="night", topic="*", state=agreed, at=NIGHT - DAY)
    return person


def reasons(story):
    return [(state, reason) for _step, state, reason in story.messages()]


def test_a_text_waits_for_the_morning_of_who_did_not_agree(story):
    story.publish(document({"m": text("x"), "x": END}))
    never, refused, agreed = buyer(story), buyer(story, "withdrawn"), buyer(story, "granted")
    london = buyer(story, time_zone="Europe/London")  # half past one in the afternoon

    story.happen("go", NIGHT, never, refused, agreed, london)

    assert reasons(story) == [("held", "night_consent")] * 2 + [("created", "")] * 2
    assert set(Enrolment.objects.values_list("due_at", flat=True)) == {MORNING}
    (standing,) = explain.position(never.pk, story.workspace)
    assert standing.texts == [
        "Held back until Tue 6 Jan 2026, 08:00: no consent to messages between 21:00 and 08:00"
    ]
    story.until(MORNING)
    assert reasons(story) == [("created", "")] * 4


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (datetime(2026, 1, 5, 11, 59, 59, tzinfo=UTC), "created"),  # 20:59:59
        (datetime(2026, 1, 5, 12, 0, tzinfo=UTC), "held"),
        (MORNING - timedelta(seconds=1), "held"),
        (MORNING, "created"),
    ],
)
def test_the_night_is_from_nine_to_eight(story, at, state):
    story.publish(document({"m": text("x"), "x": END}), at=at)
    story.happen("go", at, buyer(story))
    assert [found for found, _reason in reasons(story)] == [state]


def test_mail_and_transactional_topics_go_at_any_hour(story):
    Topic.objects.create(workspace=story.workspace, slug="orders", name="Orders", transactional=True)
    story.publish(document({"a": mail("b"), "b": text("x", topic="orders"), "x": END}))
    story.happen("go", NIGHT, buyer(story))
    assert reasons(story) == [("created", "")] * 2


def test_a_workspace_that_does_not_ask_holds_nothing(story):
    story.workspace.night_consent = False
    story.workspace.save()
    story.publish(document({"m": text("x"), "x": END}))
    story.happen("go", NIGHT, buyer(story, "withdrawn"))
    assert reasons(story) == [("created", "")]


def test_the_statement_is_one_for_any_number_and_any_rule(story, django_assert_num_queries):
    people = [buyer(story, agreed).pk for agreed in (None, "granted", "withdrawn")]
    with django_assert_num_queries(1):
        assert [may.night for may in check(story.workspace.pk, "sms", "", people, NIGHT)] == [
            True,
            False,
            True,
        ]
    assert [may.night for may in check(story.workspace.pk, "email", "", people, NIGHT)] == [False] * 3


def test_quiet_hours_and_the_night_add_up(story):
    quiet = {"from": "22:00", "to": "09:00", "then": "hold"}
    story.publish(document({"m": text("x"), "x": END}, quiet_hours=quiet))
    story.happen("go", NIGHT - 2 * HOUR, buyer(story))  # half past eight in the evening
    story.happen("go", NIGHT - HOUR, buyer(story))  # only the night holds it, then quiet hours do
    story.happen("go", NIGHT, buyer(story), buyer(story, "granted"))
    assert reasons(story) == [("created", ""), *[("held", "quiet_hours")] * 3]
    assert set(Enrolment.objects.values_list("due_at", flat=True)) == {MORNING + HOUR}


def test_a_window_wholly_in_the_night_skips_who_did_not_agree(story):
    late = {"from": "21:00", "to": "23:00"}
    story.publish(document({"m": text("x", window=late), "x": END}))
    story.happen("go", NIGHT, buyer(story), buyer(story, "granted"))
    assert reasons(story) == [("skipped", "night_consent"), ("created", "")]


def test_a_simulation_says_the_same(story):
    draft = document({"m": text("x"), "x": END})
    journey = story.publish(draft)
    person = buyer(story)

    def told(**more):
        answer = simulate.simulate(
            draft, story.workspace, person={"id": str(person.public_id)}, start=NIGHT, until=NIGHT + DAY,
            events=[{"event": "go", "timestamp": NIGHT.isoformat()}], journey=journey, **more,
        )  # fmt: skip
        (walk,) = answer["enrolments"]
        return walk["visits"][0]["left_at"], [one["state"] for one in walk["messages"]]

    assert told() == ("2026-01-05T23:00:00Z", ["sent"])
    assert told(consents={"night": "granted"}) == ("2026-01-05T13:30:00Z", ["sent"])
    assert told(consents="all") == ("2026-01-05T13:30:00Z", ["sent"])


def test_what_a_queue_kept_into_the_night_waits_when_it_leaves(story):
    story.publish(document({"m": text("x"), "x": END}))
    evening = NIGHT - 2 * HOUR
    story.happen("go", evening, buyer(story), buyer(story, "granted"), buyer(story, time_zone="nowhere"))
    never, agreed, in_utc = Message.objects.order_by("pk")

    found = recheck([never, agreed, in_utc], NIGHT)

    assert [found[one.pk].until for one in (never, agreed, in_utc)] == [MORNING, None, None]
    assert never.variables["$zone"] == "Asia/Seoul" and in_utc.variables["$zone"] == "UTC"  # the journey's
    assert recheck([never], MORNING)[never.pk].until is None


def test_it_is_switched_once_and_written_down(story):
    admin = make_actor(story.workspace, "admin")
    assert (night.switch(admin, True, NIGHT), night.switch(admin, False, NIGHT)) == (False, True)
    story.workspace.refresh_from_db()
    assert not story.workspace.night_consent
