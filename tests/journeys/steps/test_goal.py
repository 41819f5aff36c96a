"""A goal step counts once an enrolment, like the journey's own goal, and keeps what it is worth."""

from decimal import Decimal

import pytest
from django.utils import translation

from journeys import checking, counts
from journeys.document.settings import SettingsError
from journeys.engine import explain, leave, simulate
from journeys.models import Reached
from journeys.steps.base import SummaryContext
from journeys.steps.goal import Goal, worth
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait


def goal(name, to="x", **more):
    return {"kind": "goal", "settings": {"name": name, **more}, "next": {"next": to}}


def reached():
    return list(Reached.objects.order_by("id").values_list("step", "name", "value", "at"))


def test_marks_counts_and_goes_on(story):
    journey = story.publish(document({"g": goal("First order", value="{{ entry.total }}"), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana, total=129.9)
    assert story.paths() == [["g", "x"]]
    assert reached() == [("g", "First order", Decimal("129.9000"), T0)]
    assert counts.of_journey(journey.pk, T0)["totals"] == {"entered": 1, "inside": 0, "ended": 1, "goal": 1}
    assert counts.inside_by_journey([journey.pk])[journey.pk]["goal"] == 1


def test_is_told_on_the_persons_log(story):
    journey = story.publish(document({"g": goal("First order", value=52000), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    with translation.override("en"):
        (standing,) = explain.position(ana.pk, story.workspace)
        assert standing.texts[0] == "First order, worth 52,000"
    assert standing.journey == journey


def test_a_name_counts_once_an_enrolment_and_the_enrolment_once(story):
    steps = {
        "a": goal("Seen", "b", value=1),
        "b": goal("Bought", "c", value=20),
        "c": goal("Seen", value=5),
        "x": END,
    }
    journey = story.publish(document(steps))
    story.happen("go", T0, story.person())
    assert [(row[1], row[2]) for row in reached()] == [("Seen", Decimal(1)), ("Bought", Decimal(20))]
    assert counts.of_journey(journey.pk, T0)["totals"]["goal"] == 1


def test_the_journeys_own_goal_is_the_same_goal(story):
    steps = {"g": goal("Seen", "w"), "w": wait("P1D", "x"), "x": END}
    journey = story.publish(document(steps, goal={"event": "bought", "on_reach": "leave"}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("bought", T0 + HOUR, ana)
    assert story.reasons() == ["goal"]
    assert counts.of_journey(journey.pk, T0)["totals"]["goal"] == 1


def test_reached_already_by_an_event_it_counts_no_more(story):
    steps = {"w": wait("P1D", "g"), "g": goal("Bought"), "x": END}
    journey = story.publish(document(steps, goal={"event": "bought", "on_reach": "continue"}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("bought", T0 + HOUR, ana)
    story.until(T0 + DAY)
    assert counts.of_journey(journey.pk, T0)["totals"]["goal"] == 1
    assert len(reached()) == 1


@pytest.mark.parametrize("value", ["{{ entry.nothing }}", "{{ entry.word }}", "{{ entry.list }}"])
def test_worth_nothing_readable_the_goal_counts_all_the_same(story, value):
    story.publish(document({"g": goal("Order", value=value), "x": END}))
    story.happen("go", T0, story.person(), word="lots", list=[1])
    assert story.paths() == [["g", "x"]]
    assert [row[2] for row in reached()] == [None]


def test_each_person_of_a_batch_has_her_own_value(story):
    story.publish(document({"g": goal("Order", value="{{ person.spent }}"), "x": END}))
    people = [story.person(spent=n) for n in (10, 20, 10)]
    story.happen("go", T0, *people)
    assert [row[2] for row in reached()] == [Decimal(10), Decimal(20), Decimal(10)]


def test_counts_stay_when_a_person_is_erased(story):
    journey = story.publish(document({"g": goal("Order", value=7), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    leave.erased([ana.pk], T0 + HOUR)
    (walk,) = explain.walks(list(story.rows())).values()
    assert [visit.note for visit in walk.visits] == [None, None]
    assert counts.of_journey(journey.pk, T0)["totals"]["goal"] == 1
    assert len(reached()) == 1


def test_simulated_it_is_told_and_not_kept(story):
    draft = document({"g": goal("Order", value=7), "x": END})
    with translation.override("en"):
        answer = simulate.simulate(
            draft,
            story.workspace,
            person={"attributes": {}},
            start=T0,
            until=T0 + DAY,
            events=[{"event": "go", "timestamp": T0.isoformat()}],
        )
    assert [visit["summary"] for visit in answer["enrolments"][0]["visits"]] == [
        "Order, worth 7",
        "Reached the end",
    ]
    assert reached() == []


def test_what_is_wrong_before_publishing(story):
    steps = {
        "a": goal(" ", "b"),
        "b": goal("B", "c", value="{{ broken"),
        "c": goal("C", value="many"),
        "x": END,
    }
    found = checking.find(document(steps), story.workspace)
    assert {(one.code, one.step) for one in found if one.severity == "error"} == {
        ("no_name", "a"),
        ("bad_template", "b"),
        ("no_number", "c"),
    }


@pytest.mark.parametrize("value", [True, [1], {"a": 1}])
def test_odd_values_are_refused(value):
    with pytest.raises(SettingsError):
        Goal().parse({"name": "x", "value": value})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1,250.50", "1250.5"),
        (3, "3"),
        (0.1, "0.1"),
        (" 7 ", "7"),
        ("nan", None),
        ("1e30", None),
        (None, None),
    ],
)
def test_numbers_as_people_write_them(value, number):
    assert worth(value) == (Decimal(number) if number else None)


def test_words_on_the_card():
    with translation.override("en"):
        kind = Goal()
        assert kind.summary(kind.parse({"name": "Order"}), SummaryContext()) == "Order"
        assert kind.summary(kind.parse({"name": "Order", "value": 5}), SummaryContext()) == "Order, worth 5"
