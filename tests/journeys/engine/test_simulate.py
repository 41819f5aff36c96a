"""The preview of one customer."""

import time

import pytest

from channels.models import Message
from journeys.engine import explain, simulate
from journeys.engine.explain import iso
from journeys.engine.simulate import playing
from journeys.models import Enrolment, Journey, Pass
from profiles.models import Event, Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

ANA = {"attributes": {"email": "ana@example.com", "first_name": "Ana", "plan": "pro"}, "consents": "all"}
PRO = {"attribute": "plan", "op": "is", "value": "pro"}


def run(story, draft, *events, person=ANA, days=30, **more):
    return simulate.simulate(
        draft, story.workspace, person=person, start=T0, until=T0 + days * DAY, events=list(events), **more
    )


def at(moment, name="go", **properties):
    return {"event": name, "timestamp": iso(moment), "properties": properties}


def test_nothing_is_kept_and_real_people_are_not_touched(story):
    real = story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    ben = story.person(first_name="Ben")
    story.happen("go", T0, ben)
    before = Enrolment.objects.values().get()
    update = {"kind": "update_profile", "settings": {"set": {"seen": True}}, "next": {"next": "m"}}
    draft = document({"u": update, "m": mail("x"), "x": END})
    change = {"set": {"plan": "pro"}, "timestamp": iso(T0 + HOUR)}
    answer = run(story, draft, at(T0 + HOUR), change, person={"id": str(ben.public_id)})
    assert [m["state"] for m in answer["enrolments"][0]["messages"]] == ["sent"]
    assert answer["enrolments"][0]["messages"][0]["content"]["subject"] == "Hi Ben"
    assert Enrolment.objects.values().get() == before
    assert Journey.objects.get() == real
    assert (Message.objects.count(), Pass.objects.count(), Event.objects.count()) == (0, 1, 1)
    assert Profile.objects.get().attributes == ben.attributes


def test_decisions_are_explained_with_their_values(story):
    draft = document(
        {
            "b": {"kind": "branch", "settings": {"branches": [{"key": "pro", "label": "Pro", "when": PRO}]},
                  "next": {"pro": "m", "else": "x"}},
            "m": mail("x"), "x": END,
        }
    )  # fmt: skip
    (enrolment,) = run(story, draft, at(T0))["enrolments"]
    visit = enrolment["visits"][0]
    (leaf,) = visit["why"]
    assert (leaf["condition"], leaf["value"], leaf["result"]) == (PRO, "pro", True)
    assert leaf["text"] and visit["summary"] and visit["name"] == "Branch"
    assert (enrolment["reason"], enrolment["ended_at"], enrolment["trigger"]) == ("completed", iso(T0), "t")


def test_who_does_not_enter_learns_why(story):
    trigger = {
        "kind": "event",
        "event": "go",
        "where": {"entry": "value", "op": "gte", "value": 10},
        "next": "x",
    }
    answer = run(story, document({"x": END}, triggers={"t": trigger}), at(T0, value=9))
    (refused,) = answer["not_entered"]
    assert answer["enrolments"] == [] and refused["trigger"] == "t" and refused["why"][0]["value"] == 9


def test_a_schedule_asks_whether_she_is_in_the_audience(story):
    rule = "FREQ=WEEKLY;BYDAY=WE;BYHOUR=9;BYMINUTE=0"
    triggers = {"t": {"kind": "schedule", "audience": PRO, "rrule": rule, "next": "x"}}
    draft = document({"x": END}, triggers=triggers)
    assert len(run(story, draft, days=15)["enrolments"]) == 2
    free = {"attributes": {"plan": "free"}, "consents": "all"}
    answer = run(story, draft, days=15, person=free)
    assert answer["enrolments"] == [] and len(answer["not_entered"]) == 2


def test_an_api_trigger_starts_at_the_beginning_or_when_told(story):
    draft = document({"x": END}, triggers={"t": {"kind": "api", "next": "x"}})
    assert [e["started_at"] for e in run(story, draft)["enrolments"]] == [iso(T0)]
    told = {"trigger": "t", "data": {"a": 1}, "timestamp": iso(T0 + DAY)}
    assert [e["started_at"] for e in run(story, draft, told)["enrolments"]] == [iso(T0 + DAY)]


def test_a_reaction_to_a_message_is_seen(story):
    clicked = {"message": "m", "op": "clicked"}
    draft = document(
        {
            "m": mail("q"),
            "q": {"kind": "wait_for_event", "settings": {"within": "P2D", "branches": [{"key": "c", "when": clicked}]},
                  "next": {"c": "x", "timeout": "y"}},
            "x": END, "y": END,
        }
    )  # fmt: skip
    reaction = {"message": "m", "happened": "clicked", "timestamp": iso(T0 + DAY)}
    assert [v["step"] for v in run(story, draft, at(T0), reaction)["enrolments"][0]["visits"]] == [
        "m",
        "q",
        "x",
    ]
    assert [v["step"] for v in run(story, draft, at(T0))["enrolments"][0]["visits"]] == ["m", "q", "y"]


def test_a_year_takes_less_than_a_second(story, monkeypatch):
    monkeypatch.setattr(playing, "MOST_SECONDS", 60)
    steps = {f"w{n}": wait("P7D", f"m{n}") for n in range(50)} | {
        f"m{n}": mail(f"w{n + 1}") for n in range(50)
    }
    draft = document({**steps, "w50": END})
    began = time.process_time()  # of this process alone: others may keep the machine busy
    answer = run(story, draft, at(T0), days=365)
    took = time.process_time() - began
    assert len(answer["enrolments"][0]["messages"]) == 50 and answer["warnings"] == []
    assert took < 3  # well below a second on a common machine


def test_an_unfinished_draft_runs_as_far_as_it_goes(story):
    draft = document({"w": wait("PT1H", "later"), "later": {"kind": "call_a_friend", "settings": {}}})
    answer = run(story, draft, at(T0))
    assert [v["step"] for v in answer["enrolments"][0]["visits"]] == ["w", "later"]
    assert answer["enrolments"][0]["reason"] == "failed" and answer["warnings"]


def test_an_endless_road_is_cut_off(story):
    answer = run(story, document({"a": wait("PT1M", "b"), "b": wait("PT1M", "a")}), at(T0), days=300)
    assert answer["enrolments"][0]["reason"] in (None, "failed")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"person": {"id": "nobody"}}, "/person"),
        ({"person": {"attributes": []}}, "/person/attributes"),
        ({"person": {"attributes": {}, "consents": "some"}}, "/person/consents"),
        ({"events": "x"}, "/events"),
        ({"events": [{"event": "go"}]}, "/events/0/timestamp"),
        ({"events": [{"timestamp": "2026-01-05T10:00:00Z"}]}, "/events/0"),
        ({"events": [{"event": "go", "timestamp": "2026-01-05T10:00:00"}]}, "/events/0/timestamp"),
    ],
)
def test_what_can_not_be_used_is_refused_with_its_place(story, change, pointer):
    arguments = {"person": ANA, "start": T0, "until": T0 + DAY, "events": []} | change
    with pytest.raises(simulate.SimulationError) as refused:
        simulate.simulate(document({"x": END}), story.workspace, **arguments)
    assert refused.value.pointer == pointer


def test_where_a_person_stands_and_why(story):
    journey = story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    ana = story.person()
    story.happen("go", T0, ana)
    (standing,) = explain.position(ana.pk, story.workspace)
    assert (standing.journey, standing.step, standing.title, standing.due_at) == (
        journey,
        "w",
        "Wait",
        T0 + HOUR,
    )
    story.until(T0 + HOUR)
    (over,) = explain.position(ana.pk, story.workspace)
    assert (over.state, over.reason, over.version) == ("ended", "completed", 1)
    assert over.texts == ["Waited until the time was up", "Waiting to be sent", "Reached the end"]
