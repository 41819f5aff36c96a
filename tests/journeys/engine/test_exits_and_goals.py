"""Rule 8 of journeys.md 6: exits and goals, on every event and before every send."""

from datetime import timedelta

from journeys import counts
from journeys.engine import explain
from journeys.models import Enrolment
from profiles.models import Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

MINUTE = timedelta(minutes=1)


def test_an_exit_stored_but_not_yet_looked_at_stops_the_mail(story):
    steps = {"w": wait("PT1H", "m"), "m": mail("x"), "x": END}
    story.publish(document(steps, exit_when=[{"event": "account_closed"}]))
    ana = story.person()
    story.happen("go", T0, ana)
    from profiles.models import Event

    Event.objects.create(
        workspace_id=story.workspace.pk,
        profile_id=ana.pk,
        name="account_closed",
        ts=T0 + MINUTE,
        received_at=T0 + MINUTE,
        properties={},
    )
    story.until(T0 + HOUR)
    assert story.reasons() == ["exit_rule"] and story.messages() == []


def test_an_exit_condition_is_checked_before_every_send(story):
    steps = {"w": wait("PT1H", "m"), "m": mail("x"), "x": END}
    story.publish(document(steps, exit_when=[{"condition": {"attribute": "vip", "op": "is", "value": True}}]))
    ana = story.person()
    story.happen("go", T0, ana)
    Profile.objects.filter(pk=ana.pk).update(
        attributes=ana.attributes | {"vip": True}
    )  # nobody told the engine
    story.until(T0 + HOUR)
    assert story.reasons() == ["exit_rule"] and story.messages() == []


def test_an_exit_condition_is_checked_when_the_profile_changes(story):
    story.publish(
        document(
            {"w": wait("P9D", "x"), "x": END},
            exit_when=[{"condition": {"attribute": "vip", "op": "is", "value": True}}],
        )
    )
    ana = story.person()
    story.happen("go", T0, ana)
    story.change(T0 + HOUR, ana, name="Ana")
    assert story.reasons() == [None]
    story.change(T0 + HOUR, ana, vip=True)
    assert story.reasons() == ["exit_rule"]


def test_match_key_ends_only_the_same_instance(story):
    policy = {
        "reentry": {"mode": "never", "key": "order"},
        "exit_when": [{"event": "cancelled", "match_key": True}],
    }
    story.publish(document({"w": wait("P9D", "x"), "x": END}, **policy))
    ana = story.person()
    story.happen("go", T0, ana, order="A")
    story.happen("go", T0, ana, order="B")
    story.happen("cancelled", T0 + HOUR, ana, order="B")
    assert story.reasons() == [None, "exit_rule"]


def test_an_exit_with_a_test_looks_at_the_event(story):
    rule = {"event": "paid", "where": [{"property": "total", "op": "gte", "value": 100}]}
    story.publish(document({"w": wait("P9D", "x"), "x": END}, exit_when=[rule]))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("paid", T0 + HOUR, ana, total=99)
    assert story.reasons() == [None]
    story.happen("paid", T0 + 2 * HOUR, ana, total=100)
    assert story.reasons() == ["exit_rule"]


def test_a_goal_too_late_is_none(story):
    story.publish(
        document(
            {"w": wait("P9D", "x"), "x": END}, goal={"event": "paid", "within": "P1D", "on_reach": "leave"}
        )
    )
    ana, ben = story.person(), story.person()
    story.happen("go", T0, ana, ben)
    story.happen("paid", T0 + DAY, ana)
    story.happen("paid", T0 + DAY + MINUTE, ben)
    assert story.reasons() == ["goal", None]


def test_a_goal_that_lets_people_go_on_counts_once(story):
    journey = story.publish(
        document({"w": wait("P9D", "x"), "x": END}, goal={"event": "paid", "on_reach": "continue"})
    )
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("paid", T0 + HOUR, ana)
    story.happen("paid", T0 + 2 * HOUR, ana)
    assert counts.of_journey(journey.pk, T0)["totals"] == {"entered": 1, "inside": 1, "ended": 0, "goal": 1}


def test_a_goal_on_the_way_is_part_of_the_visit_at_which_it_was_reached(story):
    asked = {"within": "P2D", "branches": [{"key": "paid", "event": "paid"}]}
    steps = {
        "q": {"kind": "wait_for_event", "settings": asked, "next": {"paid": "w", "timeout": "x"}},
        "w": wait("P9D", "x"),
        "x": END,
    }
    story.publish(document(steps, goal={"event": "paid", "on_reach": "continue"}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("paid", T0 + HOUR, ana)
    row = Enrolment.objects.get()
    visits = explain.walks([row.pk])[row.pk].visits
    assert [(visit.step, visit.arrived_at, visit.left_at, visit.outlet) for visit in visits] == [
        ("q", T0, T0 + HOUR, "paid"),
        ("w", T0 + HOUR, None, None),
    ]
