"""The twelve rules of journeys.md 6, each with a test that would fail without it; 7 to 9 have files of their own."""

from datetime import timedelta

import pytest

from channels.models import Message
from journeys import counts
from journeys.engine import advance, counting, enrol, leave, plan, rescue
from journeys.models import CountDelta, Enrolment, EventWait, Failure, Finished, Pass, StepCount
from journeys.steps.end import End
from journeys.steps.wait import Wait
from profiles.models import Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait

MINUTE = timedelta(minutes=1)
WAITING = document({"w": wait("P1D", "x"), "x": END})


# Rule 1


def test_one_running_enrolment_a_person(story):
    story.publish(WAITING)
    ana, ben = story.person(), story.person()
    story.happen("go", T0, ana, ben)
    story.happen("go", T0 + HOUR, ana)
    assert story.paths() == [["w"], ["w"]]


def test_cooldown_counts_from_the_end(story):
    story.publish(
        document({"w": wait("PT1H", "x"), "x": END}, reentry={"mode": "after_exit", "cooldown": "P7D"})
    )
    ana = story.person()
    story.happen("go", T0, ana)
    story.until(T0 + HOUR)
    story.happen("go", T0 + 7 * DAY, ana)
    assert len(story.paths()) == 1
    story.happen("go", T0 + 7 * DAY + HOUR, ana)
    assert len(story.paths()) == 2


def test_never_holds_after_the_end(story):
    story.publish(document({"x": END}, reentry={"mode": "never"}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("go", T0 + DAY, ana)
    assert story.reasons() == ["completed"]


def test_never_with_a_key_is_once_a_key(story):
    story.publish(document({"x": END}, reentry={"mode": "never", "key": "order.id"}))
    ana = story.person()
    for order in ("A", "A", "B"):
        story.happen("go", T0, ana, order={"id": order})
    assert sorted(Finished.objects.values_list("instance_key", flat=True)) == ["A", "B"]


def test_every_time_stands_side_by_side_and_the_same_event_is_once(story):
    journey = story.publish(document({"w": wait("P1D", "x"), "x": END}, reentry={"mode": "every_time"}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("go", T0, ana)
    found = plan.load([journey.live_id])[journey.live_id]
    event = Enrolment.objects.first().instance_key.removeprefix("#")
    again = [enrol.Candidate(ana.pk, {}, T0, mark=event)]
    assert enrol.enter(found, found.triggers["t"], again, T0) == []
    assert len(story.paths()) == 2


# Rules 2 and 3


def test_a_pass_is_all_or_nothing(story, monkeypatch):
    story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, story.person(), story.person())
    before = list(Enrolment.objects.order_by("pk").values())
    deltas = CountDelta.objects.count()
    monkeypatch.setattr("channels.outbox.create", _die)
    with pytest.raises(KeyboardInterrupt):
        advance.advance_due(T0 + HOUR)
    monkeypatch.undo()
    assert list(Enrolment.objects.order_by("pk").values()) == before
    assert (Pass.objects.count(), CountDelta.objects.count(), Message.objects.count()) == (2, deltas, 0)
    story.until(T0 + HOUR)
    assert story.paths() == [["w", "m", "x"]] * 2 and story.messages() == [("m", "created", "")] * 2


def _die(*_arguments):
    raise KeyboardInterrupt


def test_a_message_is_made_once_a_visit(story):
    story.publish(document({"m": mail("w"), "w": wait("PT1H", "x"), "x": END}))
    story.happen("go", T0, story.person())
    message = Message.objects.get()
    with pytest.raises(Exception, match="message_once"):
        Message.objects.create(
            workspace_id=1,
            enrolment_id=message.enrolment_id,
            seq=message.seq,
            profile_id=1,
            medium="email",
            created_at=T0,
            due_at=T0,
        )


# Rule 4


def test_one_bad_person_holds_up_nobody(story, monkeypatch):
    story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    people = [story.person() for _n in range(7)]
    story.happen("go", T0, *people)
    bad = people[3].pk
    good_run = End.run
    monkeypatch.setattr(End, "run", lambda self, s, visits, now: _refuse(bad, good_run, self, s, visits, now))
    at = T0 + HOUR
    advance.advance_due(at)
    assert Finished.objects.count() == 6
    row = Enrolment.objects.get()
    assert (row.profile_id, row.attempts, row.due_at, row.step) == (bad, 1, at + MINUTE, "w")
    for length in (1, 5, 30):
        at += timedelta(minutes=length)
        advance.advance_due(at)
    row.refresh_from_db()
    assert (row.status, row.due_at) == (1, None)
    failure = Failure.objects.get()
    assert (failure.step, failure.attempts) == ("x", 4) and "broken" in failure.error

    monkeypatch.undo()
    assert rescue.resume([row.pk], at) == 1
    advance.advance_due(at)
    assert Failure.objects.count() == 0 and Finished.objects.count() == 7


def _refuse(bad, run, *arguments):
    if bad in arguments[2].profile_ids:
        raise ValueError("broken")
    return run(*arguments)


def test_one_bad_person_at_the_start_lets_the_others_in(story, monkeypatch):
    story.publish(WAITING)
    people = [story.person() for _n in range(5)]
    bad, run = people[2].pk, Wait.run
    monkeypatch.setattr(Wait, "run", lambda self, s, visits, now: _refuse(bad, run, self, s, visits, now))
    story.happen("go", T0, *people)
    waiting = Enrolment.objects.filter(due_at=T0 + DAY)
    assert set(waiting.values_list("profile_id", flat=True)) == {p.pk for p in people} - {bad}
    monkeypatch.undo()
    advance.advance_due(T0 + MINUTE)
    assert Enrolment.objects.get(profile_id=bad).due_at == T0 + DAY + MINUTE
    assert story.paths() == [["w"]] * 5


def test_an_increment_of_a_text_leaves_it_as_it_was(story):
    steps = {
        "u": {"kind": "update_profile", "settings": {"increment": {"visits": 1}}, "next": {"next": "x"}},
        "x": END,
    }
    story.publish(document(steps))
    story.happen("go", T0, story.person(visits="many"), story.person(visits=2))
    assert story.paths() == [["u", "x"], ["u", "x"]]
    assert [p.attributes["visits"] for p in Profile.objects.order_by("pk")] == ["many", 3]


# Rule 6


def test_a_thousand_visits_end_it_with_a_reason(story):
    story.publish(document({"a": wait("PT1M", "b"), "b": wait("PT1M", "a")}))
    story.happen("go", T0, story.person())
    row = Enrolment.objects.get()
    Enrolment.objects.update(context={"$visits": {"a": 1000, "b": 999}})
    story.until(T0 + HOUR)
    ended = Finished.objects.get(enrolment_id=row.pk)
    assert (ended.reason, ended.outcome, ended.step) == ("failed", "too_many_visits", "a")


def test_a_stay_ends_after_max_stay(story):
    story.publish(document({"w": wait("P10D", "x"), "x": END}, max_stay="P3D"))
    story.happen("go", T0, story.person())
    story.until(T0 + 20 * DAY)
    assert (Finished.objects.get().reason, Finished.objects.get().ended_at) == ("max_stay", T0 + 3 * DAY)


# Rule 10 and 11


def test_a_merge_keeps_the_earliest(story):
    story.publish(WAITING)
    first, second = story.person(), story.person()
    story.happen("go", T0, first)
    story.happen("go", T0 + HOUR, second)
    early = Enrolment.objects.get(profile_id=first.pk).pk
    leave.merged([(first.pk, second.pk)], T0 + 2 * HOUR)
    row = Enrolment.objects.get()
    assert (row.pk, row.profile_id) == (early, second.pk)
    assert Finished.objects.get().reason == "merged"


def test_several_who_become_one_at_once_keep_the_earliest(story):
    story.publish(WAITING)
    people = [story.person() for _number in range(3)]
    for hour, one in enumerate(people[:2]):
        story.happen("go", T0 + hour * HOUR, one)
    early = Enrolment.objects.get(profile_id=people[0].pk).pk
    leave.merged([(one.pk, people[2].pk) for one in people[:2]], T0 + 2 * HOUR)
    row = Enrolment.objects.get()
    assert (row.pk, row.profile_id) == (early, people[2].pk)
    assert Finished.objects.get().reason == "merged"


def test_erasing_ends_and_counts_stay(story):
    journey = story.publish(WAITING)
    ana = story.person()
    story.happen("go", T0, ana)
    leave.erased([ana.pk], T0 + HOUR)
    assert story.reasons() == ["erased"]
    assert counts.of_journey(journey.pk, T0)["totals"]["entered"] == 1


# Rule 12


def test_counts_equal_the_rows_behind_them(story):
    journey = story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, *[story.person() for _n in range(5)])
    story.until(T0 + HOUR)
    story.happen("go", T0 + HOUR, *[story.person() for _n in range(3)])
    before = counts.of_journey(journey.pk, T0)
    assert counting.fold() > 0
    assert counts.of_journey(journey.pk, T0) == before
    assert CountDelta.objects.count() == 0 and StepCount.objects.count() > 0
    assert before["steps"]["w"] == {"entered": 8, "inside": 3, "completed": 5, "outlets": {"next": 5}}
    assert before["steps"]["x"] == {"entered": 5, "inside": 0, "completed": 0, "outlets": {}}
    assert before["totals"] == {"entered": 8, "inside": 3, "ended": 5, "goal": 0}
    assert Enrolment.objects.filter(step="w").count() == 3 and Finished.objects.count() == 5


# Versions


def test_people_finish_on_the_version_they_started(story):
    journey = story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    story.happen("go", T0, story.person())
    story.publish_again(journey, document({"w": wait("P9D", "y"), "y": END}), T0 + MINUTE)
    story.happen("go", T0 + MINUTE, story.person())
    story.until(T0 + HOUR)
    assert story.paths() == [["w", "x"], ["w"]]


def test_waits_leave_no_rows_behind(story):
    steps = {
        "q": {
            "kind": "wait_for_event",
            "settings": {"within": "P1D", "branches": [{"key": "paid", "event": "paid"}]},
            "next": {"paid": "x", "timeout": "x"},
        },
        "x": END,
    }
    journey = story.publish(document(steps))
    ana, ben, cem = story.person(), story.person(), story.person()
    story.happen("go", T0, ana, ben, cem)
    assert EventWait.objects.count() == 3
    story.happen("paid", T0 + HOUR, ana)
    leave.leave([Enrolment.objects.get(profile_id=ben.pk).pk], "stopped", T0 + HOUR)
    story.until(T0 + DAY)
    assert EventWait.objects.count() == 0
    assert counts.of_journey(journey.pk, T0)["steps"]["q"]["outlets"] == {"paid": 1, "timeout": 1}
