"""A move is undone: people stand again where they stood, with their old due time, unless they have moved on."""

from datetime import timedelta

import pytest

from channels.models import Message
from journeys import counts
from journeys.engine import advance, leave, move, undo_move
from journeys.models import Call, Enrolment, EventWait, Finished, MovedPerson
from journeys.webhooks import claim
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait
from tests.journeys.engine.test_move import LATE, inside, moved, pause, resume, wait_for

FIELDS = ("id", "version_id", "step", "arrived_at", "due_at", "frozen_due", "status")


def standing():
    return list(Enrolment.objects.order_by("id").values_list(*FIELDS))


def undone(found, at):
    promised = undo_move.able(found)
    move.undo(found, at)
    move.work_off(at)
    found.refresh_from_db()
    assert found.undone == promised  # what the dialog says
    return found


LONG = {"w": wait("P3D", "x"), "x": END}
SHORT = {"w": wait("PT1M", "x"), "x": END}


@pytest.mark.parametrize("after", [{"w": wait("P1D", "x"), "x": END}, SHORT, {**LONG, "y": END}])
def test_people_stand_again_where_they_stood(story, after):
    journey = inside(story, LONG, story.person(), story.person())
    before = standing()
    found = moved(story, journey, after, T0 + HOUR)
    undone(found, T0 + 2 * HOUR)
    assert standing() == before
    assert (found.state, found.undone, found.left) == ("undone", 2, 0)
    story.until(T0 + 3 * DAY)
    assert story.paths() == [["w", "x"], ["w", "x"]]


def test_whoever_has_moved_on_stays_where_she_is(story):
    ana, ben = story.person(), story.person()
    journey = inside(story, {"w": wait("P3D", "v"), "v": wait("P9D", "x"), "x": END}, ana)
    story.happen("go", T0 + HOUR, ben)
    old = journey.live_id
    found = moved(story, journey, {"w": wait("PT2H", "v"), "v": wait("P8D", "x"), "x": END}, T0 + HOUR)
    advance.advance_due(T0 + 2 * HOUR)  # ana goes on
    undone(found, T0 + 2 * HOUR)
    assert list(Enrolment.objects.order_by("id").values_list("version_id", "step")) == [
        (journey.live_id, "v"), (old, "w"),
    ]  # fmt: skip
    assert (found.undone, found.left) == (1, 1)


def test_a_wait_that_ended_meanwhile_ends_now(story):
    journey = inside(story, {"w": wait("P1D", "x"), "x": END})
    found = moved(story, journey, {"w": wait("P5D", "x"), "x": END}, T0 + HOUR)
    undone(found, T0 + 2 * DAY)
    assert Enrolment.objects.get().due_at == T0 + 2 * DAY
    advance.advance_due(T0 + 2 * DAY)
    assert story.paths() == [["w", "x"]]


@pytest.mark.parametrize("arrived", [False, True])
def test_people_sent_on_come_back(story, arrived):
    journey = inside(story, {"w": wait("P3D", "v"), "v": wait("P1D", "x"), "x": END})
    before = standing()
    found = moved(story, journey, {"v": wait("P1D", "x"), "x": END}, T0 + HOUR)
    if arrived:
        advance.advance_due(T0 + HOUR)
        assert Enrolment.objects.get().due_at == T0 + HOUR + DAY
    undone(found, T0 + 2 * HOUR)
    assert standing() == before and Enrolment.objects.get().context == {}
    numbers = counts.of_journey(journey.pk, T0)["steps"]
    assert (numbers["w"]["inside"], numbers["v"]["inside"]) == (1, 0)
    story.until(T0 + 9 * DAY)
    assert story.reasons() == ["completed"] and Finished.objects.get().ended_at == T0 + 4 * DAY


@pytest.mark.parametrize("after", [{"v": wait("P1D", "x"), "x": END}, {"y": END}])
def test_a_call_that_was_given_up_is_asked_for_again(story, after):
    url = "https://hooks.example.com/a"
    hook = {"kind": "call_webhook", "settings": {"url": url}, "next": {"next": "v", "failed": "v"}}
    journey = inside(story, {"h": hook, "v": wait("P1D", "x"), "x": END})
    found = moved(story, journey, after, T0 + HOUR)
    claim.sweep(T0 + HOUR)
    assert not Call.objects.exists()
    undone(found, T0 + 2 * HOUR)
    advance.advance_due(T0 + 2 * HOUR)
    row, asked = Enrolment.objects.get(), Call.objects.get()
    assert (row.step, row.due_at > T0 + DAY) == ("h", True)
    assert (asked.enrolment_id, asked.seq, asked.step, asked.outlet) == (row.pk, row.seq, "h", "")


def test_a_message_is_made_once_more_where_the_first_was_dropped(story):
    """A visit's number is never given twice, so the outbox takes the new one."""
    quiet = {"quiet_hours": {"from": "21:00", "to": "08:00", "then": "hold"}}
    night = T0 + 12 * HOUR
    journey = inside(story, {"m": mail("w"), "w": wait("P1D", "x"), "x": END}, at=night, **quiet)
    found = moved(story, journey, {"w": wait("P1D", "x"), "x": END}, night + HOUR, **quiet)
    undone(found, night + 2 * HOUR)
    story.until(T0 + 30 * HOUR)
    assert sorted(Message.objects.values_list("step", "state")) == [("m", "created"), ("m", "skipped")]


def test_people_whom_the_move_made_leave_are_let_in_again(story):
    ana = story.person()
    journey = inside(story, {"q": wait_for("paid", "P3D"), **LATE}, ana)
    before = standing()
    found = moved(story, journey, {"y": END}, T0 + HOUR)
    assert story.reasons() == ["step_removed"]
    undone(found, T0 + 2 * HOUR)
    assert standing() == before and story.reasons() == [None]
    assert Enrolment.objects.get().entry == {}
    numbers = counts.of_journey(journey.pk, T0)
    assert (numbers["totals"]["inside"], numbers["steps"]["q"]["inside"]) == (1, 1)
    story.happen("paid", T0 + 3 * HOUR, ana)
    assert story.reasons() == ["completed"]


def test_one_who_entered_anew_or_was_erased_is_not_let_in_again(story):
    ana, ben = story.person(), story.person()
    journey = inside(story, LONG, ana, ben, reentry={"mode": "after_exit"})
    found = moved(story, journey, {"y": wait("P1D", "x"), "z": END, "x": END}, T0 + HOUR, {"w": None})
    story.happen("go", T0 + HOUR, ana)
    ben.erased_at = T0 + HOUR
    ben.save(update_fields=["erased_at"])
    leave.erased([ben.pk], T0 + HOUR)
    assert MovedPerson.objects.filter(entry__isnull=True).count() == 1
    undone(found, T0 + 2 * HOUR)
    assert [(row.profile_id, row.step) for row in Enrolment.objects.all()] == [(ana.pk, "y")]
    assert (found.undone, found.left) == (0, 2)


def test_what_they_waited_for_and_missed_meanwhile_counts(story):
    ana = story.person()
    journey = inside(story, {"q": wait_for("paid", "P3D"), **LATE}, ana)
    found = moved(story, journey, {"q": wait_for("signed", "P3D"), **LATE}, T0 + HOUR)
    story.happen("paid", T0 + 2 * HOUR, ana)
    undone(found, T0 + 3 * HOUR)
    assert story.paths() == [["q", "x"]] and EventWait.objects.count() == 0


def test_paused_and_resumed_meanwhile(story):
    journey = inside(story, LONG)
    before = standing()
    found = moved(story, journey, {"w": wait("P1D", "x"), "x": END}, T0 + HOUR)
    pause(journey, T0 + 2 * HOUR)
    undone(found, T0 + 3 * HOUR)
    row = Enrolment.objects.get()
    assert (row.status, row.due_at, row.frozen_due) == (2, None, T0 + 3 * DAY)
    resume(journey, T0 + 4 * HOUR)
    assert standing() == before


def test_a_move_under_way_is_undone_as_far_as_it_came(story, monkeypatch):
    monkeypatch.setattr(move, "CHUNK", 2)
    journey = inside(story, LONG, *[story.person() for _n in range(5)])
    before = standing()
    story.publish_again(journey, document(SHORT), T0)
    found = move.start(journey, journey.live, {}, T0 + HOUR, None)
    move._one(T0 + HOUR, found.pk)
    assert Enrolment.objects.filter(version_id=journey.live_id).count() == 2
    assert move.undoable(found, T0 + HOUR)
    undone(found, T0 + HOUR)
    assert standing() == before and found.state == "undone"


def test_only_the_latest_move_of_the_last_days_can_be_undone(story):
    journey = inside(story, LONG)
    first = moved(story, journey, {"w": wait("P2D", "x"), "x": END}, T0 + HOUR)
    assert move.undoable(first, T0 + HOUR)
    assert not move.undoable(first, T0 + HOUR + move.UNDO)
    second = moved(story, journey, {"w": wait("P1D", "x"), "x": END}, T0 + 2 * HOUR)
    assert not move.undoable(first, T0 + 2 * HOUR) and move.undoable(second, T0 + 2 * HOUR)
    undone(second, T0 + 3 * HOUR)
    assert not move.undoable(second, T0 + 3 * HOUR)
    assert Enrolment.objects.get().due_at == T0 + 2 * DAY


def test_undoing_many_takes_as_many_statements_as_few(story):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(number):
        people = [story.person() for _n in range(number)]
        journey = inside(story, {"w": wait("P3D", "v"), "v": wait("P1D", "x"), "x": END}, *people)
        found = moved(story, journey, {"v": wait("P1D", "x"), "x": END}, T0 + HOUR)
        move.undo(found, T0 + timedelta(hours=2))
        with CaptureQueriesContext(connection) as seen:
            move._one(T0 + timedelta(hours=2), found.pk)
        assert Enrolment.objects.filter(step="w").count() == number
        Enrolment.objects.all().delete()
        journey.delete()
        return len(seen)

    assert statements(30) == statements(2)
