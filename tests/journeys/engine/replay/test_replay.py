"""The last days once more, for many people at once, against one simulation a person."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from channels.models import Message
from journeys.engine import replay
from journeys.engine.explain import iso
from journeys.engine.replay import Part, Sample, choose_for, playing
from journeys.engine.simulate import simulate
from journeys.models import Enrolment, Finished, Journey, Pass
from profiles.models import Consent, Event, Profile, Segment
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

PART = Part(T0, T0 + 14 * DAY)
VIP = {"attribute": "plan", "op": "is", "value": "vip"}
TWICE = {"event": "order", "op": "at_least", "times": 2, "within": "P60D"}
SHOP = {
    "w": wait("PT2H", "b"),
    "b": {
        "kind": "branch",
        "settings": {"branches": [{"key": "vip", "when": VIP}, {"key": "loyal", "when": TWICE}]},
        "next": {"vip": "m", "loyal": "u", "else": "q"},
    },
    "u": {"kind": "update_profile", "settings": {"set": {"plan": "vip"}}, "next": {"next": "m"}},
    "m": mail("d"),
    "d": wait("P1D", "n"),
    "n": {"kind": "wait_until", "settings": {"at": "09:00"}, "next": {"next": "o"}},
    "o": mail("x", topic="news"),
    "q": {
        "kind": "wait_for_event",
        "settings": {"within": "P2D", "branches": [{"key": "bought", "event": "order"}]},
        "next": {"bought": "x", "timeout": "m"},
    },
    "x": END,
}
GOAL = {"event": "order", "where": [{"property": "value", "op": "gte", "value": 40}], "on_reach": "leave"}


@pytest.fixture
def shop(story):
    """Thirty people and what they did before and in the time."""
    dice = random.Random(7)
    for number in range(30):
        person = story.person(
            consent=dice.choice(["granted", "withdrawn", None]),
            plan=dice.choice(["vip", "free"]),
            number=number,
        )
        for _time in range(dice.randrange(2, 12)):
            name = dice.choice(["go", "go", "order", "order", "page_viewed"])
            Event.objects.create(
                workspace_id=story.workspace.pk,
                profile_id=person.pk,
                name=name,
                ts=T0 + timedelta(seconds=dice.randrange(-20 * 86400, 14 * 86400 - 1)),
                received_at=T0,
                properties={"value": dice.randrange(100)},
            )
    return story


def one_by_one(story, draft):
    """The volumes by simulating copies of all people, each alone."""
    steps, channels, ended, entered = Counter(), Counter(), Counter(), 0
    for person in Profile.objects.order_by("pk"):
        happened = list(Event.objects.filter(profile_id=person.pk).order_by("ts", "id"))
        told = [{"event": e.name, "properties": e.properties, "timestamp": iso(e.ts)} for e in happened]
        consents = {c.medium: {c.topic: c.state} for c in Consent.objects.filter(profile=person)}
        answer = simulate(
            draft,
            story.workspace,
            person={
                "attributes": person.attributes,
                "consents": consents,
                "events": [one for one, e in zip(told, happened, strict=True) if e.ts < PART.since],
            },
            start=PART.since,
            until=PART.until - timedelta(microseconds=1),
            events=[one for one, e in zip(told, happened, strict=True) if e.ts >= PART.since],
        )
        assert answer["warnings"] == []
        for enrolment in answer["enrolments"]:
            entered += 1
            ended[enrolment["reason"]] += 1
            steps.update((visit["step"], visit["arrived_at"][:10]) for visit in enrolment["visits"])
            channels.update((m["medium"], m["state"], m["at"][:10]) for m in enrolment["messages"])
    return entered, steps, channels, ended


def at_once(story, draft):
    sample = choose_for([draft], story.workspace, PART)
    assert sample.factor == 1
    found = replay.replay(draft, story.workspace, sample, PART)
    days = found["days"]

    def spread(numbers):
        return {day: n for day, n in zip(days, numbers["days"], strict=True) if n}

    steps = {(step, day): n for step, numbers in found["steps"].items() for day, n in spread(numbers).items()}
    channels = {
        (medium, state, day): n
        for medium, states in found["channels"].items()
        for state, numbers in states.items()
        for day, n in spread(numbers).items()
    }
    return found, Counter(steps), Counter(channels)


def test_all_at_once_is_the_same_as_one_by_one(shop):
    draft = document(SHOP, goal=GOAL)
    entered, steps, channels, ended = one_by_one(shop, draft)
    found, steps_at_once, channels_at_once = at_once(shop, draft)
    assert entered > 20 and len(steps) > 20 and {state for _m, state, _d in channels} == {"sent", "skipped"}
    assert (found["entered"]["total"], steps_at_once, channels_at_once) == (entered, steps, channels)
    assert found["ended"] == {reason: n for reason, n in ended.items() if reason} and set(ended) >= {"goal"}
    assert found["inside"] == ended[None]
    assert found["steps"]["m"]["total"] == sum(n for (step, _day), n in steps.items() if step == "m")


def test_a_grain_moves_nothing_by_more_than_its_length(shop, monkeypatch):
    draft = document(SHOP, goal=GOAL)
    exact, _steps, _channels = at_once(shop, draft)
    monkeypatch.setattr(playing, "MOST_MOMENTS", 5)
    coarse, _steps, _channels = at_once(shop, draft)
    assert (exact["grain"], coarse["grain"]) == (0, 600)
    totals = [{step: one["total"] for step, one in found["steps"].items()} for found in (exact, coarse)]
    assert totals[0] == totals[1]


def test_nothing_is_written(shop):
    draft = document(SHOP, goal=GOAL)
    before = list(Profile.objects.order_by("pk").values())
    at_once(shop, draft)
    assert list(Profile.objects.order_by("pk").values()) == before
    assert [m.objects.count() for m in (Journey, Enrolment, Finished, Pass, Message)] == [0] * 5


LOCKED = """
select distinct c.relname from pg_locks l join pg_class c on c.oid = l.relation
join pg_namespace n on n.oid = c.relnamespace
where l.pid = pg_backend_pid() and l.mode in ('RowExclusiveLock', 'RowShareLock')
and n.nspname = 'public' and c.relkind in ('r', 'p')
"""


@pytest.mark.django_db(transaction=True)
def test_real_walks_stand_still_and_no_real_row_is_locked(shop, monkeypatch):
    real = shop.publish(document({"w": wait("P30D", "x"), "x": END}))
    shop.happen("go", T0, Profile.objects.order_by("pk")[0])
    before, locked, ticks = Enrolment.objects.values().get(), set(), []
    send = playing._send

    def look(run, now):
        send(run, now)
        ticks.append(now)
        with connection.cursor() as cursor:
            cursor.execute(LOCKED)
            locked.update(row[0] for row in cursor.fetchall())

    monkeypatch.setattr(playing, "_send", look)
    noting = {"kind": "record_event", "settings": {"event": "mailed"}, "next": {"next": "d"}}
    at_once(shop, document({**SHOP, "m": mail("r"), "r": noting}, goal=GOAL))
    assert len(ticks) > 20 and locked == set()
    assert Enrolment.objects.values().get() == before and Journey.objects.get() == real


def test_a_schedule_lets_the_sample_in_on_each_of_its_days(shop):
    rule = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
    triggers = {"t": {"kind": "schedule", "audience": VIP, "rrule": rule, "next": "m"}}
    draft = document({"m": mail("x"), "x": END}, triggers=triggers)
    found, _steps, _channels = at_once(shop, draft)
    vips = Profile.objects.filter(attributes__plan="vip").count()
    assert found["entered"]["total"] == 14 * vips
    # From Monday, 10:00, on; the last day ends before 09:00 of the next is due.
    assert [n // vips for n in found["entered"]["days"]] == [0, *[1] * 14]


def test_a_sample_stands_for_all(shop):
    draft = document({"m": mail("x"), "x": END})
    everyone = choose_for([draft], shop.workspace, PART)
    whole = replay.replay(draft, shop.workspace, everyone, PART)
    half = choose_for([draft], shop.workspace, PART, size=len(everyone.ids) // 2)
    assert set(half.ids) < set(everyone.ids) and half.factor > 1
    assert choose_for([draft], shop.workspace, PART, size=len(everyone.ids) // 2) == half
    part = replay.replay(draft, shop.workspace, half, PART)
    came = Event.objects.filter(profile_id__in=half.ids, name="go", ts__gte=PART.since).count()
    assert part["entered"]["total"] == round(came * half.factor)
    assert whole["entered"]["total"] == Event.objects.filter(name="go", ts__gte=PART.since).count()


def test_people_without_a_relevant_event_are_no_part_of_it(story):
    draft = document({"x": END})
    story.happen("other", T0 + HOUR, story.person())
    sample = choose_for([draft], story.workspace, PART)
    assert sample == Sample([], 1, 1.0)
    assert replay.replay(draft, story.workspace, sample, PART)["entered"]["total"] == 0


def test_it_stops_when_its_time_is_over_and_says_so(shop):
    draft = document(SHOP)
    sample = choose_for([draft], shop.workspace, PART)
    found = replay.replay(draft, shop.workspace, sample, PART, seconds=-1)
    assert found["reached"] < iso(PART.until) and found["entered"]["total"] == 0


def test_a_moment_costs_the_same_for_one_and_for_many(story, statements):
    draft = document({"w": wait("P1D", "m"), "m": mail("x"), "x": END})

    def cost(people):
        story.happen("go", T0 + HOUR, *[story.person() for _one in range(people)])
        sample = choose_for([draft], story.workspace, PART)
        statements.clear()
        found = replay.replay(draft, story.workspace, sample, PART)
        assert found["channels"]["email"]["sent"]["total"] == len(sample.ids)
        return sum(not one.startswith(("SAVEPOINT", "RELEASE")) for one in statements)

    cost(1)  # what a process keeps of contents is known from here on
    assert cost(1) == cost(10)
    assert cost(50) == cost(60)  # many rows travel by COPY


def test_the_sample_of_two_documents_holds_those_who_matter_to_either(shop):
    one = document({"x": END})
    other = document({"x": END}, triggers={"t": {"kind": "event", "event": "order", "next": "x"}})
    both = choose_for([one, other], shop.workspace, PART)
    assert set(both.ids) == {
        id_ for draft in (one, other) for id_ in choose_for([draft], shop.workspace, PART).ids
    }


def test_dates_let_each_person_in_on_her_own(story):
    for day in (3, 3, 9, 40):
        story.person(birthday=f"1990-01-{day + 5:02}" if day < 20 else "1990-03-01")
    triggers = {"t": {"kind": "date", "attribute": "birthday", "at": "09:00", "yearly": True, "next": "x"}}
    found, _steps, _channels = at_once(story, document({"x": END}, triggers=triggers))
    assert [day for day, n in zip(found["days"], found["entered"]["days"], strict=True) if n] == [
        "2026-01-08",
        "2026-01-14",
    ]
    assert found["entered"]["days"][3] == 2


def test_segments_let_in_who_comes_into_them(story):
    Segment.objects.create(workspace=story.workspace, slug="loyal", name="Loyal", condition=TWICE)
    ana, ben = story.person(), story.person()
    for person, at in ((ana, T0 - DAY), (ana, T0 + DAY), (ana, T0 + 2 * DAY), (ben, T0 + DAY)):
        Event.objects.create(
            workspace_id=story.workspace.pk,
            profile_id=person.pk,
            name="order",
            ts=at,
            received_at=at,
            properties={},
        )
    triggers = {"t": {"kind": "segment", "segment": "loyal", "next": "x"}}
    found, _steps, _channels = at_once(story, document({"x": END}, triggers=triggers))
    assert found["entered"]["days"][:3] == [0, 1, 0] and found["entered"]["total"] == 1


def test_a_goal_on_the_way_counts_no_step_twice(story):
    ana = story.person()
    for name, at in (("go", T0 + HOUR), ("order", T0 + 2 * HOUR)):
        Event.objects.create(
            workspace_id=story.workspace.pk,
            profile_id=ana.pk,
            name=name,
            ts=at,
            received_at=at,
            properties={},
        )
    asked = {"within": "P2D", "branches": [{"key": "bought", "event": "order"}]}
    steps = {
        "q": {"kind": "wait_for_event", "settings": asked, "next": {"bought": "x", "timeout": "x"}},
        "x": END,
    }
    draft = document(steps, goal={"event": "order", "on_reach": "continue"})
    found, _steps, _channels = at_once(story, draft)
    assert {step: one["total"] for step, one in found["steps"].items()} == {"q": 1, "x": 1}


def test_webhooks_are_taken_as_answered(story):
    story.happen("go", T0 + HOUR, story.person())
    call = {
        "kind": "call_webhook",
        "settings": {"url": "https://shop.example/hook"},
        "next": {"next": "m", "failed": "x"},
    }
    draft = document({"c": call, "m": mail("x"), "x": END})
    found, _steps, _channels = at_once(story, draft)
    assert {step: one["total"] for step, one in found["steps"].items()} == {"c": 1, "m": 1, "x": 1}
    assert found["ended"] == {"completed": 1}
