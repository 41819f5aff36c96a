"""A step lets people into another journey, by that journey's own rules, and no circle of journeys turns for ever."""

import pytest
from django.utils import translation

from journeys import checking
from journeys.engine import advance, explain, simulate
from journeys.models import Enrolment, Finished, Journey
from journeys.steps.base import SummaryContext
from journeys.steps.enter_journey import EnterJourney, EnterJourneyForm
from tests.factories.workspaces import make_workspace
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

CALLED = {"t": {"kind": "journey", "next": "a"}}


def enter(journey, to="x", **data):
    settings = {"journey": str(getattr(journey, "public_id", journey)), "data": data}
    return {"kind": "enter_journey", "settings": settings, "next": {"next": to}}


def texts(profile, workspace):
    with translation.override("en"):
        return [text for one in explain.position(profile.pk, workspace) for text in one.texts]


def test_both_journeys_go_on(story):
    other = story.publish(document({"a": mail("b"), "b": wait("P1D", "x"), "x": END}, triggers=CALLED))
    story.publish(document({"e": enter(other, "w"), "w": wait("P2D", "x"), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    assert story.messages() == [("a", "created", "")]
    assert sorted(Enrolment.objects.values_list("step", "profile_id")) == [("b", ana.pk), ("w", ana.pk)]
    assert "Entered “Test”" in texts(ana, story.workspace)


def test_the_data_is_the_entry_there(story):
    branch = {
        "kind": "branch",
        "settings": {"branches": [{"key": "y", "when": {"entry": "order.total", "op": "gte", "value": 100}}]},
        "next": {"y": "x", "else": "z"},
    }
    other = story.publish(document({"a": branch, "x": END, "z": END}, triggers=CALLED))
    draft = document(
        {"e": enter(other, order={"total": "{{ entry.total }}", "by": "{{ person.name }}"}), "x": END}
    )
    story.publish(draft)
    story.happen("go", T0, story.person(name="Ana"), total=120)
    assert sorted(story.paths(other)) == [["a", "x"]]


def test_what_dies_after_the_commit_is_moved_by_the_clock(story, monkeypatch):
    other = story.publish(document({"a": mail("x"), "x": END}, triggers=CALLED))
    story.publish(document({"e": enter(other), "x": END}))
    monkeypatch.setattr(advance, "advance_these", lambda ids, now: 0)
    ana = story.person()
    story.happen("go", T0, ana)
    assert Enrolment.objects.get().step == "a"
    advance.advance_due(T0 + HOUR)
    assert story.messages() == [("a", "created", "")]
    assert story.paths(other) == [["a", "x"]]


@pytest.mark.parametrize(
    ("reentry", "times"),
    [({"mode": "never"}, 1), ({"mode": "after_exit"}, 3), ({"mode": "after_exit", "cooldown": "P7D"}, 1)],
)
def test_who_may_enter_again_is_up_to_the_other_journey(story, reentry, times):
    other = story.publish(document({"a": END}, triggers=CALLED, reentry=reentry))
    story.publish(document({"e": enter(other), "x": END}, reentry={"mode": "every_time"}))
    ana = story.person()
    for hour in range(3):
        story.happen("go", T0 + hour * HOUR, ana)
    assert len(story.paths(other)) == times
    refused = "Did not enter “Test”: already inside, or not allowed to enter again yet"
    assert texts(ana, story.workspace).count(refused) == 3 - times


def test_its_instance_key_is_read_from_the_data(story):
    other = story.publish(
        document(
            {"a": wait("P1D", "x"), "x": END}, triggers=CALLED, reentry={"mode": "after_exit", "key": "order"}
        )
    )
    story.publish(
        document({"e": enter(other, order="{{ entry.order }}"), "x": END}, reentry={"mode": "every_time"})
    )
    ana = story.person()
    for order in ("A", "B", "A"):
        story.happen("go", T0, ana, order=order)
    assert sorted(Enrolment.objects.values_list("instance_key", flat=True)) == ["A", "B"]


@pytest.mark.parametrize("state", ["draft", "paused", "stopped", "archived"])
def test_one_that_takes_nobody_in_is_passed_by(story, state):
    other = story.publish(document({"a": END}, triggers=CALLED), state=state)
    story.publish(document({"e": enter(other), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    assert story.paths() == [["e", "x"]]
    assert texts(ana, story.workspace)[0] == "Did not enter “Test”: it takes nobody in now"


def test_so_is_one_without_the_trigger_or_of_another_workspace(story):
    plain = story.publish(document({"a": END}))
    strange = Journey.objects.create(workspace=make_workspace("Strange"), name="Secret", state="live")
    steps = {"e": enter(plain, "f"), "f": enter(strange, "g"), "g": enter("nonsense"), "x": END}
    story.publish(document(steps, triggers={"t": {"kind": "event", "event": "now", "next": "e"}}))
    ana = story.person()
    story.happen("now", T0, ana)
    assert story.paths() == [["e", "f", "g", "x"]]
    assert not any("Secret" in text for text in texts(ana, story.workspace))


def test_a_circle_of_journeys_ends(story):
    every = {"reentry": {"mode": "every_time"}}
    ping = story.publish(document({"a": END}, triggers=CALLED, **every))
    pong = story.publish(document({"a": enter(ping), "x": END}, triggers=CALLED, **every))
    story.publish_again(ping, document({"a": enter(pong), "x": END}, triggers=CALLED, **every))
    story.publish(document({"e": enter(ping), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + DAY)
    assert Finished.objects.count() == 1 + 5
    assert (
        texts(ana, story.workspace).count("Did not enter “Test”: too many journeys set each other off") == 1
    )


def test_a_slow_circle_may_turn(story):
    every = {"reentry": {"mode": "every_time"}}
    again = story.publish(document({"a": END}, triggers=CALLED, **every))
    draft = document({"a": wait("P1D", "e"), "e": enter(again), "x": END}, triggers=CALLED, **every)
    story.publish_again(again, draft)
    story.publish(document({"e": enter(again), "x": END}))
    story.happen("go", T0, story.person())
    story.until(T0 + 10 * DAY)
    assert Finished.objects.filter(journey_id=again.pk).count() == 10


def test_people_of_one_batch_enter_together_whatever_their_number(story, django_assert_max_num_queries):
    other = story.publish(document({"a": wait("P1D", "x"), "x": END}, triggers=CALLED))
    story.publish(document({"w": wait("PT1H", "e"), "e": enter(other), "x": END}))
    people = [story.person() for _n in range(30)]
    story.happen("go", T0, *people)
    with django_assert_max_num_queries(60):
        advance.advance_due(T0 + HOUR)
    assert Enrolment.objects.filter(journey_id=other.pk, step="a").count() == 30


def test_simulated_it_only_says_so(story):
    other = story.publish(document({"a": END}, triggers=CALLED))
    ana = story.person()
    with translation.override("en"):
        answer = simulate.simulate(
            document({"e": enter(other), "x": END}),
            story.workspace,
            person={"id": str(ana.public_id)},
            start=T0,
            until=T0 + DAY,
            events=[{"event": "go", "timestamp": T0.isoformat()}],
        )
    (enrolment,) = answer["enrolments"]
    assert enrolment["visits"][0]["summary"] == "Would enter “Test”, which this preview does not play"
    assert not story.rows(other)


def test_a_journey_that_is_only_called_is_simulated_from_its_start(story):
    answer = simulate.simulate(
        document({"a": wait("P1D", "x"), "x": END}, triggers=CALLED),
        story.workspace,
        person={"attributes": {}},
        start=T0,
        until=T0 + 2 * DAY,
    )
    assert [[visit["step"] for visit in one["visits"]] for one in answer["enrolments"]] == [["a", "x"]]


def test_what_is_wrong_before_publishing(story):
    live = story.publish(document({"a": END}, triggers=CALLED))
    draft = story.publish(document({"a": END}, triggers=CALLED), state="draft")
    plain = story.publish(document({"a": END}))
    gone = story.publish(document({"a": END}, triggers=CALLED), state="archived")
    targets = [live, draft, plain, gone, "", "nonsense"]
    steps = {f"s{n}": enter(target, f"s{n + 1}") for n, target in enumerate(targets)} | {
        f"s{len(targets)}": END
    }
    found = checking.find(document(steps), story.workspace)
    mine = {(one.step, one.severity, one.code) for one in found if one.step and one.step.startswith("s")}
    assert mine == {
        ("s1", "warning", "journey_not_live"),
        ("s2", "error", "no_way_in"),
        ("s3", "error", "unknown_journey"),
        ("s4", "error", "no_journey"),
        ("s5", "error", "unknown_journey"),
    }


def test_the_form_offers_the_journeys_of_the_workspace(story):
    other = story.publish(document({"a": END}, triggers=CALLED))
    story.publish(document({"a": END}, triggers=CALLED), state="archived")
    Journey.objects.create(workspace=make_workspace("Strange"), name="Secret", state="live")
    settings = {"journey": str(other.public_id), "data": {"n": 5, "text": "5"}}
    form = EnterJourneyForm(settings=settings, workspace=story.workspace)
    assert [key for key, _name in form.fields["journey"].choices] == ["", str(other.public_id)]
    names = list(form.fields)
    data = {"s-journey": str(other.public_id), f"s-{names[1]}-rows": "2"}
    for i, row in enumerate(form.initial[names[1]]):
        data |= {f"s-{names[1]}-{i}-{key}": value for key, value in row.items()}
    sent = EnterJourneyForm(settings=settings, workspace=story.workspace, data=data)
    assert sent.is_valid()
    assert sent.settings() == settings


def test_words_on_the_card(story):
    other = story.publish(document({"a": END}, triggers=CALLED))
    kind, names = EnterJourney(), SummaryContext(workspace=story.workspace)
    with translation.override("en"):
        assert kind.summary(kind.parse({"journey": str(other.public_id)}), names) == "Test"
        assert kind.summary(kind.parse({"journey": "x"}), names) == "A journey that is gone"
        assert kind.summary(kind.example, SummaryContext()) == "No journey chosen yet"
