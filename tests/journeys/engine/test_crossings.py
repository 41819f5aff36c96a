"""People enter by coming into a segment, or by dropping out of it."""

import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.engine import crossings, late_crossings, on_events, schedules
from journeys.engine.crossings import work
from journeys.models import Enrolment, LateCrossing, Occurrence, SegmentWatch
from profiles import membership
from profiles.merge import merge
from profiles.models import Profile, Segment, SegmentChange, SegmentMember, TrackedSegment
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

PRO = {"attribute": "plan", "op": "is", "value": "pro"}
BOUGHT = {"event": "bought", "op": "at_least", "times": 1, "within": "P1D"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def segment(story):
    return Segment.objects.create(workspace=story.workspace, slug="s", name="Loyal", condition=PRO)


def journey_of(direction="enter", present=False, **policy):
    trigger = {"kind": "segment", "segment": "s", "direction": direction, "next": "w"}
    if present:
        trigger["include_present"] = True
    return document({"w": wait("PT1H", "x"), "x": END}, triggers={"t": trigger}, **policy)


def inside(journey=None):
    rows = Enrolment.objects.order_by("profile_id")
    rows = rows.filter(journey_id=journey.pk) if journey else rows
    return list(rows.values_list("profile_id", flat=True))


def test_who_comes_in_enters_at_once_and_who_was_in_does_not(story, segment):
    story.person(plan="pro")
    ana = story.person(plan="free")
    story.publish(journey_of())
    story.change(T0 + HOUR, ana, plan="pro")
    (row,) = Enrolment.objects.all()
    assert (row.profile_id, row.entered_at, row.due_at) == (ana.pk, T0 + HOUR, T0 + 2 * HOUR)
    assert row.entry == {"segment": "s", "direction": "enter", "at": "2026-01-05T11:00:00Z"}
    assert not SegmentChange.objects.exists()


def test_who_drops_out_enters(story, segment):
    ana = story.person(plan="pro")
    story.publish(journey_of("leave"))
    story.change(T0 + HOUR, ana, plan="free")
    story.change(T0 + HOUR, story.person(plan="free"), plan="pro")
    (row,) = Enrolment.objects.all()
    assert (row.profile_id, row.entry["direction"]) == (ana.pk, "leave")


def test_an_event_brings_in_and_time_takes_out(story, segment):
    Segment.objects.update(condition=BOUGHT)
    ana = story.person()
    came, left = story.publish(journey_of()), story.publish(journey_of("leave"))
    story.happen("bought", T0 + HOUR, ana)
    assert (inside(came), inside(left)) == ([ana.pk], [])
    membership.sweep(T0 + HOUR + DAY)
    assert work(T0 + HOUR + DAY) == 0
    membership.sweep(T0 + HOUR + DAY + MINUTE)
    assert work(T0 + HOUR + DAY + MINUTE) == 1
    assert inside(left) == [ana.pk]


def test_in_and_out_and_in_again_enters_by_the_rule_of_reentry(story, segment):
    ana = story.person()
    once, often = story.publish(journey_of()), story.publish(journey_of(reentry={"mode": "every_time"}))
    for hours, plan in enumerate(["pro", "free", "pro"]):
        story.change(T0 + timedelta(minutes=hours), ana, plan=plan)
    assert (inside(once), inside(often)) == ([ana.pk], [ana.pk] * 2)


def test_told_twice_enters_once(story, segment):
    ana = story.person()
    story.publish(journey_of(reentry={"mode": "every_time"}))
    story.change(T0 + MINUTE, ana, plan="pro")
    story.tell([], [ana.pk], T0 + MINUTE)
    assert work(T0 + MINUTE) == 0 and inside() == [ana.pk]


def test_a_worker_that_dies_before_its_commit_leaves_it_to_the_next(story, segment, monkeypatch):
    ana = story.person(plan="pro")
    story.publish(journey_of())
    SegmentMember.objects.all().delete()
    membership.refresh(story.workspace.pk, [ana.pk], T0 + MINUTE)
    monkeypatch.setattr(crossings, "let_in", lambda *_args: sys.exit(1))
    with pytest.raises(SystemExit):
        work(T0 + MINUTE)
    assert inside() == [] and SegmentChange.objects.count() == 1
    monkeypatch.undo()
    assert work(T0 + 2 * MINUTE) == 1
    assert Enrolment.objects.get().entered_at == T0 + MINUTE  # when it happened


def test_those_who_are_in_enter_once_with_the_publishing(story, segment, monkeypatch):
    monkeypatch.setattr(schedules, "CHUNK", 2)
    people = [story.person(plan="pro") for _n in range(5)]
    story.person(plan="free")
    journey = story.publish(journey_of(present=True))
    schedules._work(T0)  # and here the worker dies
    gone, late = people[-1], story.person()
    story.change(T0 + MINUTE, gone, plan="free")  # no longer in when her turn comes
    story.change(T0 + MINUTE, late, plan="pro")
    assert schedules.run_due(T0 + 2 * MINUTE) == 2
    assert inside() == sorted([*(one.pk for one in people[:-1]), late.pk])
    assert Enrolment.objects.get(profile_id=people[0].pk).entry["at"] == "2026-01-05T10:00:00Z"
    story.until(T0 + DAY)
    story.publish_again(journey, journey_of(present=True, goal={"event": "bought"}), T0 + DAY)
    assert schedules.run_due(T0 + DAY) == 0 and Occurrence.objects.count() == 1


def test_who_came_in_before_a_journey_was_live_does_not_enter_it(story, segment):
    ana = story.person()
    story.publish(journey_of())
    membership.refresh(story.workspace.pk, [ana.pk], T0)
    Profile.objects.filter(pk=ana.pk).update(attributes={"plan": "pro"})
    membership.refresh(story.workspace.pk, [ana.pk], T0 + MINUTE)  # noticed, not yet acted upon
    second = story.publish(journey_of(), at=T0 + HOUR)
    assert work(T0 + HOUR) == 1
    assert inside(second) == []


def test_a_paused_journey_follows_nothing_and_begins_anew(story, segment):
    ana, bo = story.person(), story.person()
    journey = story.publish(journey_of())
    journey.state = "paused"
    journey.save()
    schedules.disarm(journey)
    assert not TrackedSegment.objects.exists() and not SegmentMember.objects.exists()
    story.change(T0 + HOUR, ana, plan="pro")
    journey.state = "live"
    journey.save()
    schedules.arm(journey, journey.live, T0 + 2 * HOUR)
    membership.sweep(T0 + 3 * HOUR)
    story.change(T0 + 3 * HOUR, bo, plan="pro")
    assert work(T0 + 3 * HOUR) == 0 and inside() == [bo.pk]


def test_a_segment_is_followed_as_long_as_one_journey_needs_it(story, segment):
    first, second = story.publish(journey_of()), story.publish(journey_of("leave"))
    schedules.disarm(first)
    assert TrackedSegment.objects.count() == 1
    story.publish_again(
        second, document({"w": wait("PT1H", "x"), "x": END}), T0 + HOUR
    )  # its new version starts by an event
    assert not TrackedSegment.objects.exists() and not SegmentWatch.objects.exists()


def test_a_new_version_goes_on_as_before(story, segment):
    ana = story.person()
    journey = story.publish(journey_of())
    story.publish_again(journey, journey_of(goal={"event": "bought"}), T0 + HOUR)
    assert SegmentWatch.objects.get().since == T0
    story.change(T0 + 2 * HOUR, ana, plan="pro")
    assert Enrolment.objects.get().version_id == journey.live_id


def test_one_bad_person_holds_up_nobody(story, segment, monkeypatch):
    from journeys.steps.wait import Wait

    bad, good = story.person(), story.person()
    original = Wait.run

    def run(self, settings, visits, now):
        if bad.pk in visits.profile_ids:
            raise RuntimeError("bad luck")
        return original(self, settings, visits, now)

    monkeypatch.setattr(Wait, "run", run)
    story.publish(journey_of())
    Profile.objects.update(attributes={"plan": "pro"})
    story.tell([], [bad.pk, good.pk], T0 + MINUTE)
    story.until(T0 + MINUTE)
    assert Enrolment.objects.get(profile_id=good.pk).due_at == T0 + MINUTE + HOUR
    assert Enrolment.objects.get(profile_id=bad.pk).attempts == 1 and not SegmentChange.objects.exists()


def test_two_who_become_one_enter_once(story, segment):
    gone, kept = story.person(), story.person()
    story.publish(journey_of())
    story.change(T0 + MINUTE, gone, plan="pro")
    with connection.cursor() as cursor:
        merge(cursor, story.workspace.pk, [(gone.pk, kept.pk)], T0 + HOUR)
    story.tell([], [kept.pk], T0 + HOUR)
    assert inside() == [kept.pk]


def test_a_deleted_segment_moves_nobody(story, segment):
    ana = story.person(plan="pro")
    story.publish(journey_of("leave"))
    segment.delete()
    story.change(T0 + HOUR, ana, plan="free")
    membership.sweep(T0 + DAY)
    assert work(T0 + DAY) == 0 and inside() == []


def test_a_journey_without_segments_asks_nothing_more(story, segment, django_assert_num_queries):
    story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    ana = story.person()
    on_events.handle(story.workspace.pk, [], [ana.pk], T0)
    with django_assert_num_queries(1):  # which journeys are live
        on_events.handle(story.workspace.pk, [], [ana.pk], T0)


def test_many_people_cost_no_more_statements_than_two(story, segment):
    story.publish(journey_of())
    people = [story.person() for _n in range(40)]
    story.tell([], [people[0].pk], T0)
    spent = []
    for some in (people[1:3], people[3:]):
        ids = [one.pk for one in some]
        Profile.objects.filter(pk__in=ids).update(attributes={"plan": "pro"})
        with CaptureQueriesContext(connection) as asked:
            story.tell([], ids, T0 + MINUTE)
        spent.append(len(asked))
    assert len(inside()) == 39 and spent[0] == spent[1]


@pytest.fixture
def unlucky(monkeypatch):
    """Journeys, and people, for whom letting in raises, whatever the reason."""
    journeys, people, real = set(), set(), crossings.let_in

    def let_in(found, way, candidates, now):
        if found.journey_id in journeys or people & {one.profile_id for one in candidates}:
            raise RuntimeError("bad luck")
        return real(found, way, candidates, now)

    monkeypatch.setattr(crossings, "let_in", let_in)
    return journeys, people


def test_a_journey_that_fails_holds_up_no_other_and_is_tried_again(story, segment, unlucky):
    first, second = story.publish(journey_of()), story.publish(journey_of())
    unlucky[0].add(first.pk)
    ana = story.person(plan="free")
    story.change(T0 + MINUTE, ana, plan="pro")
    assert (inside(first), inside(second)) == ([], [ana.pk])
    late = LateCrossing.objects.get()
    assert (late.journey_id, late.error, late.attempts) == (first.pk, "RuntimeError: bad luck", 1)
    assert work(T0 + MINUTE) == 0 and LateCrossing.objects.get().attempts == 1
    assert work(T0 + 2 * MINUTE) == 0 and LateCrossing.objects.get().attempts == 2
    unlucky[0].clear()
    assert work(T0 + 2 * MINUTE) == 0
    assert work(T0 + 10 * MINUTE) == 1 and not LateCrossing.objects.exists()
    assert inside(first) == [ana.pk]
    assert Enrolment.objects.get(journey_id=first.pk).entry["at"] == "2026-01-05T10:01:00Z"


def test_one_person_for_whom_it_fails_holds_up_the_others_for_minutes_at_most(story, segment, unlucky):
    journey = story.publish(journey_of())
    people = [story.person(plan="pro") for _n in range(7)]
    unlucky[1].add(people[4].pk)
    membership.refresh(story.workspace.pk, [one.pk for one in people], T0 + MINUTE)
    for minutes in (1, 2, 7):
        work(T0 + minutes * MINUTE)
    assert inside(journey) == [one.pk for one in people if one is not people[4]]
    (late,) = LateCrossing.objects.all()
    assert (len(late.changes), late.next_at) == (1, T0 + 7 * MINUTE + late_crossings.PAUSES[2])


def test_what_failed_of_a_journey_that_is_paused_is_forgotten(story, segment, unlucky):
    journey = story.publish(journey_of())
    unlucky[0].add(journey.pk)
    story.change(T0 + MINUTE, story.person(plan="free"), plan="pro")
    assert LateCrossing.objects.exists()
    crossings.disarm(journey)
    assert not LateCrossing.objects.exists()
