"""The plan before publishing says what the move then does."""

from datetime import timedelta

import pytest

from journeys import in_flight
from journeys.engine import counting, move, plan
from journeys.models import Enrolment
from tests.journeys.engine.story import DAY, END, HOUR, T0, Story, document, wait

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    return Story()


def inside(story, steps, *ats):
    """One person who entered at each moment."""
    journey = story.publish(document(steps))
    for at in ats or (T0,):
        story.happen("go", at, story.person())
    return journey


def plan_of(journey, steps, now=T0 + HOUR, targets=None, **policy):
    return in_flight.plan_of(journey, document(steps, **policy), now, targets)


def test_nobody_inside_is_a_small_change(story):
    journey = story.publish(document({"x": END}))
    found = plan_of(journey, {"w": wait("P1D", "x"), "x": END})
    assert (found["inside"], found["small"], found["default"], found["steps"]) == (0, True, "move", [])
    assert (found["version"], found["next"]) == (1, 2)


def test_people_by_step_and_what_becomes_of_them(story):
    journey = inside(
        story, {"w": wait("PT3H", "v"), "v": wait("P9D", "x"), "x": END}, T0, T0 + 30 * HOUR / 60
    )
    Enrolment.objects.filter(pk=Enrolment.objects.earliest("pk").pk).update(
        status=2, frozen_due=T0, due_at=None
    )
    after = {"m": wait("P1D", "w"), "w": wait("PT3H", "v"), "v": wait("P9D", "x"), "x": END}
    (at,) = plan_of(journey, after)["steps"]
    assert {name: at[name] for name in ("step", "people", "paused", "what", "released", "versions")} == {
        "step": "w", "people": 2, "paused": 1, "what": "keep", "released": 0, "versions": [1],
    }  # fmt: skip
    assert at["text"] == "They stay and notice nothing."


def test_a_lengthened_wait_is_small_and_a_released_one_is_not(story):
    journey = inside(story, {"w": wait("PT3H", "x"), "x": END}, T0, T0 + HOUR / 2)
    longer = plan_of(journey, {"w": wait("PT5H", "x"), "x": END})
    assert (longer["small"], longer["default"], longer["steps"][0]["what"]) == (True, "move", "fixed")
    shorter = plan_of(journey, {"w": wait("PT1H", "x"), "x": END})
    assert (shorter["small"], shorter["default"], shorter["released"]) == (False, "finish", 1)
    assert shorter["steps"][0]["text"] == "1 person goes on at once: the new wait is over."


def test_removed_steps_and_where_their_people_go(story):
    journey = inside(story, {"w": wait("PT3H", "v"), "v": wait("P9D", "x"), "x": END})
    after = {"v": wait("P9D", "x"), "x": END}
    found = plan_of(journey, after)
    assert (found["small"], found["default"], found["ended"]) == (False, "finish", 0)
    (at,) = found["steps"]
    assert (at["removed"], at["target"], at["target_name"]) == (True, "v", "Wait")
    assert [target["key"] for target in found["targets"]] == ["v", "x"]
    assert plan_of(journey, after, targets={"w": None})["ended"] == 1


def test_waits_that_only_the_step_can_tell_are_asked_of_some(story, monkeypatch):
    monkeypatch.setattr(in_flight, "SAMPLE", 2)
    journey = inside(story, {"w": wait("P3D", "x"), "x": END}, *[T0] * 4)
    (at,) = plan_of(journey, {"w": wait("P1D", "x"), "x": END}, now=T0 + 2 * DAY)["steps"]
    assert (at["released"], at["about"]) == (4, True)
    assert at["text"] == "About 4 people go on at once: the new wait is over."


@pytest.mark.parametrize("length", ["PT1H", "PT2H", "P1D", "P5D", "PT30M"])
def test_the_plan_and_the_move_agree(story, length):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END}, *[T0 - n * 7 * HOUR for n in range(9)])
    after = {"w": wait(length, "x"), "x": END}
    planned = plan_of(journey, after)
    story.publish_again(journey, document(after), T0 + HOUR)
    found = move.start(journey, journey.live, {}, T0 + HOUR, None)
    move.work_off(T0 + HOUR)
    found.refresh_from_db()
    assert (planned["inside"], planned["released"]) == (found.moved, found.released)


def test_people_on_older_versions_are_counted_with_theirs(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    story.publish_again(journey, document({"w": wait("P4D", "x"), "x": END}), T0)
    story.happen("go", T0 + timedelta(minutes=1), story.person())
    unchanged = in_flight.plan_of(journey, journey.live.document, T0 + HOUR)
    assert (unchanged["inside"], unchanged["next"]) == (1, 2)  # those who don't walk the live version
    changed = plan_of(journey, {"w": wait("P5D", "x"), "x": END})
    assert (changed["inside"], changed["next"], changed["steps"][0]["versions"]) == (2, 3, [1, 2])


def test_many_steps_are_counted_in_one_statement(story, django_assert_num_queries):
    steps = {f"w{n}": wait("PT3H", f"w{n + 1}") for n in range(9)} | {"w9": END}
    journey = inside(story, steps)
    plan_of(journey, steps)
    with django_assert_num_queries(3):  # the versions' numbers, which of them are walked, and the people
        plan_of(journey, steps | {"w0": wait("PT1H", "w1")})


def test_versions_that_nobody_walks_any_more_are_not_read(story, monkeypatch):
    journey = inside(story, {"w": wait("PT3H", "x"), "x": END}, T0)
    for hours in (4, 5, 6):
        story.publish_again(journey, document({"w": wait(f"PT{hours}H", "x"), "x": END}))
    story.happen("go", T0 + HOUR, story.person())
    counting.fold()
    story.until(T0 + 4 * HOUR)  # the first has gone
    third, last = journey.versions.order_by("-number")[1], journey.live
    assert in_flight.versions_walked(journey) == {last.pk}
    assert in_flight.inside_by_version(journey) == {last.pk: 1}
    plan.forget(third.pk)
    (at,) = plan_of(journey, {"w": wait("P9D", "x"), "x": END})["steps"]
    assert (at["people"], at["versions"], third.pk in plan._plans) == (1, [4], False)


def test_who_was_moved_is_counted_at_her_version(story):
    journey = inside(story, {"w": wait("PT3H", "x"), "x": END}, T0, T0)
    story.publish_again(journey, document({"w": wait("PT9H", "x"), "x": END}))
    moved = move.start(journey, journey.live, {}, T0 + HOUR, None)
    move.work_off(T0 + HOUR, move_id=moved.pk)
    story.happen("go", T0 + HOUR, story.person())
    assert in_flight.inside_by_version(journey) == {journey.live_id: 3}
