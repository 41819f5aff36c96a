"""People inside a journey are moved to another version: rows before and after, on real tables."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import Message
from content.models import Item, Variant
from journeys import counts
from journeys.engine import advance, explain, freeze, move
from journeys.models import CountDelta, Enrolment, EventWait, Failure, Finished, Journey, Move, MovedPerson
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

MINUTE = timedelta(minutes=1)


def until(settings, to):
    return {"kind": "wait_until", "settings": settings, "next": {"next": to}}


def wait_for(event, within="P1D"):
    return {
        "kind": "wait_for_event",
        "settings": {"within": within, "branches": [{"key": "a", "event": event}]},
        "next": {"a": "x", "timeout": "late"},
    }


def moved(story, journey, steps, at, targets=None, **policy):
    """Publishes the steps as the next version and moves everybody there."""
    story.publish_again(journey, document(steps, **policy), at)
    found = move.start(journey, journey.live, targets or {}, at, None)
    move.work_off(at)
    found.refresh_from_db()
    return found


def inside(story, steps, *people, at=T0, **policy):
    """A journey with these people (one, if none is named) at its first stop."""
    journey = story.publish(document(steps, **policy))
    story.happen("go", at, *(people or [story.person()]))
    return journey


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        ("PT3H", "PT2H", T0 + 2 * HOUR),
        ("PT3H", "PT10H", T0 + 10 * HOUR),
        ("P3D", "P1D", T0 + DAY),
        ("PT3H", "PT30M", T0 + HOUR),  # over already: at once
        ("P3D", "PT1M", T0 + HOUR),
    ],
)
def test_a_wait_ends_so_long_after_arriving_as_the_new_version_says(story, before, after, due):
    journey = inside(story, {"w": wait(before, "x"), "x": END})
    found = moved(story, journey, {"w": wait(after, "x"), "x": END}, T0 + HOUR)
    row = Enrolment.objects.get()
    assert (row.version_id, row.step, row.seq, row.due_at) == (journey.live_id, "w", 1, due)
    assert (found.state, found.total, found.moved, found.released) == ("moved", 1, 1, int(due == T0 + HOUR))


def test_released_people_go_on_at_once_and_the_past_does_not_run_again(story):
    steps = {"m": mail("w"), "w": wait("P3D", "n"), "n": mail("x"), "x": END}
    journey = inside(story, steps)
    moved(story, journey, {**steps, "m": mail("w", topic="news"), "w": wait("PT1H", "n")}, T0 + 2 * HOUR)
    assert advance.advance_due(T0 + 2 * HOUR) == 1
    assert story.paths() == [["m", "w", "n", "x"]]
    assert [step for step, _state, _reason in story.messages()] == ["m", "n"]


def test_an_unchanged_wait_goes_on_as_it_was(story):
    """Another step changes; hers does not, and the log says that she walks the new version now."""
    journey = inside(story, {"w": wait("P1D", "x"), "x": END})
    moved(story, journey, {"w": wait("P1D", "m"), "m": mail("x"), "x": END}, T0 + HOUR)
    assert Enrolment.objects.get().due_at == T0 + DAY
    story.until(T0 + DAY)
    assert story.paths() == [["w", "m", "x"]]


def test_nobody_waits_longer_than_the_new_version_lets_her_stay(story):
    steps = {"w": wait("P10D", "x"), "x": END}
    journey = inside(story, steps)
    moved(story, journey, {**steps, "v": END}, T0 + HOUR, max_stay="P5D")
    assert Enrolment.objects.get().due_at == T0 + 5 * DAY


def test_a_removed_step_sends_people_on_to_the_first_still_there(story):
    steps = {"w": wait("P3D", "m"), "m": mail("v"), "v": wait("P1D", "x"), "x": END}
    journey = inside(story, steps)
    found = moved(story, journey, {"v": wait("P1D", "x"), "x": END}, T0 + HOUR)
    row = Enrolment.objects.get()
    assert (row.step, row.seq, row.arrived_at, row.due_at) == ("v", 2, T0 + HOUR, T0 + HOUR)
    assert (found.sent_on, found.ended) == (1, 0)
    advance.advance_due(T0 + HOUR)
    assert Enrolment.objects.get().due_at == T0 + HOUR + DAY
    story.until(T0 + 9 * DAY)
    assert story.paths() == [["w", "v", "x"]] and story.reasons() == ["completed"]


def test_a_removed_step_sends_people_where_the_plan_says(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    moved(story, journey, {"m": mail("x"), "x": END}, T0 + HOUR, {"w": "m"})
    advance.advance_due(T0 + HOUR)
    assert story.paths() == [["w", "m", "x"]]


@pytest.mark.parametrize("targets", [{}, {"w": None}])
def test_without_a_step_to_go_to_people_leave(story, targets):
    after = {"y": END} if not targets else {"x": END}
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    found = moved(story, journey, after, T0 + HOUR, targets)
    assert story.reasons() == ["step_removed"] and (found.moved, found.ended) == (1, 1)


def test_a_step_of_another_kind_is_arrived_at_anew(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    moved(story, journey, {"w": mail("x"), "x": END}, T0 + HOUR)
    advance.advance_due(T0 + HOUR)
    assert [step for step, _state, _reason in story.messages()] == ["w"]
    assert story.reasons() == ["completed"]


def test_wait_until_in_the_persons_own_zone(story):
    people = [story.person(time_zone=zone) for zone in ("Asia/Seoul", "America/New_York")]
    journey = inside(story, {"u": until({"at": "23:00"}, "x"), "x": END}, *people)
    moved(story, journey, {"u": until({"at": "21:00"}, "x"), "x": END}, T0 + HOUR)
    assert [row.due_at for row in Enrolment.objects.order_by("id")] == [T0 + 2 * HOUR, T0 + 16 * HOUR]


def test_a_moment_that_was_over_before_she_came_makes_her_leave_where_the_step_says_so(story):
    journey = inside(story, {"u": until({"date": "2026-02-01"}, "x"), "x": END})
    past = until({"date": "2026-01-01", "past": "leave"}, "m")
    moved(story, journey, {"u": past, "m": mail("x"), "x": END}, T0 + HOUR)
    advance.advance_due(T0 + HOUR)
    assert Message.objects.count() == 0 and Finished.objects.get().outcome == "late"


def test_jitter_is_drawn_as_on_arrival(story):
    def jittered(length):
        return {"kind": "wait", "settings": {"for": length, "jitter": "PT1H"}, "next": {"next": "x"}}

    people = [story.person() for _n in range(10)]
    journey = inside(story, {"w": jittered("PT3H"), "x": END}, *people)
    before = dict(Enrolment.objects.values_list("id", "due_at"))
    moved(story, journey, {"w": jittered("PT5H"), "x": END}, T0 + HOUR)
    assert dict(Enrolment.objects.values_list("id", "due_at")) == {
        id_: due + 2 * HOUR for id_, due in before.items()
    }


LATE = {"late": END, "x": END}


def test_waits_for_events_are_registered_again(story):
    ana = story.person()
    journey = inside(story, {"q": wait_for("payed"), **LATE}, ana)
    moved(story, journey, {"q": wait_for("paid", "P2D"), **LATE}, T0 + HOUR)
    assert [(row.name, row.expires_at) for row in EventWait.objects.all()] == [("paid", T0 + 2 * DAY)]
    story.happen("payed", T0 + 2 * HOUR, ana)
    assert story.reasons() == [None]
    story.happen("paid", T0 + 3 * HOUR, ana)
    assert story.paths() == [["q", "x"]]


def test_what_happened_since_she_came_counts_for_a_new_event(story):
    ana, ben = story.person(), story.person()
    story.happen("paid", T0 - HOUR, ben)
    journey = inside(story, {"q": wait_for("payed"), **LATE}, ana, ben)
    story.happen("paid", T0 + MINUTE, ana)
    moved(story, journey, {"q": wait_for("paid"), **LATE}, T0 + HOUR)
    assert story.paths() == [["q", "x"], ["q"]]


def test_a_wait_for_an_event_that_is_shortened_times_out(story):
    journey = inside(story, {"q": wait_for("paid", "P3D"), **LATE})
    moved(story, journey, {"q": wait_for("paid", "PT1H"), **LATE}, T0 + 2 * HOUR)
    advance.advance_due(T0 + 2 * HOUR)
    assert story.paths() == [["q", "late"]] and EventWait.objects.count() == 0


def test_removing_a_wait_for_an_event_forgets_the_event(story):
    journey = inside(story, {"q": wait_for("paid"), **LATE})
    moved(story, journey, {"w": wait("P1D", "late"), **LATE}, T0 + HOUR, {"q": "w"})
    advance.advance_due(T0 + HOUR)
    assert EventWait.objects.count() == 0 and Enrolment.objects.get().step == "w"


QUIET = {"quiet_hours": {"from": "21:00", "to": "08:00", "then": "hold"}}


def test_a_held_message_keeps_its_content(story):
    other = Item.objects.create(workspace=story.workspace, slug="other", name="Other", medium="email")
    Variant.objects.create(
        item=other, locale="en", data={"subject": "Other", "format": "html", "body": "<p>Other</p>"}
    )
    night = T0 + 12 * HOUR
    journey = inside(story, {"m": mail("n"), "n": mail("x"), "x": END}, at=night, **QUIET)
    (held,) = Message.objects.all()
    assert held.state == "held"
    after = {"m": mail("n", content="other"), "n": mail("x", content="other"), "x": END}
    moved(story, journey, after, night + HOUR, **QUIET)
    story.until(T0 + 30 * HOUR)
    first, second = Message.objects.order_by("seq")
    assert (first.state, first.content_version_id) == ("created", held.content_version_id)
    assert second.state == "created" and second.content_version_id != held.content_version_id


def test_a_held_message_whose_hours_are_lifted_goes_at_once(story):
    night = T0 + 12 * HOUR
    journey = inside(story, {"m": mail("x"), "x": END}, at=night, **QUIET)
    moved(story, journey, {"m": mail("x"), "x": END}, night + HOUR)
    advance.advance_due(night + HOUR)
    assert story.messages() == [("m", "created", "")] and story.reasons() == ["completed"]


def test_the_held_message_of_a_removed_step_is_not_sent(story):
    night = T0 + 12 * HOUR
    journey = inside(story, {"m": mail("w"), "w": wait("P1D", "x"), "x": END}, at=night, **QUIET)
    moved(story, journey, {"w": wait("P1D", "x"), "x": END}, night + HOUR, **QUIET)
    assert story.messages() == [("m", "skipped", "exit_rule")]


def pause(journey, at):
    Journey.objects.filter(pk=journey.pk).update(state="paused")
    freeze.freeze(journey.pk, at)


def resume(journey, at):
    Journey.objects.filter(pk=journey.pk).update(state="live")
    freeze.thaw(journey.pk, at)


def test_paused_people_are_moved_and_stay_paused(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    pause(journey, T0 + HOUR)
    moved(story, journey, {"w": wait("P1D", "x"), "x": END}, T0 + 2 * HOUR)
    row = Enrolment.objects.get()
    assert (row.status, row.due_at, row.frozen_due) == (2, None, T0 + DAY)
    resume(journey, T0 + 3 * HOUR)
    assert Enrolment.objects.get().due_at == T0 + DAY


def test_paused_people_of_a_removed_step_arrive_when_it_is_resumed(story):
    journey = inside(story, {"w": wait("P3D", "v"), "v": wait("P1D", "x"), "x": END})
    pause(journey, T0 + HOUR)
    moved(story, journey, {"v": wait("P1D", "x"), "x": END}, T0 + 2 * HOUR)
    assert advance.advance_due(T0 + 3 * HOUR) == 0
    resume(journey, T0 + 4 * HOUR)
    advance.advance_due(T0 + 4 * HOUR)
    row = Enrolment.objects.get()
    assert (row.step, row.due_at) == ("v", T0 + 4 * HOUR + DAY)


def park(step):
    row = Enrolment.objects.get()
    Enrolment.objects.update(status=1, due_at=None, attempts=4)
    Failure.objects.create(
        enrolment_id=row.pk, journey_id=row.journey_id, step=step, error="ValueError", attempts=4, at=T0
    )


def test_a_parked_person_stays_parked_on_the_new_version(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    park("w")
    moved(story, journey, {"w": wait("PT1M", "x"), "x": END}, T0 + HOUR)
    row = Enrolment.objects.get()
    assert (row.version_id, row.status, row.due_at) == (journey.live_id, 1, None)
    assert Failure.objects.count() == 1


def test_one_who_failed_at_a_removed_step_goes_on(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    park("w")
    moved(story, journey, {"x": END}, T0 + HOUR)
    advance.advance_due(T0 + HOUR)
    assert story.reasons() == ["completed"] and Failure.objects.count() == 0


def test_one_who_is_about_to_be_tried_again_keeps_her_turn(story):
    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    Enrolment.objects.update(attempts=1, due_at=T0 + 2 * HOUR)
    moved(story, journey, {"w": wait("P5D", "x"), "x": END}, T0 + HOUR)
    assert Enrolment.objects.get().due_at == T0 + 2 * HOUR


def test_counts_equal_the_people(story):
    people = [story.person() for _n in range(3)]
    journey = inside(story, {"w": wait("P3D", "v"), "v": wait("P1D", "x"), "x": END}, *people)
    moved(story, journey, {"v": wait("P1D", "x"), "x": END}, T0 + HOUR)
    found = counts.of_journey(journey.pk, T0)
    assert (found["steps"]["w"]["inside"], found["steps"]["v"]["inside"]) == (0, 3)
    story.until(T0 + 9 * DAY)
    found = counts.of_journey(journey.pk, T0)
    assert found["totals"] == {"entered": 3, "inside": 0, "ended": 3, "goal": 0}
    assert {step["inside"] for step in found["steps"].values()} == {0}


def test_the_log_tells_of_the_move(story):
    journey = inside(story, {"w": wait("P3D", "v"), "v": wait("P1D", "x"), "x": END})
    moved(story, journey, {"v": wait("P1D", "x"), "x": END}, T0 + HOUR)
    story.until(T0 + 9 * DAY)
    (walk,) = explain.walks([Finished.objects.get().enrolment_id]).values()
    assert [(visit.step, visit.arrived_at, visit.left_at) for visit in walk.visits] == [
        ("w", T0, T0 + HOUR), ("v", T0 + HOUR, T0 + HOUR + DAY), ("x", T0 + HOUR + DAY, T0 + HOUR + DAY),
    ]  # fmt: skip


def test_people_of_every_older_version_are_moved_and_no_others(story):
    people = [story.person() for _n in range(3)]
    journey = inside(story, {"w": wait("P3D", "x"), "x": END}, people[0])
    for person, length in zip(people[1:], ("P4D", "P5D"), strict=True):
        story.publish_again(journey, document({"w": wait(length, "x"), "x": END}), T0)
        story.happen("go", T0, person)
    middle = journey.versions.get(number=2)
    move.start(journey, middle, {}, T0 + HOUR, None)
    move.work_off(T0 + HOUR)
    assert sorted(Enrolment.objects.values_list("version_id", "due_at")) == [
        (middle.pk, T0 + 4 * DAY), (middle.pk, T0 + 4 * DAY), (journey.live_id, T0 + 5 * DAY),
    ]  # fmt: skip


def test_many_people_take_as_many_statements_as_few(story):
    """A chunk's statements depend on the steps at which people stand, never on the people."""

    def statements(number):
        journey = inside(story, {"w": wait("P3D", "x"), "x": END}, *[story.person() for _n in range(number)])
        story.publish_again(journey, document({"w": wait("PT90M", "x"), "x": END}), T0)
        found = move.start(journey, journey.live, {}, T0 + HOUR, None)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            move._one(T0 + HOUR, found.pk)
        assert Enrolment.objects.filter(version_id=journey.live_id).count() == number
        Enrolment.objects.all().delete()
        journey.delete()
        return len(seen)

    assert statements(40) == statements(2)


def test_late_entrants_of_the_old_version_are_found_a_while_later(story):
    """A batch of events that had read the old version let somebody in after the move was through."""
    from journeys.engine import enrol, plan

    journey = inside(story, {"w": wait("P3D", "x"), "x": END})
    old = journey.live_id
    found = moved(story, journey, {"w": wait("P1D", "x"), "x": END}, T0 + HOUR)
    before = plan.load([old])[old]
    enrol.enter(before, before.triggers["t"], [enrol.Candidate(story.person().pk, {}, T0 + HOUR)], T0 + HOUR)
    assert Enrolment.objects.filter(version_id=old).count() == 1
    assert move.work_off(T0 + HOUR + 10 * MINUTE) == 1
    assert not Enrolment.objects.filter(version_id=old).exists()
    found.refresh_from_db()
    assert (found.moved, found.look_at) == (2, found.undo_until)


def test_an_odd_step_does_not_keep_people_from_moving(story, monkeypatch):
    from journeys.steps.wait_until import WaitUntil

    def broken(*_arguments):
        raise ValueError("odd")

    monkeypatch.setattr(WaitUntil, "due_again", broken)
    journey = inside(story, {"u": until({"at": "23:00"}, "x"), "x": END})
    moved(story, journey, {"u": until({"at": "21:00"}, "x"), "x": END}, T0 + HOUR)
    row = Enrolment.objects.get()
    assert (row.version_id, row.due_at) == (journey.live_id, T0 + 13 * HOUR)


def test_a_move_that_fails_holds_up_no_other(story, monkeypatch):
    moves = []
    for _n in range(2):
        journey = inside(story, {"w": wait("P3D", "x"), "x": END})
        story.publish_again(journey, document({"w": wait("P1D", "x"), "x": END}), T0)
        moves.append(move.start(journey, journey.live, {}, T0 + HOUR, None))
    chunk = move._chunk

    def faulty(working, now, batches):
        if working.pk == moves[0].pk:
            raise ZeroDivisionError
        return chunk(working, now, batches)

    monkeypatch.setattr(move, "_chunk", faulty)
    assert move.work_off(T0 + HOUR) == 1
    monkeypatch.undo()
    assert move.work_off(T0 + HOUR) == 0
    assert move.work_off(T0 + HOUR + 2 * MINUTE) == 1
    assert set(Enrolment.objects.values_list("due_at", flat=True)) == {T0 + DAY}


def test_where_they_stood_is_forgotten_when_it_cannot_be_undone_any_more(story):
    journey = inside(story, {"w": wait("P30D", "x"), "x": END})
    found = moved(story, journey, {"w": wait("P20D", "x"), "x": END}, T0 + HOUR)
    move.work_off(found.undo_until - MINUTE)
    assert MovedPerson.objects.count() == 1
    move.work_off(found.undo_until)
    found.refresh_from_db()
    assert (MovedPerson.objects.count(), found.look_at, found.state) == (0, None, "moved")
    assert CountDelta.objects.filter(outlet="!moved").count() == 0 and Move.objects.count() == 1
