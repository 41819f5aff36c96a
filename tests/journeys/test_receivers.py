"""News of people reaches the engine in the process that took it in."""

from journeys import tasks
from journeys.models import Enrolment, Finished
from lib import clock
from profiles import joins, record_event
from profiles.call import Call
from profiles.models import Join, Profile
from profiles.signals import RecordedEvent, events_recorded, profile_erased, profiles_merged
from tests.factories.workspaces import make_user
from tests.journeys.engine.story import DAY, END, T0, Story, document, wait
from workspaces.actor import Actor
from workspaces.models import Membership


def test_an_event_lets_people_in_and_an_erasure_ends_it(db):
    story = Story()
    story.publish(document({"w": wait("P1D", "x"), "x": END}))
    ana = story.person()
    event = RecordedEvent(ana.pk, "go", T0, {"a": 1}, T0, id=1)
    events_recorded.send(None, workspace_id=story.workspace.pk, events=[event], profiles_changed=[])
    row = Enrolment.objects.get()
    assert (row.profile_id, row.step, row.entry) == (ana.pk, "w", {"a": 1})
    profile_erased.send(None, workspace_id=story.workspace.pk, profile_ids=[ana.pk], now=T0)
    assert Finished.objects.get().reason == "erased"


def test_a_merge_takes_the_walk_along(db):
    story = Story()
    story.publish(document({"w": wait("P1D", "x"), "x": END}))
    guest, ana = story.person(), story.person()
    story.happen("go", T0, guest)
    profiles_merged.send(None, workspace_id=story.workspace.pk, pairs=[(guest.pk, ana.pk)], now=T0)
    assert Enrolment.objects.get().profile_id == ana.pk


def test_an_undone_join_gives_the_walk_and_the_messages_back(db):
    from channels.models import Message

    story = Story()
    story.publish(document({"w": wait("P1D", "x"), "x": END}))

    def record(*calls):
        return record_event.record(story.workspace.pk, None, calls, T0)

    record(Call("track", T0, anonymous_id="a", event="seen"), Call("track", T0, user_id="u", event="seen"))
    guest, ana = Profile.objects.get(external_id=None), Profile.objects.get(external_id="u")
    story.happen("go", T0, guest)
    written = Message.objects.create(
        workspace_id=story.workspace.pk, profile_id=guest.pk, medium="email", created_at=T0, due_at=T0
    )
    record(Call("track", T0, user_id="u", anonymous_id="a", event="logged_in"))
    assert Enrolment.objects.get().profile_id == ana.pk
    owner = Membership.objects.get(user=make_user(story.workspace, "owner"))
    former = joins.undo(Actor(owner), ana, Join.objects.get().pk, T0)
    assert former.pk == guest.pk
    assert Enrolment.objects.get().profile_id == guest.pk
    written.refresh_from_db()
    assert written.profile_id == guest.pk


def test_the_clock_jobs_do_what_is_due(db):
    story = Story()
    triggers = {"t": {"kind": "schedule", "next": "w"}}
    story.person()
    story.publish(document({"w": wait("PT1H", "x"), "x": END}, triggers=triggers), at=clock.now() - DAY)
    assert tasks.run_schedules() == 1
    Enrolment.objects.update(due_at=clock.now(), arrived_at=clock.now() - DAY)
    assert tasks.advance_due() == 1
    assert tasks.fold_counts() > 0
    assert Finished.objects.get().reason == "completed"
