"""Stored tests: kept from a simulation, run on the draft, guarding its publishing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys import editing, publishing, testing
from journeys.engine.explain import iso
from journeys.models import StoredTest
from lib import clock
from profiles.erase import erase
from profiles.models import Profile
from tests.factories.workspaces import make_user
from tests.journeys.engine.story import DAY, END, HOUR, T0, Story, document, mail, wait
from workspaces.actor import actor_of

VIP = {"attribute": "plan", "op": "is", "value": "vip"}
BOUGHT = {"event": "order", "op": "at_least", "times": 1}
YUJIN = {
    "attributes": {"email": "yujin@example.com", "first_name": "Yujin", "plan": "vip"},
    "consents": "all",
}


def rescue(vip="m"):
    return document(
        {
            "b": {"kind": "branch", "name": "Is this a VIP?", "settings": {"branches": [{"key": "vip", "when": VIP}]},
                  "next": {"vip": vip, "else": "x"}},
            "m": mail("x"), "x": END,
        }
    )  # fmt: skip


def given(person=None, **more):
    go = {"event": "go", "properties": {}, "timestamp": iso(T0)}
    return {"person": person or YUJIN, "start": iso(T0), "until": iso(T0 + 30 * DAY), "events": [go], **more}


@pytest.fixture
def story(db):
    return Story()


@pytest.fixture
def actor(story):
    return actor_of(make_user(story.workspace, "admin"))


@pytest.fixture
def journey(story, actor):
    return editing.create_journey(actor, name="Rescue", team=None, now=T0, document=rescue())


def keep(actor, journey, **more):
    return testing.keep(
        actor, journey, **{"name": "A VIP gets the mail", "given_": given(), "now": T0, **more}
    )


def test_what_happens_now_is_what_is_expected(actor, journey):
    test = keep(actor, journey)
    assert test.expect == {
        "entered": 1,
        "paths": [["b", "m", "x"]],
        "outlets": [["vip", "next", None]],
        "messages": [{"step": "m", "state": "sent", "reason": None}],
        "ended": ["completed"],
    }
    (ran,) = testing.run(journey, T0)
    assert (ran.passed, ran.ran_on, testing.problems(journey, [ran])) == (True, journey.revision, [])


def test_a_failing_test_is_an_error_at_the_step_where_it_parts(actor, journey):
    keep(actor, journey)
    changed = rescue()
    changed["steps"]["b"]["settings"]["branches"][0]["when"] = {**VIP, "value": "gold"}
    journey = editing.save_draft(actor, journey, changed, revision=journey.revision, now=T0)
    (problem,) = testing.problems(journey, testing.run(journey, T0))
    assert (problem.severity, problem.code, problem.step) == ("error", "test_failed", "b")
    assert problem.message == "Test “A VIP gets the mail”: expected the way “vip”, got the way “else”."
    assert testing.known_problems(journey) == [problem.as_dict()]
    mended = editing.save_draft(actor, journey, rescue(), revision=journey.revision, now=T0)
    assert testing.problems(mended, testing.run(mended, T0)) == []


def test_publishing_is_guarded_by_the_tests(actor, journey):
    keep(actor, journey)
    broken = editing.save_draft(actor, journey, rescue(vip="x"), revision=journey.revision, now=T0)
    with pytest.raises(publishing.NotPublishable) as refused:
        publishing.publish(actor, broken, now=T0)
    errors = [problem for problem in refused.value.problems if problem.severity == "error"]
    assert [(problem.code, problem.step) for problem in errors] == [("test_failed", "b")]
    mended = editing.save_draft(actor, broken, rescue(), revision=broken.revision, now=T0)
    assert publishing.publish(actor, mended, now=T0).number == 1


def test_a_result_is_kept_for_a_minute_on_the_same_draft(actor, journey, monkeypatch):
    keep(actor, journey)
    ran = []
    monkeypatch.setattr(testing, "_try", lambda test, _journey: ran.append(test.name))
    for at in (T0, T0 + timedelta(seconds=59), T0 + timedelta(seconds=60)):
        testing.run(journey, at)
    assert len(ran) == 2
    journey = editing.save_draft(actor, journey, rescue(), revision=journey.revision, now=T0)
    testing.run(journey, T0 + timedelta(seconds=61))
    testing.run(journey, T0 + timedelta(seconds=61), anew=True)
    assert len(ran) == 4


def test_a_real_person_is_kept_as_her_likeness(story, actor, journey):
    ana = story.person(first_name="Ana", plan="vip")
    draft = rescue()
    draft["steps"]["b"]["settings"]["branches"][0]["when"] = {"all": [VIP, BOUGHT]}
    journey = editing.save_draft(actor, journey, draft, revision=journey.revision, now=T0)
    story.happen("order", T0 - DAY, ana, value=5)
    story.happen("page_viewed", T0 - DAY, ana)
    test = keep(actor, journey, given_=given({"id": str(ana.public_id)}))
    assert test.given["person"] == {
        "attributes": {"email": "someone@example.com", "plan": "vip"},
        "consents": {"email": {"*": "granted"}},
        "events": [{"event": "order", "properties": {"value": 5}, "timestamp": (T0 - DAY).isoformat()}],
        "devices": [],
    }
    Profile.objects.filter(pk=ana.pk).delete()
    assert [ran.passed for ran in testing.run(journey, T0)] == [True]


def test_a_person_whose_name_decides_is_kept_by_her_id(story, actor, journey):
    ana = story.person(first_name="Ana")
    draft = rescue()
    draft["steps"]["b"]["settings"]["branches"][0]["when"] = {
        "attribute": "first_name",
        "op": "is",
        "value": "Ana",
    }
    journey = editing.save_draft(actor, journey, draft, revision=journey.revision, now=T0)
    who = {"id": str(ana.public_id)}
    assert keep(actor, journey, given_=given(who)).given["person"] == who
    Profile.objects.filter(pk=ana.pk).delete()
    (problem,) = testing.problems(journey, testing.run(journey, T0))
    assert problem.message == "Test “A VIP gets the mail” can't run: There is no such person."


def test_a_test_of_somebody_who_is_erased_names_nobody(story, actor, journey):
    ana = story.person(plan="vip")
    Profile.objects.filter(pk=ana.pk).update(external_id="ana@work.example")
    wanted = {**given(person={"external_id": "ana@work.example"})}
    test = keep(actor, journey, given_=wanted, expect={"paths": [["b", "m", "x"]]})
    assert testing.run(journey, T0)[0].given["person"] == {"external_id": "ana@work.example"}
    erase(actor, Profile.objects.get(pk=ana.pk), T0)
    test.refresh_from_db()
    assert test.given["person"] == {"id": str(ana.public_id)} and test.given["start"] == wanted["start"]
    assert testing.run(journey, T0)[0].divergence["got"] == "This person was erased. Choose somebody else."


@pytest.mark.parametrize("copied", [False, True])
def test_a_likeness_of_somebody_who_is_erased_is_forgotten(story, actor, journey, copied):
    ana = story.person(plan="vip", trouble="migraine", diagnosis="flu")
    story.happen("order", T0 - DAY, ana, item="pills")
    draft = rescue()
    draft["steps"]["b"]["settings"]["branches"][0]["when"] = {"all": [VIP, BOUGHT]}
    journey = editing.save_draft(actor, journey, draft, revision=journey.revision, now=T0)
    bought = {"event": "order", "properties": {"item": "plaster"}, "timestamp": iso(T0 + HOUR)}
    wanted = given(person={"id": str(ana.public_id)})
    test = keep(actor, journey, given_={**wanted, "events": [*wanted["events"], bought]})
    assert test.given["person"]["attributes"] == {
        "email": "someone@example.com",
        "plan": "vip",
        "trouble": "migraine",
    }  # what is sensitive is nobody's to read
    assert "pills" in str(test.given)
    testing.run(journey, T0)
    if copied:
        test = editing.duplicate(actor, journey, now=T0).tests.get()
    erase(actor, Profile.objects.get(pk=ana.pk), T0)
    test.refresh_from_db()
    assert not any(word in str(vars(test)) for word in ("migraine", "pills", "plaster"))
    (ran,) = testing.run(test.journey, T0)
    assert ran.divergence["got"] == "This person was erased. Choose somebody else."
    testing.change(actor, test, {"given": given(), "expect": None}, now=T0)
    assert testing.run(test.journey, T0)[0].passed


def test_chance_is_fixed_to_the_way_taken(story, actor):
    shares = [{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]
    draft = document(
        {
            "s": {"kind": "split", "settings": {"shares": shares}, "next": {"a": "m", "b": "x"}},
            "m": mail("x"),
            "x": END,
        }
    )
    journey = editing.create_journey(actor, name="Chance", team=None, now=T0, document=draft)
    test = keep(actor, journey)
    assert test.given["draws"] == {"s": test.expect["outlets"][0][0]}
    assert all(testing.run(journey, T0, anew=True)[0].passed for _time in range(5))
    assert keep(actor, journey, given_=given(draws={"s": "b"})).given["draws"] == {"s": "b"}


def test_a_copy_has_the_tests_to_run_anew(actor, journey):
    test = keep(actor, journey)
    testing.run(journey, T0)
    copied = editing.duplicate(actor, journey, now=T0)
    (own,) = copied.tests.all()
    assert (own.name, own.given, own.expect, own.passed) == (test.name, test.given, test.expect, None)


def test_a_journey_keeps_so_many_tests(actor, journey, monkeypatch):
    monkeypatch.setattr(testing, "MOST_TESTS", 1)
    keep(actor, journey)
    with pytest.raises(testing.TooMany):
        keep(actor, journey)
    assert StoredTest.objects.count() == 1


def test_kept_tests_run_before_the_journey_is_held(actor, journey, monkeypatch):
    guard, seen = testing.guard, []

    def look(one, now):
        seen.append(CaptureQueriesContext(connection))
        with seen[0]:
            return guard(one, now)

    monkeypatch.setattr(testing, "guard", look)
    keep(actor, journey)
    with CaptureQueriesContext(connection) as whole:
        publishing.publish(actor, journey, now=T0)
    (held,) = (at for at, query in enumerate(whole.captured_queries) if "FOR UPDATE OF" in query["sql"])
    assert held > seen[0].final_queries - whole.initial_queries


def test_what_was_changed_while_it_was_tested_is_not_published(actor, journey, monkeypatch):
    def edited(one, now):
        editing.save_draft(actor, journey, rescue(vip="x"), revision=journey.revision, now=T0)
        return []

    monkeypatch.setattr(testing, "guard", edited)
    with pytest.raises(publishing.WrongState):
        publishing.publish(actor, journey, now=T0)
    journey.refresh_from_db()
    assert (journey.live, journey.state) == (None, "draft")
    monkeypatch.setattr(testing, "guard", lambda one, now: [])
    assert publishing.publish(actor, journey, now=T0).document == rescue(vip="x")


def test_tests_that_take_too_long_hold_publishing_up(actor, journey, monkeypatch):
    keep(actor, journey)
    monkeypatch.setattr(testing, "MOST_SECONDS", -1.0)
    (problem,) = testing.guard(journey, clock.now())
    assert problem.message == "Test “A VIP gets the mail” could not be run in time."


def test_a_test_may_wait_for_a_reaction(story, actor):
    clicked = {"message": "m", "op": "clicked"}
    ways = {"within": "P2D", "branches": [{"key": "c", "when": clicked}]}
    draft = document(
        {"w": wait("P1D", "m"), "m": mail("q"), "x": END, "y": END,
         "q": {"kind": "wait_for_event", "settings": ways, "next": {"c": "x", "timeout": "y"}}}
    )  # fmt: skip
    journey = editing.create_journey(actor, name="Clicks", team=None, now=T0, document=draft)
    events = [*given()["events"], {"message": "m", "happened": "clicked", "after": "PT2H"}]
    test = keep(actor, journey, given_=given(events=events))
    assert test.expect["paths"] == [["w", "m", "q", "x"]]
    assert testing.run(journey, T0 + HOUR)[0].passed
