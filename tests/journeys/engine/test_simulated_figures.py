"""Figures over the last days move as a simulation's time passes: just as the product's own clock moves them."""

from datetime import UTC, datetime, timedelta

import pytest

from journeys.engine import advance, explain, simulate
from journeys.engine.simulate import figures
from journeys.models import Enrolment, Finished
from lib import clock
from profiles import computed, record_event
from profiles.call import Call
from profiles.computed import filling
from profiles.models import ComputedAttribute, ComputedState, Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

QUIET = {"attribute": "orders_7d", "op": "is", "value": 0}
WAITS = {
    "kind": "wait_for_event",
    "settings": {"branches": [{"key": "quiet", "label": "Quiet", "when": QUIET}], "within": "P30D"},
    "next": {"quiet": "x", "timeout": "late"},
}
END_OF_TIME = T0 + 40 * DAY
BOUGHT = [T0, T0 + 2 * DAY, T0 + 5 * DAY]


@pytest.fixture(autouse=True)
def _nothing_remembered():
    computed.forget()
    yield
    computed.forget()


@pytest.fixture
def figure(story):
    def make(kind="count", **more):
        ComputedAttribute.objects.create(
            workspace=story.workspace, name="orders_7d", kind=kind, event="bought", state="live", fill_after=T0,
            created_at=T0, updated_at=T0, zone="UTC", **{"window_days": 7, **more},
        )  # fmt: skip
        computed.forget()

    return make


def draft(steps, **policy):
    triggers = {"t": {"kind": "event", "event": "bought", "next": next(iter(steps))}}
    return document(steps, triggers=triggers, **policy)


def simulated(story, journey, events, past=()):
    answer = simulate.simulate(
        journey,
        story.workspace,
        person={"attributes": {"email": "ana@example.com"}, "consents": "all", "events": list(past)},
        start=T0,
        until=END_OF_TIME,
        events=[{"event": "bought", "timestamp": at.isoformat()} for at in events],
    )
    assert answer["warnings"] == []
    return [walk(one["visits"]) for one in answer["enrolments"]]


def walk(visits):
    """Step, when she went on, and the road."""
    return [(one["step"], whole_second(one["left_at"] or one["arrived_at"]), one["outlet"]) for one in visits]


def whole_second(text):
    return datetime.fromisoformat(text).replace(microsecond=0)


def lived(story, journey, events, monkeypatch):
    """The same by the product: its events, its engine, its clock of figures, from due moment to due moment."""
    live = story.publish(journey)
    coming, now = sorted(events), T0
    monkeypatch.setattr(clock, "now", lambda: now)
    while True:
        moments = [
            *coming[:1],
            *Enrolment.objects.filter(due_at__isnull=False).values_list("due_at", flat=True),
            *ComputedState.objects.filter(due_at__isnull=False).values_list("due_at", flat=True),
        ]
        now = min(moments, default=END_OF_TIME)
        if now >= END_OF_TIME:
            break
        if coming and coming[0] <= now:
            at = coming.pop(0)
            record_event.record(
                story.workspace.pk, None, [Call(kind="track", ts=at, user_id="ana", event="bought")], at
            )
        elif not filling.look_again(now):
            advance.advance_due(now)
    rows = Enrolment.objects.filter(journey_id=live.pk).values_list("pk", flat=True)
    over = Finished.objects.filter(journey_id=live.pk).values_list("enrolment_id", flat=True)
    logs = explain.walks(sorted([*rows, *over]))
    return [
        [
            (one.step, (one.left_at or one.arrived_at).astimezone(UTC).replace(microsecond=0), one.outlet)
            for one in logs[pk].visits
        ]
        for pk in sorted(logs)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["count", "streak"])
def test_a_simulation_is_what_the_product_does(story, figure, kind, monkeypatch):
    figure(kind, **({"window_days": None, "unit": "day"} if kind == "streak" else {}))
    journey = draft({"w": WAITS, "late": END, "x": END}, reentry={"mode": "every_time"})
    expected = simulated(story, journey, BOUGHT)
    assert not Profile.objects.exists()
    assert lived(story, journey, BOUGHT, monkeypatch) == expected
    assert {visits[0][2] for visits in expected} == {"quiet"}


@pytest.mark.django_db
def test_what_leaves_the_window_wakes_who_waits_for_it(story, figure):
    figure()
    (visits,) = simulated(story, draft({"w": WAITS, "late": END, "x": END}), [T0, T0 + 2 * DAY])
    assert visits[0] == ("w", T0 + 9 * DAY, "quiet")


@pytest.mark.django_db
def test_a_later_step_sees_what_is_left(story, figure):
    figure()
    branches = [{"key": "one", "label": "One", "when": {"attribute": "orders_7d", "op": "is", "value": 1}}]
    branch = {"kind": "branch", "settings": {"branches": branches}, "next": {"one": "x", "else": "x"}}
    journey = draft({"w": wait("P8D", "b"), "b": branch, "x": END})
    (visits,) = simulated(story, journey, [T0, T0 + 3 * DAY])
    assert visits[1] == ("b", T0 + 8 * DAY, "one")


@pytest.mark.django_db
def test_what_ran_out_before_the_start_is_history(story, figure):
    figure()
    past = [{"event": "bought", "timestamp": (T0 - 8 * DAY).isoformat()}]
    branches = [{"key": "one", "label": "One", "when": {"attribute": "orders_7d", "op": "is", "value": 1}}]
    branch = {"kind": "branch", "settings": {"branches": branches}, "next": {"one": "x", "else": "x"}}
    (visits,) = simulated(story, draft({"b": branch, "x": END}), [T0 + HOUR], past=past)
    assert visits[0][2] == "one"


@pytest.mark.django_db
def test_somebody_with_very_many_events_does_not_hold_it_up(story, figure):
    figure()
    past = [{"event": "bought", "timestamp": (T0 - 6 * DAY + n * HOUR / 4).isoformat()} for n in range(400)]
    (visits,) = simulated(story, draft({"w": WAITS, "late": END, "x": END}), [T0 + HOUR], past=past)
    # Looked at less often than to the moment, but looked at.
    assert visits[0][2] == "quiet"
    assert timedelta(0) <= visits[0][1] - (T0 + HOUR + 7 * DAY) <= 40 * DAY / figures.LOOKS
