"""What a journey records is an event like any other: stored once, seen by everybody, and no circle without end."""

import pytest
from django.test import TestCase
from django.utils import translation

from journeys import checking
from journeys.engine import advance, explain, simulate
from journeys.models import Enrolment
from journeys.steps.base import SummaryContext
from journeys.steps.record_event import RecordEvent
from lib import clock
from profiles import timeline
from profiles.models import Event
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """Commits, and so the news after them, at a time of the test's own."""
    monkeypatch.setattr(clock, "now", lambda: T0)


def committed():
    return TestCase.captureOnCommitCallbacks(execute=True)


def record(event, to="x", **properties):
    settings = {"event": event, "properties": properties}
    return {"kind": "record_event", "settings": settings, "next": {"next": to}}


def on(event, to):
    return {"t": {"kind": "event", "event": event, "next": to}}


def events(name):
    return list(Event.objects.filter(name=name).order_by("id").values_list("profile_id", "ts", "properties"))


def test_stored_with_filled_in_properties(story):
    draft = document(
        {"r": record("offer_made", code="{{ entry.code }}", size=3, list=["{{ person.first_name }}"])}
    )
    draft["steps"]["x"] = END
    story.publish(draft)
    ana = story.person(first_name="Ana")
    story.happen("go", T0, ana, code=7)
    assert events("offer_made") == [(ana.pk, T0, {"code": 7, "size": 3, "list": ["Ana"]})]
    context = Event.objects.get(name="offer_made").context["journey"]
    assert (context["step"], context["depth"]) == ("r", 1)


def test_stands_in_her_timeline_and_in_the_log(story):
    story.publish(document({"r": record("offer_made"), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    with translation.override("en"):
        titles = [str(entry.title) for entry in timeline.read(ana).entries]
        (standing,) = explain.position(ana.pk, story.workspace)
    assert sum("offer" in title.lower() for title in titles) == 1
    assert standing.texts[0] == "Recorded “offer_made”"


def test_starts_and_wakes_other_journeys(story):
    waits = {
        "kind": "wait_for_event",
        "settings": {"within": "P7D", "branches": [{"key": "made", "event": "offer_made"}]},
        "next": {"made": "x", "timeout": "y"},
    }
    story.publish(document({"a": waits, "x": END, "y": END}, triggers=on("early", "a")))
    story.publish(document({"b": mail("x"), "x": END}, triggers=on("offer_made", "b")))
    story.publish(document({"r": record("offer_made"), "x": END}))
    ana = story.person()
    story.happen("early", T0 - HOUR, ana)
    with committed():
        story.happen("go", T0, ana)
    assert story.paths() == [["a", "x"], ["r", "x"], ["b", "x"]]


def test_is_an_exit_and_a_goal_of_its_own_journey(story):
    draft = document({"r": record("done", "w"), "w": wait("P1D", "x"), "x": END}, goal={"event": "done"})
    story.publish(draft)
    ana = story.person()
    with committed():
        story.happen("go", T0, ana)
    assert story.reasons() == ["goal"]


def test_a_condition_right_behind_it_sees_it(story):
    branch = {
        "kind": "branch",
        "settings": {"branches": [{"key": "y", "when": {"event": "made", "op": "at_least", "times": 1}}]},
        "next": {"y": "x", "else": "z"},
    }
    story.publish(document({"r": record("made", "b"), "b": branch, "x": END, "z": END}))
    story.happen("go", T0, story.person())
    assert story.paths() == [["r", "b", "x"]]


def test_a_pass_that_is_rolled_back_and_run_again_records_once(story, monkeypatch):
    """Somebody in the batch makes a later step raise: everybody's events are undone with it, and recorded again."""
    from journeys.steps.end import End

    story.publish(document({"w": wait("PT1H", "r"), "r": record("made"), "x": END}))
    people = [story.person() for _n in range(4)]
    story.happen("go", T0, *people)
    real = End.run

    def run(self, settings, visits, now):
        if people[2].pk in visits.profile_ids:
            raise RuntimeError("odd")
        return real(self, settings, visits, now)

    monkeypatch.setattr(End, "run", run)
    advance.advance_due(T0 + HOUR)
    monkeypatch.undo()
    story.until(T0 + DAY)
    assert sorted(row[0] for row in events("made")) == [one.pk for one in people]


def test_the_same_visit_run_twice_records_once(story):
    journey = story.publish(document({"w": wait("PT1H", "r"), "r": record("made"), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    from journeys.engine import plan
    from journeys.engine.rows import lock
    from journeys.engine.world import Store, World
    from journeys.steps.visits import Visits

    found = plan.load([journey.live_id])[journey.live_id]
    rows = lock([Enrolment.objects.get().pk])
    visits = Visits(found.steps["r"].step, rows, World(Store(T0), found), journey.pk, journey.live_id)
    for _turn in range(2):
        found.steps["r"].kind.run(found.steps["r"].settings, visits, T0)
    assert len(events("made")) == 1


def test_a_template_that_fails_sets_her_alone_aside(story):
    story.publish(
        document({"w": wait("PT1H", "r"), "r": record("made", n="{{ 10 | divided_by: entry.by }}"), "x": END})
    )
    ana, ben = story.person(), story.person()
    story.happen("go", T0, ana, by=0)
    story.happen("go", T0, ben, by=2)
    advance.advance_due(T0 + HOUR)
    assert [(row[0], row[2]) for row in events("made")] == [(ben.pk, {"n": "5"})]
    assert Enrolment.objects.get().attempts == 1


def test_a_circle_of_journeys_ends(story):
    every = {"reentry": {"mode": "every_time"}}
    story.publish(document({"r": record("pong"), "x": END}, triggers=on("ping", "r"), **every))
    story.publish(document({"r": record("ping"), "x": END}, triggers=on("pong", "r"), **every))
    ana = story.person()
    with committed():
        story.happen("ping", T0, ana)
    assert len(events("ping")) + len(events("pong")) == 1 + 5
    with translation.override("en"):
        texts = [standing.texts[0] for standing in explain.position(ana.pk, story.workspace)]
    assert sorted(texts) == [
        "Not recorded: too many journeys set each other off",
        *["Recorded “ping”"] * 2,
        *["Recorded “pong”"] * 3,
    ]


def test_one_that_comes_back_every_day_goes_on(story, monkeypatch):
    """A journey that starts itself anew after a wait is no circle without end."""
    story.publish(
        document({"w": wait("P1D", "r"), "r": record("again"), "x": END}, triggers=on("again", "w"))
    )
    ana = story.person()
    story.happen("again", T0, ana)
    for day in range(1, 9):
        monkeypatch.setattr(clock, "now", lambda day=day: T0 + day * DAY)
        # The old enrolment must be over before the new one begins.
        with committed():
            advance.advance_due(T0 + day * DAY)
    assert len(events("again")) == 9
    assert Enrolment.objects.get().entered_at == T0 + 8 * DAY


def test_what_others_write_into_a_context_is_no_depth(story):
    story.publish(document({"r": record("made"), "x": END}))
    ana = story.person()
    for odd in ("many", {"a": 1}, None, [9], 1e300):
        Event.objects.create(
            workspace_id=story.workspace.pk, profile_id=ana.pk, name="other", ts=T0, received_at=T0,
            context={"journey": {"depth": odd}},
        )  # fmt: skip
    from django.db import connection

    from journeys.engine.effects import _NUMBER

    with connection.cursor() as cursor:
        cursor.execute(
            "select jsonb_path_query_first(context::jsonb, %s, '{}', true)::numeric from profiles_event",
            [_NUMBER],
        )
        assert cursor.fetchall() == [(None,)] * 5


def test_simulated_it_wakes_the_same_journey_and_is_not_kept(story):
    draft = document({"r": record("done", "w"), "w": wait("P1D", "x"), "x": END}, goal={"event": "done"})
    other = story.publish(document({"z": END}, triggers=on("done", "z")))
    answer = simulate.simulate(
        draft,
        story.workspace,
        person={"attributes": {}},
        start=T0,
        until=T0 + DAY,
        events=[{"event": "go", "timestamp": T0.isoformat()}],
    )
    (enrolment,) = answer["enrolments"]
    assert enrolment["reason"] == "goal"
    assert [visit["step"] for visit in enrolment["visits"]] == ["r", "w"]
    assert events("done") == []
    assert not story.rows(other)


def test_a_simulated_circle_ends(story):
    draft = document({"r": record("go"), "x": END}, reentry={"mode": "every_time"})
    answer = simulate.simulate(
        draft,
        story.workspace,
        person={"attributes": {}},
        start=T0,
        until=T0 + DAY,
        events=[{"event": "go", "timestamp": T0.isoformat()}],
    )
    assert len(answer["enrolments"]) == 6


def test_what_is_wrong_before_publishing(story):
    steps = {"a": record(" ", "b"), "b": record("made", deep={"x": ["{{ broken"]}), "x": END}
    found = [one for one in checking.find(document(steps), story.workspace) if one.severity == "error"]
    assert [(one.code, one.step, one.field) for one in found] == [
        ("no_event", "a", "event"),
        ("bad_template", "b", "properties/deep/x/0"),
    ]


def test_words_on_the_card():
    kind = RecordEvent()
    with translation.override("en"):
        assert kind.summary(kind.parse({"event": "made"}), SummaryContext()) == "made"
        assert (
            kind.summary(kind.parse({"event": "made", "properties": {"n": 1}}), SummaryContext())
            == "made: n = 1"
        )
