"""The hold-out: a share of those who enter gets no message, the same people every time."""

from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from channels.models import Message
from journeys.engine import holdout, simulate
from journeys.forms.journey import JourneyForm
from profiles.models import Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

TWO_MAILS = {"m1": mail("w"), "w": wait("PT1H", "m2"), "m2": mail("x"), "x": END}


def reasons(story, journey):
    """{person: reasons of her messages, in order}"""
    found = {}
    for person, reason in (
        Message.objects.filter(journey_id=journey.pk).order_by("id").values_list("profile_id", "reason")
    ):
        found.setdefault(person, []).append(reason)
    return found


def test_about_the_share_gets_no_message_at_all(story):
    people = [story.person() for _number in range(120)]
    journey = story.publish(document(TWO_MAILS, holdout=0.25))
    story.happen("go", T0, *people)
    story.until(T0 + DAY)
    found = reasons(story, journey)
    assert set(map(tuple, found.values())) == {("", ""), ("holdout", "holdout")}
    assert 10 <= sum(each[0] == "holdout" for each in found.values()) <= 52
    assert set(story.reasons()) == {"completed"}  # they walk on as everybody does


def test_the_same_people_are_held_out_in_every_version_and_others_in_another_journey(story):
    people = [story.person() for _number in range(60)]
    reentry = {"mode": "every_time"}
    journey = story.publish(document(TWO_MAILS, holdout=0.5, reentry=reentry))
    story.happen("go", T0, *people)
    story.until(T0 + DAY)
    story.publish_again(journey, document(TWO_MAILS, holdout=0.5, reentry=reentry), T0 + DAY)
    story.happen("go", T0 + 2 * DAY, *people)
    story.until(T0 + 3 * DAY)
    assert {len(set(each)) for each in reasons(story, journey).values()} == {1}
    other = story.publish(document(TWO_MAILS, holdout=0.5, triggers=None), T0 + 3 * DAY)
    story.happen("go", T0 + 4 * DAY, *people)
    first = {person for person, each in reasons(story, journey).items() if each[0]}
    second = {person for person, each in reasons(story, other).items() if each[0]}
    assert first != second


def test_a_larger_share_only_adds_people(story):
    people = [story.person() for _number in range(120)]
    reentry = {"mode": "every_time"}
    journey = story.publish(document({"m1": mail("x"), "x": END}, holdout=0.1, reentry=reentry))
    story.happen("go", T0, *people)
    story.publish_again(
        journey, document({"m1": mail("x"), "x": END}, holdout=0.4, reentry=reentry), T0 + HOUR
    )
    story.happen("go", T0 + DAY, *people)
    first = {person for person, each in reasons(story, journey).items() if each[0]}
    second = {person for person, each in reasons(story, journey).items() if each[1]}
    assert first < second


def test_the_hold_out_is_the_reason_whatever_else_forbids(story):
    journey = story.publish(document({"m1": mail("x"), "x": END}, holdout=0.5))
    people = [story.person(consent=None) for _number in range(40)]
    story.happen("go", T0, *people)
    assert {each[0] for each in reasons(story, journey).values()} == {"holdout", "no_consent"}


def test_without_a_hold_out_nothing_is_asked(story, monkeypatch):
    monkeypatch.setattr(holdout, "fraction", None)
    story.publish(document({"m1": mail("x"), "x": END}))
    story.happen("go", T0, story.person())
    assert story.messages() == [("m1", "created", "")]


@pytest.mark.parametrize(("drawn", "reason"), [({}, None), ({"$holdout": "in"}, "holdout")])
def test_a_simulation_holds_out_nobody_made_up_unless_asked(story, drawn, reason):
    draft = document(
        {"m1": mail("x"), "x": END},
        holdout=0.5,
        triggers={"t": {"kind": "api", "settings": {}, "next": "m1"}},
    )
    for _turn in range(6):
        found = simulate.simulate(
            draft,
            story.workspace,
            person={"attributes": {"email": "ana@example.com"}, "consents": "all"},
            start=T0,
            until=T0 + DAY,
            draws=drawn,
        )
        (message,) = found["enrolments"][0]["messages"]
        assert (message["reason"], found["warnings"]) == (reason, [])


def test_a_simulation_of_a_real_person_says_what_will_be(story):
    draft = document({"m1": mail("x"), "x": END}, holdout=0.5)
    people = [story.person() for _number in range(10)]
    journey = story.publish(draft)
    foreseen = {}
    for person in people:
        found = simulate.simulate(
            draft,
            story.workspace,
            person={"id": str(person.public_id)},
            start=T0,
            until=T0 + DAY,
            events=[{"event": "go", "timestamp": T0.isoformat()}],
            journey=journey,
        )
        (visit, _end) = found["enrolments"][0]["visits"]
        (message,) = found["enrolments"][0]["messages"]
        foreseen[person.pk] = message["reason"] or ""
        assert ("in the control group" in str(visit)) == (message["reason"] == "holdout")
    story.happen("go", T0, *people)
    assert {person: each[0] for person, each in reasons(story, journey).items()} == foreseen
    assert Profile.objects.count() == 10


@pytest.mark.parametrize(("written", "kept"), [("5", 0.05), ("12.5", 0.125), ("", None), ("0", None)])
def test_the_form_takes_percent(story, written, kept):
    before = {"policy": {"holdout": 0.2}}
    data = QueryDict(urlencode({"s-mode": "never", "s-quiet": "none", "s-holdout": written}))
    form = JourneyForm(data=data, settings=before, workspace=story.workspace)
    assert form.is_valid(), form.errors
    assert form.settings()["policy"].get("holdout") == kept
