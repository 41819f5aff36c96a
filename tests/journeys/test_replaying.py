"""Asking for a replay and working it off."""

from datetime import timedelta

import pytest

from journeys import editing, publishing, replaying
from journeys.engine import replay as engine
from journeys.engine.explain import iso
from journeys.models import Replay
from profiles.models import Event
from tests.factories.workspaces import make_user
from tests.journeys.engine.story import DAY, END, HOUR, T0, Story, document, mail, wait
from workspaces.actor import actor_of


@pytest.fixture
def story(db):
    return Story()


@pytest.fixture
def actor(story):
    return actor_of(make_user(story.workspace, "admin"))


@pytest.fixture
def journey(story, actor):
    journey = editing.create_journey(
        actor, name="Rescue", team=None, now=T0, document=document({"m": mail("x"), "x": END})
    )
    publishing.publish(actor, journey, now=T0)
    journey.refresh_from_db()
    draft = document({"w": wait("P1D", "m"), "m": mail("x"), "x": END})
    return editing.save_draft(actor, journey, draft, revision=journey.revision, now=T0)


def happened(story, *moments):
    for at in moments:
        Event.objects.create(
            workspace_id=story.workspace.pk,
            profile_id=story.person().pk,
            name="go",
            ts=at,
            received_at=at,
            properties={},
        )


def ask(actor, journey, **more):
    return replaying.request(actor, journey, **{"days": 3, "sample": 100, "now": T0, **more})


def test_the_report_has_the_draft_beside_the_live_version(story, actor, journey):
    happened(story, T0 - 2 * DAY, T0 - 2 * DAY + HOUR, T0 - HOUR, T0 - 9 * DAY)
    asked = ask(actor, journey)
    assert (asked.state, asked.revision, asked.days) == ("queued", journey.revision, 3)
    assert replaying.work(lambda: T0) == 1
    asked.refresh_from_db()
    report = asked.report
    assert (asked.state, asked.progress, asked.finished_at, asked.error) == ("done", 100, T0, "")
    assert (report["since"], report["until"]) == (iso(T0 - 3 * DAY), iso(T0))
    assert (report["people"], report["replayed"], report["factor"], report["live_version"]) == (4, 3, 1.0, 1)
    assert report["draft"]["days"] == ["2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]
    assert report["draft"]["channels"]["email"]["sent"] == {"total": 2, "days": [0, 0, 2, 0]}
    assert report["live"]["channels"]["email"]["sent"] == {"total": 3, "days": [0, 2, 0, 1]}
    assert (report["draft"]["inside"], report["live"]["inside"]) == (1, 0)
    assert set(report["draft"]["steps"]) == {"w", "m", "x"} and set(report["live"]["steps"]) == {"m", "x"}


def test_a_journey_never_published_has_its_draft_alone(story, actor):
    journey = editing.create_journey(actor, name="New", team=None, now=T0, document=document({"x": END}))
    happened(story, T0 - DAY)
    asked = ask(actor, journey)
    replaying.work(lambda: T0)
    asked.refresh_from_db()
    assert asked.report["live"] is None and asked.report["draft"]["entered"]["total"] == 1


def test_one_at_a_time(actor, journey):
    ask(actor, journey)
    with pytest.raises(replaying.TooBusy):
        ask(actor, journey)


def test_the_last_few_are_kept(actor, journey):
    for _time in range(replaying.KEPT + 2):
        ask(actor, journey)
        replaying.work(lambda: T0)
    assert journey.replays.count() == replaying.KEPT


def test_an_abandoned_one_is_taken_up_again_and_not_for_ever(actor, journey, monkeypatch):
    asked = ask(actor, journey)
    clock = [T0]
    for attempt in range(1, replaying.ATTEMPTS + 1):
        assert replaying._claim(clock[0]).attempts == attempt
        assert replaying._claim(clock[0] + timedelta(minutes=1)) is None
        clock[0] += replaying.LEASE + timedelta(seconds=1)
    replaying.work(lambda: clock[0])
    asked.refresh_from_db()
    assert asked.state == "failed" and asked.error


def test_a_draft_that_can_not_be_read_fails_with_its_place(story, actor, journey):
    asked = ask(actor, journey)
    type(journey).objects.filter(pk=journey.pk).update(draft={"format": "gilmok.journey/1", "steps": []})
    replaying.work(lambda: T0)
    asked.refresh_from_db()
    assert asked.state == "failed" and asked.error.startswith("/")


def test_what_goes_wrong_is_told_and_holds_up_nobody(story, actor, journey, monkeypatch):
    asked = ask(actor, journey)
    monkeypatch.setattr(engine, "replay", lambda *_args, **_more: 1 / 0)
    assert replaying.work(lambda: T0) == 1
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "ZeroDivisionError")


@pytest.mark.django_db(transaction=True)
def test_how_far_it_is_can_be_seen_while_it_runs(story, actor, journey, monkeypatch):
    asked, seen = ask(actor, journey), []
    told = replaying._Progress.tell

    def tell(self, done):
        told(self, done)
        seen.append(Replay.objects.values_list("progress", "state").get(pk=asked.pk))

    monkeypatch.setattr(replaying._Progress, "tell", tell)
    replaying.work(lambda: T0)
    assert seen == [(5, "running")]
