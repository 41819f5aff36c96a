"""Rule 4, where the database itself refuses what one person brings: the others go on, she is set aside and resumed."""

from datetime import timedelta

import pytest
from django.db import connection

from journeys import failures
from journeys.engine import advance
from journeys.models import Enrolment, Failure, Finished
from tests.factories.workspaces import make_actor
from tests.journeys.engine.story import END, HOUR, T0, document, mail, wait
from workspaces.roles import grant

MINUTE = timedelta(minutes=1)


@pytest.fixture
def refusing(story):
    """The outbox takes no message to this person."""
    with connection.cursor() as cursor:
        cursor.execute("create table refused (profile_id bigint)")
        cursor.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin "
            "if new.profile_id in (select profile_id from refused) then "
            "raise exception 'value too long' using errcode = '22001'; end if; return new; end $$"
        )
        cursor.execute(
            "create trigger refuse before insert on channels_message for each row execute function refuse()"
        )

    def refuse(*people):
        with connection.cursor() as cursor:
            cursor.execute("delete from refused")
            cursor.execute("insert into refused select unnest(%s::bigint[])", [[p.pk for p in people]])

    return refuse


def test_what_cannot_be_stored_for_one_holds_up_nobody_else(story, refusing):
    people = [story.person() for _number in range(7)]
    refusing(people[3])
    journey = story.publish(document({"w": wait("PT1H", "m"), "m": mail("x"), "x": END}))
    story.happen("go", T0, *people)
    advance.advance_due(T0 + HOUR)
    assert Finished.objects.count() == 6
    left = Enrolment.objects.get()
    assert (left.profile_id, left.step, left.attempts, left.due_at) == (
        people[3].pk,
        "w",
        1,
        T0 + HOUR + MINUTE,
    )
    story.until(T0 + 2 * HOUR)
    left.refresh_from_db()
    failure = Failure.objects.get()
    assert (left.status, left.due_at, failure.step, failure.attempts) == (1, None, "w", 4)
    assert "value too long" in failure.error

    refusing()
    actor = make_actor(story.workspace, "admin")
    grant(journey)
    (row,) = failures.by_step(actor)
    assert (row.step, row.people, row.may_resume) == ("w", 1, True)
    assert failures.resume(actor, journey, "w", T0 + 3 * HOUR) == 1
    advance.advance_due(T0 + 3 * HOUR)
    assert (Finished.objects.count(), Failure.objects.count()) == (7, 0)
    assert len(story.messages()) == 7  # and hers once


def test_who_is_refused_at_her_entry_is_set_aside_alone(story, refusing):
    people = [story.person() for _number in range(3)]
    refusing(people[0])
    story.publish(document({"m": mail("x"), "x": END}))
    story.happen("go", T0, *people)
    assert (Finished.objects.count(), Enrolment.objects.get().profile_id) == (2, people[0].pk)
    refusing()
    story.until(T0 + HOUR)
    assert Finished.objects.count() == 3


def test_who_is_refused_when_an_event_wakes_her_keeps_the_event(story, refusing):
    waiting = {
        "kind": "wait_for_event",
        "settings": {"within": "P1D", "already": "ignore", "branches": [{"key": "paid", "event": "paid"}]},
        "next": {"paid": "m", "timeout": "x"},
    }
    people = [story.person() for _number in range(3)]
    story.publish(document({"q": waiting, "m": mail("x"), "x": END}))
    story.happen("go", T0, *people)
    refusing(people[1])
    story.happen("paid", T0 + HOUR, *people)
    assert Finished.objects.count() == 2
    refusing()
    story.until(T0 + 2 * HOUR)
    assert len(story.messages()) == 3
    assert Enrolment.objects.count() == 0
