"""Simulations enter as the engine would: on dates, by segments, by the calendar."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.engine import dates, simulate
from journeys.models import Enrolment, PersonalDate
from profiles import membership
from profiles.models import Segment
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

PRO = {"attribute": "plan", "op": "is", "value": "pro"}
BOUGHT = {"event": "bought", "op": "at_least", "times": 1, "within": "P1D"}


def journey_of(trigger, **policy):
    policy = {"reentry": {"mode": "every_time"}} | policy
    return document({"w": wait("PT1H", "x"), "x": END}, triggers={"t": {"next": "w", **trigger}}, **policy)


def by_segment(condition, direction="enter", **settings):
    def make(story):
        Segment.objects.create(workspace=story.workspace, slug="s", name="S", condition=condition)
        return journey_of({"kind": "segment", "segment": "s", "direction": direction, **settings})

    return make


def starts(story, draft, until=30 * DAY, events=(), **attributes):
    answer = simulate.simulate(
        draft,
        story.workspace,
        person={"attributes": attributes, "consents": "all"},
        start=T0,
        until=T0 + until,
        events=[{**event, "timestamp": (T0 + at).isoformat()} for at, event in events],
    )
    assert answer["warnings"] == []
    return [one["started_at"] for one in answer["enrolments"]]


def test_a_date_and_its_time_zone(story):
    draft = journey_of({"kind": "date", "attribute": "trip", "offset": "-P3D", "at": "09:00"})
    assert starts(story, draft, trip="2026-01-20") == ["2026-01-17T09:00:00Z"]
    assert starts(story, draft, trip="2026-01-20", time_zone="Asia/Seoul") == ["2026-01-17T00:00:00Z"]
    assert starts(story, draft, trip="2026-01-06") == []  # its moment was before the start
    assert starts(story, draft) == []


def test_anniversaries_in_a_long_simulation(story):
    draft = journey_of({"kind": "date", "attribute": "birthday", "at": "09:00", "yearly": True})
    found = starts(story, draft, until=900 * DAY, birthday="2000-02-29")
    assert found == ["2026-02-28T09:00:00Z", "2027-02-28T09:00:00Z", "2028-02-29T09:00:00Z"]


@pytest.mark.parametrize(("late", "expected"), [("skip", []), ("enter", ["2026-01-06T10:00:00Z"])])
def test_a_date_learned_late(story, late, expected):
    draft = journey_of({"kind": "date", "attribute": "trip", "late": late})
    events = [(DAY, {"set": {"trip": "2026-01-02"}}), (2 * DAY, {"set": {"plan": "pro"}})]
    assert starts(story, draft, events=events) == expected


def test_a_date_that_moves_lets_in_once_for_each_day(story):
    draft = journey_of({"kind": "date", "attribute": "trip"})
    events = [
        (DAY, {"set": {"trip": "2026-01-10"}}),
        (10 * DAY, {"set": {"trip": "2026-01-20"}}),
        (20 * DAY, {"set": {"trip": "2026-01-10"}}),
    ]
    assert starts(story, draft, events=events, trip="2026-01-08") == [
        "2026-01-10T00:00:00Z",
        "2026-01-20T00:00:00Z",
    ]


def test_coming_into_a_segment_by_a_change(story):
    draft = by_segment(PRO)(story)
    events = [
        (HOUR, {"set": {"plan": "pro"}}),
        (2 * HOUR, {"set": {"x": 1}}),
        (3 * HOUR, {"set": {"plan": None}}),
    ]
    assert starts(story, draft, events=events) == ["2026-01-05T11:00:00Z"]
    assert starts(story, draft, plan="pro") == []


def test_whoever_is_in_it_already(story):
    draft = by_segment(PRO, include_present=True)(story)
    assert starts(story, draft, plan="pro") == ["2026-01-05T10:00:00Z"]
    assert starts(story, draft, plan="free") == []


def test_dropping_out_when_the_time_is_over(story):
    draft = by_segment(BOUGHT, "leave")(story)
    (found,) = starts(story, draft, events=[(HOUR, {"event": "bought"})])
    assert timedelta(0) < datetime.fromisoformat(found) - (T0 + HOUR + DAY) <= timedelta(seconds=1)


def test_a_change_is_not_dated_back_to_the_last_look(story):
    condition = {"all": [PRO, {"not": BOUGHT}]}
    draft = by_segment(condition)(story)
    assert starts(story, draft, events=[(5 * DAY + HOUR, {"set": {"plan": "pro"}})]) == [
        "2026-01-10T11:00:00Z"
    ]


def test_a_step_of_the_journey_itself_may_bring_her_in(story):
    Segment.objects.create(workspace=story.workspace, slug="s", name="S", condition=PRO)
    up = {"kind": "update_profile", "settings": {"set": {"plan": "pro"}}, "next": {"next": "x"}}
    draft = document(
        {"w": wait("PT1H", "u"), "u": up, "x": END},
        triggers={
            "e": {"kind": "event", "event": "go", "next": "w"},
            "t": {"kind": "segment", "segment": "s", "next": "x"},
        },
        reentry={"mode": "every_time"},
    )
    assert starts(story, draft, events=[(HOUR, {"event": "go"})]) == [
        "2026-01-05T11:00:00Z",
        "2026-01-05T12:00:00Z",
    ]


def test_a_rule_that_counts_counts_from_the_start(story):
    rule = {"kind": "schedule", "rrule": "FREQ=DAILY;COUNT=3;BYHOUR=10;BYMINUTE=0"}
    assert starts(story, journey_of(rule)) == [
        "2026-01-05T10:00:00Z",
        "2026-01-06T10:00:00Z",
        "2026-01-07T10:00:00Z",
    ]


def test_the_tables_of_live_journeys_are_not_touched(story):
    draft = by_segment(PRO)(story)
    story.publish(draft)
    with CaptureQueriesContext(connection) as asked:
        assert len(starts(story, draft, events=[(HOUR, {"set": {"plan": "pro"}})])) == 1
    assert not any("profiles_trackedsegment" in one["sql"] for one in asked.captured_queries)
    assert not any("profiles_segmentmember" in one["sql"] for one in asked.captured_queries)
    assert not Enrolment.objects.exists()


def test_a_year_of_a_segment_about_time_asks_a_few_times_a_day(story):
    draft = by_segment(BOUGHT, "leave")(story)
    events = [(n * 60 * DAY, {"event": "bought"}) for n in range(1, 6)]
    begun = time.process_time()
    with CaptureQueriesContext(connection) as asked:
        assert len(starts(story, draft, until=365 * DAY, events=events)) == 5
    assert len(asked) < 3 * 365
    assert (
        time.process_time() - begun < 4
    )  # a second on a machine that does nothing else, without counting queries


@pytest.mark.parametrize(
    ("trigger", "changes"),
    [
        (
            {"kind": "date", "attribute": "trip", "at": "09:00"},
            {3: {"trip": "2026-01-12"}, 9: {"trip": "2026-01-14"}},
        ),
        ({"kind": "date", "attribute": "trip", "late": "enter"}, {4: {"trip": "2026-01-02"}}),
        (
            {"kind": "date", "attribute": "trip", "yearly": True},
            {1: {"trip": "1990-01-11"}, 8: {"time_zone": "Asia/Seoul"}},
        ),
        ({"kind": "segment", "segment": "s"}, {2: {"plan": "pro"}, 4: {"plan": "free"}, 6: {"plan": "pro"}}),
        (
            {"kind": "segment", "segment": "s", "direction": "leave"},
            {2: {"plan": "pro"}, 4: {"plan": "free"}},
        ),
    ],
)
def test_the_engine_on_real_rows_agrees(story, trigger, changes):
    Segment.objects.create(workspace=story.workspace, slug="s", name="S", condition=PRO)
    draft = journey_of(trigger)
    expected = starts(story, draft, events=[(day * DAY, {"set": values}) for day, values in changes.items()])
    ana = story.person()
    journey = story.publish(draft)
    for day in range(31):
        now = T0 + day * DAY
        if day in changes:
            ana.attributes |= changes[day]
            ana.save(update_fields=["attributes"])
            story.tell([], [ana.pk], now)
        membership.sweep(now)
        dates.run_due(now)
        for due in PersonalDate.objects.filter(due_at__lt=now + DAY).values_list("due_at", flat=True):
            dates.run_due(due)
        story.until(now)
    rows = sorted(row.entered_at.astimezone(UTC) for row in story.rows(journey).values())
    assert [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in rows] == expected and expected
