"""Waits for events and times, step by step."""

from datetime import timedelta

import pytest

from channels.models import Message
from journeys.engine import meanwhile, on_events, plan
from journeys.engine.run import Batch
from journeys.engine.world import Store
from journeys.models import Enrolment
from profiles.models import Event
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait
from tests.scenarios import world

MINUTE = timedelta(minutes=1)


def waiting(branches, already="ignore", within="P1D"):
    return document(
        {
            "w": wait("PT1H", "q"),
            "q": {
                "kind": "wait_for_event",
                "settings": {"within": within, "already": already, "branches": branches},
                "next": {b["key"]: b["key"] for b in branches} | {"timeout": "late"},
            },
            "late": END,
        }
        | {b["key"]: END for b in branches}
    )


PAID = [{"key": "paid", "event": "paid"}]


def last_steps(story):
    return [path[-1] for path in story.paths()]


def test_an_event_in_time_wins(story):
    story.publish(waiting(PAID))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    story.happen("paid", T0 + HOUR + DAY - timedelta(microseconds=1), ana)
    story.until(T0 + 9 * DAY)
    assert last_steps(story) == ["paid"]


def test_an_event_stamped_exactly_at_the_timeout_is_too_late(story):
    story.publish(waiting(PAID))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    story.happen("paid", T0 + HOUR + DAY, ana)
    assert last_steps(story) == ["q"]
    story.until(T0 + HOUR + DAY)
    assert last_steps(story) == ["late"]


def test_an_event_in_time_that_is_told_late_wins_if_nobody_moved_her(story):
    story.publish(waiting(PAID))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    story.happen("paid", T0 + 2 * HOUR, ana, handled=T0 + HOUR + DAY + MINUTE)
    assert last_steps(story) == ["paid"]


@pytest.mark.parametrize(("already", "end"), [("count", "paid"), ("ignore", "q")])
def test_what_happened_before_arriving(story, already, end):
    story.publish(waiting(PAID, already))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("paid", T0 + MINUTE, ana)
    story.until(T0 + HOUR)
    assert last_steps(story) == [end]


def test_the_first_branch_of_an_event_wins_and_properties_are_tested(story):
    branches = [
        {"key": "big", "event": "paid", "where": [{"property": "total", "op": "gte", "value": 100}]},
        {"key": "any", "event": "paid"},
    ]
    story.publish(waiting(branches))
    ana, ben = story.person(), story.person()
    story.happen("go", T0, ana, ben)
    story.until(T0 + HOUR)
    story.happen("paid", T0 + 2 * HOUR, ana, total=100)
    story.happen("paid", T0 + 2 * HOUR, ben, total=99)
    assert last_steps(story) == ["big", "any"]


def test_an_event_whose_test_fails_leaves_the_wait_as_it_was(story):
    story.publish(
        waiting(
            [{"key": "big", "event": "paid", "where": [{"property": "total", "op": "gte", "value": 100}]}]
        )
    )
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    before = Enrolment.objects.values().get()
    story.happen("paid", T0 + 2 * HOUR, ana, total=5)
    assert Enrolment.objects.values().get() == before
    story.happen("paid", T0 + 3 * HOUR, ana, total=500)
    assert last_steps(story) == ["big"]


def test_a_condition_on_events_is_looked_at_when_they_come(story):
    twice = {"event": "visit", "op": "at_least", "times": 2, "within": "P1D"}
    story.publish(waiting([{"key": "twice", "when": twice}]))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    story.happen("visit", T0 + 2 * HOUR, ana)
    assert last_steps(story) == ["q"]
    story.happen("visit", T0 + 3 * HOUR, ana)
    assert last_steps(story) == ["twice"]


def test_events_of_one_batch_are_looked_at_in_turn(story):
    story.publish(
        document(
            {"w": wait("P1D", "x"), "x": END}, exit_when=[{"event": "bye"}], reentry={"mode": "after_exit"}
        )
    )
    ana = story.person()
    recorded = []
    for n, name in enumerate(["go", "bye", "go"]):
        at = T0 + n * MINUTE
        event = Event.objects.create(
            workspace_id=story.workspace.pk,
            profile_id=ana.pk,
            name=name,
            ts=at,
            received_at=T0 + HOUR,
            properties={},
        )
        recorded.append(on_events.Happened(name, at, {}, event.pk))
    from profiles.signals import RecordedEvent

    on_events.handle(
        story.workspace.pk,
        [RecordedEvent(ana.pk, e.name, e.ts, {}, T0 + HOUR, id=e.id) for e in recorded],
        [],
        T0 + HOUR,
    )
    assert story.reasons() == ["exit_rule", None]


def test_a_late_event_starts_nobody(story):
    from profiles.signals import RecordedEvent

    story.publish(document({"x": END}))
    ana = story.person()
    on_events.handle(
        story.workspace.pk, [RecordedEvent(ana.pk, "go", T0 - 9 * DAY, {}, T0, late=True, id=1)], [], T0
    )
    assert story.paths() == []


def test_one_that_comes_while_she_arrives_is_found_by_the_second_look(story):
    """The event is committed after her batch looked, and handled before her wait was there."""
    journey = story.publish(waiting(PAID))
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    Event.objects.create(
        workspace_id=story.workspace.pk,
        profile_id=ana.pk,
        name="paid",
        ts=T0 + HOUR + timedelta(seconds=1),
        received_at=T0 + HOUR,
        properties={},
    )
    row = Enrolment.objects.get()
    from journeys.engine.rows import lock

    batch = Batch(plan.load([journey.live_id]), Store(T0 + HOUR))
    (held,) = lock([row.pk])
    held.waits = ("paid",)
    batch.rows.append(held)
    meanwhile.look_again(batch)
    assert last_steps(story) == ["paid"]


def test_a_profile_that_a_step_changes_moves_those_who_wait_for_it(story):
    paid = {"attribute": "plan", "op": "is", "value": "paid"}
    story.publish(waiting([{"key": "paid", "when": paid}]))
    story.publish(
        document(
            {
                "u": {
                    "kind": "update_profile",
                    "settings": {"set": {"plan": "{{ entry.plan }}"}},
                    "next": {"next": "x"},
                },
                "x": END,
            },
            triggers={"t": {"kind": "event", "event": "upgrade", "next": "u"}},
        )
    )
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    story.happen("upgrade", T0 + 2 * HOUR, ana, plan="paid")
    assert last_steps(story) == ["paid", "x"]


def test_update_profile_keeps_types_and_works_lists(story):
    settings = {
        "set": {"score": "{{ entry.value }}", "greeting": "Hi {{ person.first_name }}"},
        "unset": ["old"],
        "increment": {"visits": 2},
        "add": {"tags": "vip"},
        "remove": {"lists": ["a", "b"]},
    }
    story.publish(
        document({"u": {"kind": "update_profile", "settings": settings, "next": {"next": "x"}}, "x": END})
    )
    ana = story.person(first_name="Ana", old=1, visits=3, tags=["new"], lists=["a", "b", "c"])
    story.happen("go", T0, ana, value=41.5)
    ana.refresh_from_db()
    assert ana.attributes == {
        "email": "ana@example.com",
        "first_name": "Ana",
        "score": 41.5,
        "greeting": "Hi Ana",
        "visits": 5,
        "tags": ["new", "vip"],
        "lists": ["c"],
    }


def test_a_split_is_sticky_and_about_even(story):
    steps = {
        "s": {
            "kind": "split",
            "settings": {"shares": [{"key": "a", "weight": 30}, {"key": "b", "weight": 70}]},
            "next": {"a": "x", "b": "y"},
        },
        "x": END,
        "y": END,
    }
    story.publish(document(steps, reentry={"mode": "every_time"}))
    people = [story.person() for _n in range(200)]
    story.happen("go", T0, *people)
    first = [path[-1] for path in story.paths()]
    story.happen("go", T0 + DAY, *people)
    assert [path[-1] for path in story.paths()] == first * 2
    assert 35 <= first.count("x") <= 85


def test_a_split_goes_the_same_way_across_versions_and_journeys_with_the_key(story):
    steps = {
        "s": {
            "kind": "split",
            "settings": {"shares": [{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]},
            "next": {"a": "x", "b": "y"},
        },
        "x": END,
        "y": END,
    }
    journey = story.publish(document(steps, reentry={"mode": "every_time"}))
    people = [story.person() for _n in range(20)]
    story.happen("go", T0, *people)
    story.publish_again(journey, document({**steps, "z": END}, reentry={"mode": "every_time"}), T0)
    story.happen("go", T0, *people)
    ends = [path[-1] for path in story.paths()]
    assert ends[:20] == ends[20:]


def test_wait_until_leaves_when_its_date_is_over(story):
    steps = {
        "u": {
            "kind": "wait_until",
            "settings": {"date": "2025-12-24", "past": "leave"},
            "next": {"next": "m"},
        },
        "m": mail("x"),
        "x": END,
    }
    story.publish(document(steps))
    story.happen("go", T0, story.person())
    assert story.paths() == [["u"]] and story.reasons() == ["completed"] and Message.objects.count() == 0


def test_jitter_spreads_people(story):
    steps = {
        "w": {"kind": "wait", "settings": {"for": "PT1H", "jitter": "PT1H"}, "next": {"next": "x"}},
        "x": END,
    }
    story.publish(document(steps))
    story.happen("go", T0, *[story.person() for _n in range(20)])
    due = set(Enrolment.objects.values_list("due_at", flat=True))
    assert len(due) > 15 and all(T0 + HOUR <= at < T0 + 2 * HOUR for at in due)


def test_many_moves_of_different_due_times_are_written_right(story):
    """Past a handful of groups the batch is written by one joined statement."""
    steps = {
        "u": {"kind": "wait_until", "settings": {"attribute": "day"}, "next": {"next": "v"}},
        "v": {"kind": "wait_until", "settings": {"attribute": "next_day"}, "next": {"next": "x"}},
        "x": END,
    }
    story.publish(document(steps))
    people = [story.person(day=f"2026-02-{n:02}", next_day=f"2026-03-{n:02}") for n in range(1, 26)]
    story.happen("go", T0, *people)
    assert sorted(Enrolment.objects.values_list("due_at__day", "due_at__month")) == [
        (n, 2) for n in range(1, 26)
    ]
    story.until(T0 + 60 * DAY)
    assert {path[-1] for path in story.paths()} <= {"v", "x"}


def test_the_log_names_leaves_by_their_place(story):
    """Conditions are not written a million times; who reads the log finds them in the version."""
    from journeys.engine import explain
    from journeys.models import Pass

    pro = {
        "all": [{"attribute": "plan", "op": "is", "value": "pro"}, {"entry": "n", "op": "gte", "value": 1}]
    }
    branch = {
        "kind": "branch",
        "settings": {"branches": [{"key": "a", "when": pro}]},
        "next": {"a": "x", "else": "x"},
    }
    story.publish(document({"b": branch, "x": END}))
    story.happen("go", T0, story.person(plan="pro"), n=2)
    log = Pass.objects.get()
    assert log.route[1] == {"s": "b", "o": "a", "w": [[0, "pro", True], [1, 2, True]]}
    visit = explain.walks([log.enrolment_id])[log.enrolment_id].visits[0]
    assert [leaf["condition"] for leaf in visit.why] == pro["all"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["start", "visit"])
def test_the_event_that_brought_her_to_a_wait_is_not_the_next_one(name):
    """Stamped at the moment of her arrival: she waits for another."""
    scenario = {
        "setup": {"content": [], "segments": []},
        "start": "2026-03-02T09:00:00Z",
        "until": "2026-03-02T12:00:00Z",
        "person": {"attributes": {}, "consents": "all", "events": []},
        "events": [
            {"event": "start", "timestamp": "2026-03-02T09:30:00Z"},
            {"event": name, "timestamp": "2026-03-02T10:00:00Z"},
        ],
        "document": {
            "format": "gilmok.journey/1",
            "name": "Again",
            "triggers": {"t": {"kind": "event", "event": "start", "next": "v"}},
            "steps": {
                "v": {
                    "kind": "wait_for_event",
                    "settings": {
                        "branches": [{"key": "came", "event": name}],
                        "within": "PT1H",
                        "already": "ignore",
                    },
                    "next": {"came": "w", "timeout": "x"},
                },
                "w": {
                    "kind": "wait_for_event",
                    "settings": {
                        "branches": [{"key": "again", "event": name}],
                        "within": "PT1H",
                        "already": "ignore",
                    },
                    "next": {"again": "x", "timeout": "x"},
                },
                "x": {"kind": "end", "settings": {}, "next": {}},
            },
            "policy": {},
        },
    }
    (walk,) = world.play(scenario, world.new_workspace())["enrolments"]
    assert [visit["outlet"] for visit in walk["visits"]] == ["came", "timeout", None]
