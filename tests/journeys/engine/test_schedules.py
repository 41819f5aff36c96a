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


def test_a_count_goes_on_over_pauses_and_new_versions(story):
    story.person()
    rule = {"rrule": "FREQ=DAILY;COUNT=3;BYHOUR=9;BYMINUTE=0"}
    journey = story.publish(journey_of(rule), at=T0)
    first = Schedule.objects.get().due_at
    assert schedules.run_due(first) == 1
    schedules.disarm(journey)
    assert Schedule.objects.get().due_at is None
    story.publish_again(
        journey, journey_of(rule, goal={"event": "bought"}), first + DAY + HOUR
    )  # the second passed
    assert Schedule.objects.get().due_at == first + 2 * DAY
    story.until(first + 2 * DAY)
    assert schedules.run_due(first + 2 * DAY) == 1
    assert Schedule.objects.get().due_at is None
    story.publish_again(journey, journey_of({"rrule": rule["rrule"] + ";BYSECOND=0"}), first + 2 * DAY)
    assert Schedule.objects.get().due_at == first + 3 * DAY  # another rule counts anew


def test_every_second_week_whenever_one_looks(story):
    story.publish(journey_of({"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=9;BYMINUTE=0"}), at=T0)
    due = Schedule.objects.get().due_at
    assert due == datetime(2026, 1, 19, 9, tzinfo=UTC)
    schedules.run_due(due + 10 * DAY)  # late, and a restart in between
    assert Schedule.objects.get().due_at == due + 14 * DAY


def test_a_rate_spreads_people_whatever_the_beat(story):
    for _n in range(30):
        story.person()
    story.publish(journey_of({"rate": {"count": 3600, "per": "PT1H"}}))  # one a second
    seconds = [(0, 5), (1, 0), (5, 5), (5, 0), (11, 5)]
    for after, entered in seconds:
        assert schedules.run_due(T0 + timedelta(seconds=after)) == entered
    assert schedules.run_due(T0 + HOUR) == 10  # two beats' worth after an outage, not all at once
    at = T0 + HOUR
    while Occurrence.objects.get().finished_at is None:
        at += timedelta(seconds=5)
        schedules.run_due(at)
    assert Enrolment.objects.count() == 30 and at == T0 + HOUR + timedelta(seconds=10)


def test_a_slow_rate_holds_up_no_other_occurrence(story):
    for _n in range(3):
        story.person()
    story.publish(journey_of({"rate": {"count": 1}}))
    story.publish(journey_of({}))
    assert schedules.run_due(T0) == 4  # one of the slow one, three of the other
    assert schedules.run_due(T0 + HOUR - timedelta(seconds=6)) == 0
    assert schedules.run_due(T0 + HOUR) == 1


def test_two_beats_at_once_ring_once(story):
    story.person()
    story.publish(journey_of({"at": "2026-01-05T11:00"}))
    assert schedules.run_due(T0 + HOUR) == 1
    Schedule.objects.update(due_at=T0 + HOUR)  # a beat that read the row before the other had moved it on
    assert schedules.run_due(T0 + HOUR) == 0
    assert Occurrence.objects.count() == 1


def test_a_person_who_makes_a_step_raise_holds_up_nobody(story, monkeypatch):
    from journeys.steps.wait import Wait

    bad = story.person()
    people = [story.person() for _n in range(3)]
    original = Wait.run

    def run(self, settings, visits, now):
        if bad.pk in visits.profile_ids:
            raise RuntimeError("bad luck")
        return original(self, settings, visits, now)

    monkeypatch.setattr(Wait, "run", run)
    story.publish(journey_of({}))
    assert schedules.run_due(T0) == 4
    story.until(T0)
    waiting = Enrolment.objects.filter(due_at=T0 + HOUR)
    assert set(waiting.values_list("profile_id", flat=True)) == {one.pk for one in people}
    assert Enrolment.objects.get(profile_id=bad.pk).attempts == 1


def test_an_occurrence_that_fails_holds_up_no_other_and_is_tried_again(story, monkeypatch):
    story.person()
    first, second = story.publish(journey_of({})), story.publish(journey_of({}))
    original = schedules._chunk

    def chunk(occurrence, now):
        if occurrence.journey_id == first.pk and now == T0:
            raise RuntimeError("bad luck")
        return original(occurrence, now)

    monkeypatch.setattr(schedules, "_chunk", chunk)
    assert schedules.run_due(T0) == 1
    assert list(Enrolment.objects.values_list("journey_id", flat=True)) == [second.pk]
    assert schedules.run_due(T0 + schedules.LATER) == 1
    assert Enrolment.objects.filter(journey_id=first.pk).count() == 1
