"""The last time a way in turned somebody away is remembered, a row a journey, trigger and person."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.engine import refused
from journeys.engine.refused import Turned
from journeys.models import Refused
from profiles import erase, signals
from tests.factories.workspaces import make_actor
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

BIG = {
    "all": [{"entry": "value", "op": "gte", "value": 50}, {"attribute": "plan", "op": "is", "value": "pro"}]
}


def journey(story, where=BIG, **policy):
    trigger = {"kind": "event", "event": "go", "where": where, "next": "w"}
    return story.publish(document({"w": wait("P1D", "x"), "x": END}, triggers={"t": trigger}, **policy))


def rows():
    return list(
        Refused.objects.order_by("profile_id").values_list("profile_id", "trigger", "at", "kind", "why")
    )


def test_a_condition_that_did_not_hold_is_remembered_with_its_values(story):
    journey(story)
    ana, bo, cem = (story.person(plan=plan) for plan in ("pro", "basic", "pro"))
    story.happen("go", T0, ana, value=30)
    story.happen("go", T0 + HOUR, bo, cem, value=70)
    assert rows() == [
        (ana.pk, "t", T0, "where", [[30, False], ["pro", True]]),
        (bo.pk, "t", T0 + HOUR, "where", [[70, True], ["basic", False]]),
    ]


def test_the_latest_time_counts_whatever_comes_in_late(story):
    journey(story)
    ana = story.person(plan="pro")
    story.happen("go", T0, ana, value=10)
    story.happen("go", T0 + HOUR, ana, value=20)
    story.happen("go", T0 + HOUR / 2, ana, value=15, handled=T0 + 2 * HOUR)
    assert rows() == [(ana.pk, "t", T0 + HOUR, "where", [[20, False], ["pro", True]])]


def test_who_may_not_enter_again_is_remembered_too(story):
    journey(story)
    ana = story.person(plan="pro")
    story.happen("go", T0, ana, value=70)
    assert rows() == []
    story.happen("go", T0 + HOUR, ana, value=80)
    assert rows() == [(ana.pk, "t", T0 + HOUR, "reentry", [[80, True], ["pro", True]])]


def test_a_way_in_without_a_condition_writes_nothing(story):
    journey(story, where=None)
    ana = story.person()
    with CaptureQueriesContext(connection) as queries:
        story.happen("go", T0, ana)
        story.happen("go", T0 + HOUR, ana)
    assert rows() == [] and not [q for q in queries if "journeys_refused" in q["sql"]]


def test_many_people_are_one_statement(story):
    journey(story)
    people = [story.person(plan="basic") for _n in range(30)]
    with CaptureQueriesContext(connection) as queries:
        story.happen("go", T0, *people, value=1)
    assert len([q for q in queries if "journeys_refused" in q["sql"]]) == 1
    assert len(rows()) == 30


def test_the_same_person_twice_in_a_batch_is_written_once(db):
    refused.remember([Turned(1, 2, 3, "t", T0 + n * HOUR, "where", []) for n in (1, 2, 0)])
    assert rows() == [(1, "t", T0 + 2 * HOUR, "where", [])]


def test_it_goes_with_the_person_and_with_time(story):
    journey(story)
    ana, bo, cem = (story.person(plan="basic") for _n in range(3))
    story.happen("go", T0, ana, bo, cem, value=1)
    erase.erase(make_actor(story.workspace, "owner"), ana, T0)
    signals.profiles_merged.send(
        sender=None, workspace_id=story.workspace.pk, pairs=[(bo.pk, cem.pk)], now=T0
    )
    assert [row[0] for row in rows()] == [cem.pk]
    assert refused.forget_old(T0 + refused.KEPT - DAY) == 0
    assert refused.forget_old(T0 + refused.KEPT + timedelta(seconds=1)) == 1
    assert rows() == []


def test_old_ones_go_in_chunks(db, monkeypatch):
    monkeypatch.setattr(refused, "CHUNK", 2)
    refused.remember([Turned(n, 2, 3, "t", T0, "where", []) for n in range(7)])
    assert refused.forget_old(T0 + refused.KEPT + DAY) == 7
