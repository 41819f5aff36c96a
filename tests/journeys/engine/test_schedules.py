"""Audiences enter by the calendar, each occurrence once."""

from datetime import UTC, datetime, timedelta

import pytest

from journeys.engine import schedules
from journeys.models import Enrolment, Occurrence, Schedule
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

PRO = {"attribute": "plan", "op": "is", "value": "pro"}


def journey_of(trigger, **policy):
    triggers = {"t": {"kind": "schedule", "next": "w", **trigger}}
    return document({"w": wait("PT1H", "x"), "x": END}, triggers=triggers, **policy)


def test_an_audience_enters_once_at_publishing(story):
    people = [story.person(plan="pro" if n % 2 else "free") for n in range(6)]
    journey = story.publish(journey_of({"audience": PRO}))
    assert schedules.run_due(T0) == 3
    assert schedules.run_due(T0 + HOUR) == 0
    assert set(Enrolment.objects.values_list("profile_id", flat=True)) == {p.pk for p in people[1::2]}
    assert Enrolment.objects.first().entry == {"scheduled_at": "2026-01-05T10:00:00Z"}
    story.publish_again(
        journey, journey_of({"audience": PRO}), T0 + DAY
    )  # a new version does not run it again
    assert schedules.run_due(T0 + DAY) == 0
    assert Occurrence.objects.get().entered == 3


def test_chunks_that_each_commit_reach_everybody_once(story, monkeypatch):
    monkeypatch.setattr(schedules, "CHUNK", 4)
    people = [story.person() for _n in range(10)]
    story.publish(journey_of({}))
    schedules._ring(T0)
    assert schedules._work(T0) == 4  # and here the worker dies
    assert Occurrence.objects.get().finished_at is None
    assert schedules.run_due(T0) == 6
    assert Enrolment.objects.count() == len(people) and Occurrence.objects.get().finished_at == T0


def test_every_monday_by_the_journeys_clock(story):
    story.person()
    draft = journey_of({"rrule": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0", "zone": "Asia/Seoul"})
    story.publish(draft)
    due = Schedule.objects.get().due_at
    assert due == datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
    assert schedules.run_due(due - timedelta(seconds=1)) == 0
    assert schedules.run_due(due) == 1
    assert Schedule.objects.get().due_at == due + 7 * DAY
    story.until(due + HOUR)
    assert schedules.run_due(due + 30 * DAY) == 1  # after an outage once, not four times
    assert Schedule.objects.get().due_at == due + 35 * DAY


@pytest.mark.parametrize(("at", "due"), [("2026-01-06T09:00", T0 + 23 * HOUR), ("2026-01-01T09:00", None)])
def test_once_at_a_moment(story, at, due):
    story.publish(journey_of({"at": at}))
    assert Schedule.objects.get().due_at == due


def test_a_rule_keeps_the_wall_clock_over_the_change(story):
    draft = journey_of({"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "zone": "America/New_York"})
    story.publish(draft, at=datetime(2026, 3, 7, 12, tzinfo=UTC))
    days = []
    for _n in range(3):
        days.append(Schedule.objects.get().due_at)
        schedules.run_due(days[-1])
    assert [f"{day:%d %H:%M}" for day in days] == ["08 07:00", "09 06:30", "10 06:30"]


def test_a_paused_journey_waits_with_its_occurrence(story):
    story.person()
    journey = story.publish(journey_of({}))
    journey.state = "paused"
    journey.save()
    assert schedules.run_due(T0) == 0
    journey.state = "live"
    journey.save()
    assert schedules.run_due(T0 + DAY) == 1
