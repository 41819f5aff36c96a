"""Crowds (engine.crowd): what they leave behind is what the same people leave one by one."""

import json
import secrets
from datetime import timedelta
from operator import attrgetter

import pytest
from django.db import connection, transaction

from journeys.engine import advance, crowd
from journeys.engine.crowd import Crowd
from journeys.engine.rows import Row, look
from journeys.models import Enrolment, EventWait, Finished
from profiles.models import Event
from tests.journeys.engine.story import END, HOUR, T0, document, mail, wait

PRO = {"attribute": "plan", "op": "is", "value": "pro"}
OLD = {"attribute": "points", "op": "gt", "value": 1}
WALK = {
    "w": wait("PT1H", "b"),
    "b": {
        "kind": "branch",
        "settings": {"branches": [{"key": "pro", "when": {"all": [PRO, OLD]}}]},
        "next": {"pro": "s", "else": "e"},
    },
    "s": {
        "kind": "split",
        "settings": {"shares": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]},
        "next": {"a": "m", "b": "v"},
    },
    "m": mail("v"),
    "v": {
        "kind": "wait_for_event",
        "settings": {"branches": [{"key": "k", "event": "order"}], "within": "P1D"},
        "next": {"k": "e", "timeout": "l"},
    },
    "l": wait("PT2H", "n"),
    "n": mail("e"),
    "e": END,
}  # fmt: skip


@pytest.fixture
def parted(monkeypatch):
    """Counts who were rows from the start, or became rows on the way."""
    seen = []
    rows, look = Crowd.rows, crowd.look
    monkeypatch.setattr(Crowd, "rows", lambda self, now: seen.append(len(self)) or rows(self, now))
    monkeypatch.setattr(crowd, "look", lambda ids: seen.append(len(ids)) or look(ids))
    return seen


def left_behind(journey):
    """Everything that a journey's people left in the tables, by person."""
    queries = (
        "select profile_id, step, seq, arrived_at, due_at, status, attempts, context::text from journeys_enrolment",
        "select profile_id, step, seq, entered_at, ended_at, reason, outcome from journeys_finished",
        "select profile_id, seq, at, route::text from journeys_pass",
        (
            "select profile_id, seq, step, state, reason, address, locale, variables::text, created_at, due_at "
            "from channels_message"
        ),
    )
    found = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(f"{query} where journey_id = %s", [journey.pk])
            found.append(sorted(map(repr, cursor.fetchall())))
        cursor.execute(
            "select step, outlet, sum(entered), sum(completed) from journeys_countdelta where journey_id = %s "
            "group by 1, 2 order by 1, 2",
            [journey.pk],
        )
        found.append(cursor.fetchall())
    return found


def test_crowds_leave_behind_what_the_same_people_leave_one_by_one(story, monkeypatch, parted):
    people = [
        story.person(consent=None if n % 7 == 0 else "granted", plan="pro" if n % 3 else "free", points=n % 4)
        for n in range(60)
    ]
    found, parts = [], []
    for few in (1_000, crowd.FEW, 0):
        monkeypatch.setattr(crowd, "FEW", few)
        monkeypatch.setattr(advance, "_mark", advance.Mark())
        journey = story.publish(document(WALK))
        story.happen("go", T0, *people)
        parted.clear()
        story.until(T0 + 6 * HOUR)
        story.happen("order", T0 + 7 * HOUR, *people[:9])
        story.until(T0 + timedelta(days=3))
        assert Finished.objects.filter(journey_id=journey.pk).count() == 60
        assert not EventWait.objects.exists()
        found.append(left_behind(journey))
        parts.append(sum(parted))
        Event.objects.all().delete()
        journey.state = "stopped"
        journey.save()
    assert found[0] == found[1] == found[2]
    assert parts[0] > parts[1], "nobody walked as a crowd"


def test_what_differs_between_them_stays_theirs(story, monkeypatch):
    """Own events, own moments, own instance keys: claimed as columns, written back to each."""
    monkeypatch.setattr(crowd, "FEW", 0)
    people = [story.person() for _n in range(12)]
    journey = story.publish(
        document(
            {"w": wait("PT1H", "m"), "m": mail("x"), "x": END},
            reentry={"mode": "after_exit", "key": "order"},
        )
    )
    for n, person in enumerate(people):
        story.happen("go", T0 + timedelta(seconds=n), person, order=f"A{n}", note='quote " and \u001e')
    advance.advance_due(T0 + 2 * HOUR)
    with connection.cursor() as cursor:
        cursor.execute(
            "select f.profile_id, f.instance_key, f.entered_at, m.variables -> 'entry' ->> 'order', "
            "m.variables -> 'entry' ->> 'note' from journeys_finished f "
            "join channels_message m on m.enrolment_id = f.enrolment_id where f.journey_id = %s",
            [journey.pk],
        )
        assert sorted(cursor.fetchall()) == [
            (person.pk, f"A{n}", T0 + timedelta(seconds=n), f"A{n}", 'quote " and \u001e')
            for n, person in enumerate(people)
        ]


def test_who_has_notes_of_the_engine_walks_alone(story, monkeypatch):
    """A retry and a remembered event stand in the context: those people are looked at one by one."""
    people = [story.person() for _n in range(40)]
    story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, *people)
    enrolment = Enrolment.objects.get(profile_id=people[5].pk)
    Enrolment.objects.filter(pk=enrolment.pk).update(context={"$retry": True}, attempts=1)
    rows, crowds = crowd.claim(T0, T0 + HOUR, 5000)
    assert [row.id for row in rows] == [enrolment.pk]
    assert [len(many) for many in crowds] == [39]
    advance.advance_due(T0 + HOUR)
    advance.advance_due(T0 + 2 * HOUR)  # her retry began the wait anew
    assert Finished.objects.count() == 40


def test_a_group_with_notes_is_rows_and_each_has_what_is_hers(story):
    people = [story.person() for _n in range(40)]
    story.publish(
        document(
            {"w": wait("PT1H", "m"), "m": mail("x"), "x": END},
            reentry={"mode": "after_exit", "key": "order"},
        )
    )
    for n, person in enumerate(people):
        story.happen("go", T0 + timedelta(seconds=n), person, order=f"A{n}")
    Enrolment.objects.update(context={"$visits": {"w": 1}, "own": 1})
    with transaction.atomic():
        rows, crowds = crowd.claim(T0, T0 + 2 * HOUR, 5000)
        each = look([row.id for row in rows])
    assert not crowds
    assert len(rows) == 40
    hers = attrgetter(*Row.__struct_fields__[: Row.__struct_fields__.index("seq0") + 1])
    assert sorted(map(hers, rows)) == list(map(hers, each))
    advance.advance_due(T0 + 2 * HOUR)
    assert Finished.objects.count() == 40


def test_long_contexts_are_no_part_of_a_crowd(story):
    people = [story.person() for _n in range(40)]
    story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, *people)
    long = {"answer": secrets.token_hex(3000)}
    bulky = Enrolment.objects.filter(profile_id__in=[person.pk for person in people[:20]])
    bulky.update(context=long)
    with transaction.atomic():
        rows, crowds = crowd.claim(T0, T0 + HOUR, 5000)
    assert sorted(row.id for row in rows) == sorted(bulky.values_list("pk", flat=True))
    assert {row.context_text for row in rows} == {json.dumps(long)}
    assert [len(many) for many in crowds] == [20]
    advance.advance_due(T0 + HOUR)
    assert Finished.objects.count() == 40


def test_a_paused_journey_freezes_its_crowd(story):
    people = [story.person() for _n in range(40)]
    journey = story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    story.happen("go", T0, *people)
    journey.state = "paused"
    journey.save()
    advance.advance_due(T0 + HOUR)
    assert set(Enrolment.objects.values_list("step", "status")) == {("w", 2)}
    assert Enrolment.objects.count() == 40
