"""What is written for one person in one statement is what is written for many."""

import pytest
from django.db import connection, transaction

from channels.models import Account, Message
from journeys.engine import advance, single
from journeys.models import Enrolment, Finished
from tests.journeys.engine.story import DAY, END, HOUR, T0, Story, document, mail, wait

TABLES = {
    "journeys_enrolment": "step, seq, arrived_at, due_at, attempts, status, entered_at, context::text",
    "journeys_finished": "trigger, instance_key, step, seq, entered_at, ended_at, reason, outcome, event_id is null",
    "journeys_pass": "seq, at, route::text",
    "journeys_countdelta": "step, outlet, entered, completed",
    "journeys_eventwait": "name, expires_at",
    "journeys_failure": "step, error, attempts",
    "channels_message": "step, seq, medium, address, locale, state, reason, topic, transactional, created_at, due_at, "
    "expires_at, variables::text, account_id is null, content_version_id is null, version_id is null",
}
PRO = {"attribute": "plan", "op": "is", "value": "pro"}


def branch(yes, no):
    settings = {"branches": [{"key": "yes", "when": PRO}]}
    return {"kind": "branch", "settings": settings, "next": {"yes": yes, "else": no}}


def way_through(story):
    story.publish(document({"b": branch("w", "x"), "w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    for plan in ("pro", "free"):
        story.happen("go", T0, story.person(plan=plan), order=plan)
    story.until(T0 + DAY)


def with_an_account(story):
    Account.objects.create(workspace=story.workspace, name="A", kind="smtp", medium="email", is_default=True)
    story.publish(document({"w": wait("PT1H", "m"), "m": mail("w2"), "w2": wait("P1D", "x"), "x": END}))
    story.happen("go", T0, story.person())
    story.until(T0 + HOUR)


def in_circles(story):
    steps = {"w": wait("PT1H", "m"), "m": mail("w")}
    story.publish(document(steps, max_stay="PT5H"))
    story.happen("go", T0, story.person())
    story.until(T0 + DAY)


def held_and_skipped(story):
    quiet = {"from": "09:00", "to": "12:00"}
    rule = [{"event": "bought", "outcome": "bought"}]
    story.publish(
        document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}, quiet_hours=quiet, exit_when=rule)
    )
    gone, kept, silent = story.person(), story.person(), story.person(consent="")
    for person in (gone, kept, silent):
        story.happen("go", T0, person)
    story.until(T0 + HOUR)
    story.happen("bought", T0 + HOUR, gone)
    story.until(T0 + DAY)


def waiting_for_an_event(story):
    settings = {"within": "P1D", "branches": [{"key": "paid", "event": "paid"}]}
    waits = {"kind": "wait_for_event", "settings": settings, "next": {"paid": "m", "timeout": "w2"}}
    steps = {"w": waits, "m": mail("w"), "w2": wait("PT1H", "x"), "x": END}
    story.publish(document(steps))
    paying, other = story.person(), story.person()
    for person in (paying, other):
        story.happen("go", T0, person)
    story.happen("paid", T0 + HOUR, paying)
    story.until(T0 + 5 * DAY)


def a_goal_on_the_way(story):
    goal = {"event": "paid", "on_reach": "continue"}
    story.publish(document({"w": wait("P9D", "x"), "x": END}, goal=goal))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("paid", T0 + HOUR, ana)
    story.until(T0 + 10 * DAY)


def paused(story):
    journey = story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    story.happen("go", T0, story.person())
    journey.state = "paused"
    journey.save()
    assert advance.advance_due(T0 + HOUR) == 1


@pytest.mark.parametrize(
    "play",
    [
        way_through,
        with_an_account,
        in_circles,
        held_and_skipped,
        waiting_for_an_event,
        a_goal_on_the_way,
        paused,
    ],
)
def test_one_person_leaves_the_same_rows_as_many(db, play, monkeypatch):
    written = []
    real = single.write
    monkeypatch.setattr(single, "write", lambda *args, **last: written.append(args) or real(*args, **last))

    alone = rows_of(play)
    assert written
    written.clear()
    monkeypatch.setattr(single, "alone", lambda _batch: None)

    assert alone == rows_of(play)
    assert written == []


def rows_of(play):
    with transaction.atomic(), connection.cursor() as cursor:
        play(Story())
        found = {}
        for table, columns in TABLES.items():
            cursor.execute(f"select {columns} from {table}")
            found[table] = sorted(map(str, cursor.fetchall()))
        transaction.set_rollback(True)
    return found


def test_a_message_that_is_there_stays_as_it_is(story):
    story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    person = story.person()
    story.happen("go", T0, person)
    row = Enrolment.objects.get()
    Message.objects.create(
        workspace_id=story.workspace.pk,
        profile_id=person.pk,
        enrolment_id=row.pk,
        seq=row.seq + 1,
        medium="email",
        address="first@example.com",
        created_at=T0,
        due_at=T0,
    )

    story.until(T0 + HOUR)

    assert [message.address for message in Message.objects.all()] == ["first@example.com"]
    assert Finished.objects.get().reason == "completed"
