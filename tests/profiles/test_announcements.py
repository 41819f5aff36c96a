"""News that a killed process or a failing listener left behind is told again, in time, and never lost in silence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from lib import clock
from profiles import announcements, consent, record_event, tasks
from profiles.announcements import ATTEMPTS, GRACE, OVER, PAUSES
from profiles.call import Call
from profiles.models import Announcement, Event, Profile
from profiles.signals import events_recorded

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOBODY = 2_000_000_000  # no database session has this number


class Listener:
    """Hears the news; breaks when asked."""

    def __init__(self) -> None:
        self.heard: list[tuple[list[Any], list[int]]] = []
        self.broken = False

    def hear(self, events: list[Any], profiles_changed: list[int], **_: Any) -> None:
        if self.broken:
            raise RuntimeError("no")
        self.heard.append((list(events), list(profiles_changed)))


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Minds everything."""
    monkeypatch.setattr(announcements, "_minders", [lambda *_: None])
    found = Listener()
    events_recorded.connect(found.hear, weak=False)
    yield found
    events_recorded.disconnect(found.hear)


def seen(name: str, user: str = "u", **more: Any) -> Call:
    return Call("track", more.pop("ts", NOW), user_id=user, event=name, **more)


def left_behind(workspace: Any, source: Any, listener: Listener, *calls: Call) -> Announcement:
    """As after a kill between commit and handling: the row is there, its owner's database session is not."""
    listener.broken = True
    record_event.record(workspace.pk, source.pk, calls, NOW)
    listener.broken = False
    Announcement.objects.update(owner=NOBODY, error="")
    return Announcement.objects.get()


def test_what_is_told_leaves_nothing_behind(workspace: Any, source: Any, listener: Listener) -> None:
    record_event.record(workspace.pk, source.pk, [seen("a"), seen("b"), seen("c", "v")], NOW)
    ((events, changed),) = listener.heard
    assert [(event.id, event.name, event.again) for event in events] == [
        (pk, name, None) for pk, name in Event.objects.order_by("id").values_list("id", "name")
    ]
    assert changed == list(Profile.objects.order_by("id").values_list("id", flat=True))
    assert not Announcement.objects.exists()


def test_what_was_left_behind_is_told_again_as_it_was(
    workspace: Any, source: Any, listener: Listener
) -> None:
    left_behind(
        workspace,
        source,
        listener,
        seen("a", properties={"n": [1, {"x": None}]}),
        seen("b", ts=NOW - timedelta(days=40)),
    )
    first, second = Event.objects.order_by("id")
    assert announcements.tell_again(NOW + GRACE - timedelta(seconds=1)) == 0
    assert announcements.tell_again(NOW + GRACE) == 1
    ((events, changed),) = listener.heard
    assert [(e.id, e.name, e.ts, e.properties, e.received_at, e.late, e.again) for e in events] == [
        (first.pk, "a", NOW, {"n": [1, {"x": None}]}, NOW, False, first.pk),
        (second.pk, "b", NOW - timedelta(days=40), {}, NOW, True, first.pk),
    ]
    assert changed == [Profile.objects.get().pk]
    assert not Announcement.objects.exists()


def test_other_batches_of_the_moment_are_not_told(workspace: Any, source: Any, listener: Listener) -> None:
    left_behind(workspace, source, listener, seen("a"))
    record_event.record(workspace.pk, source.pk, [seen("b")], NOW + timedelta(seconds=1))
    listener.heard.clear()
    announcements.tell_again(NOW + GRACE)
    assert [[event.name for event in events] for events, _changed in listener.heard] == [["a"]]


def test_a_change_of_consent_is_told_again_too(workspace: Any, source: Any, listener: Listener) -> None:
    record_event.record(workspace.pk, source.pk, [seen("a")], NOW)
    pk = Profile.objects.get().pk
    listener.broken = True
    consent.set_consents(workspace.pk, [consent.Answer(pk, "email", "*", "granted", NOW)])
    listener.broken, listener.heard = False, []
    assert announcements.tell_again(clock.now() + GRACE) == 1
    assert listener.heard == [([], [pk])]


def test_what_went_wrong_is_kept_without_whom_it_is_about(
    workspace: Any, source: Any, listener: Listener
) -> None:
    row = left_behind(workspace, source, listener, seen("a"))
    odd = "duplicate key for ana@example.com\nDETAIL:  Key (external_id)=(Ana Kim) already exists."
    announcements.keep(row.pk, RuntimeError(odd))
    row.refresh_from_db()
    assert row.error == "RuntimeError: duplicate key for [hidden]"


def test_people_who_became_one_are_told_by_the_one_left(
    workspace: Any, source: Any, listener: Listener
) -> None:
    left_behind(workspace, source, listener, Call("track", NOW, anonymous_id="x", event="a"))
    record_event.record(workspace.pk, source.pk, [Call("identify", NOW, user_id="u")], NOW)
    record_event.record(workspace.pk, source.pk, [Call("identify", NOW, user_id="u", anonymous_id="x")], NOW)
    listener.heard.clear()
    kept = Profile.objects.get(external_id="u").pk
    announcements.tell_again(NOW + GRACE)
    ((events, changed),) = listener.heard
    assert ([event.profile_id for event in events], changed) == ([kept], [kept])


def test_whoever_is_still_at_it_is_left_alone_for_a_while(
    workspace: Any, source: Any, listener: Listener
) -> None:
    row = left_behind(workspace, source, listener, seen("a"))
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        Announcement.objects.update(owner=cursor.fetchone()[0])
    assert announcements.tell_again(row.due_at + OVER - timedelta(seconds=1)) == 0
    assert announcements.tell_again(row.due_at + OVER) == 1


def test_a_listener_that_fails_is_asked_again_with_growing_pauses(
    workspace: Any, source: Any, listener: Listener
) -> None:
    left_behind(workspace, source, listener, seen("bad"))
    moment = NOW + GRACE
    listener.broken = True
    for pause in PAUSES:
        assert announcements.tell_again(moment) == 1
        assert announcements.tell_again(moment + pause - timedelta(seconds=1)) == 0  # no hot loop
        moment += pause
    record_event.record(workspace.pk, source.pk, [seen("good", "v")], moment - GRACE)
    listener.broken = False  # the next one is told while the bad one waits for its turn
    bad = Announcement.objects.order_by("id").first()
    assert bad is not None
    Announcement.objects.filter(pk=bad.pk).update(due_at=moment + timedelta(seconds=1))
    assert announcements.tell_again(moment) == 1
    assert [event.name for event in listener.heard[0][0]] == ["good"]


def test_after_many_attempts_it_is_kept_and_shown_and_can_be_told_by_hand(
    workspace: Any, source: Any, listener: Listener
) -> None:
    left_behind(workspace, source, listener, seen("bad"))
    listener.broken, moment = True, NOW + GRACE
    for _attempt in range(ATTEMPTS):
        assert announcements.backlog(moment).waiting == 1
        assert announcements.tell_again(moment) == 1
        moment += timedelta(days=1)
    assert announcements.tell_again(moment) == 0
    assert announcements.backlog(moment) == announcements.Backlog(0, NOW, 1, "RuntimeError: no")
    listener.broken = False
    assert announcements.retry(moment) == 1
    assert announcements.tell_again(moment) == 1
    assert announcements.backlog(moment) == announcements.Backlog(0, None, 0, "")


def test_a_process_that_dies_again_and_again_is_given_up_too(
    workspace: Any, source: Any, listener: Listener
) -> None:
    left_behind(workspace, source, listener, seen("bad"))
    Announcement.objects.update(attempts=ATTEMPTS)
    announcements.tell_again(NOW + GRACE)
    assert listener.heard == []
    assert announcements.backlog(NOW + timedelta(days=1)).given_up == 1


def test_the_clock_tells_it(workspace: Any, source: Any, listener: Listener) -> None:
    left_behind(workspace, source, listener, seen("a"))
    assert tasks.tell_again() == 1
    assert not Announcement.objects.exists()


def test_past_events_from_a_file_are_no_news(workspace: Any, source: Any, listener: Listener) -> None:
    listener.broken = True
    record_event.record(workspace.pk, source.pk, [seen("a")], NOW, quiet=True)
    assert not Announcement.objects.exists()


def test_what_nobody_minds_needs_no_row(workspace: Any, source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(announcements, "_minders", [lambda *news: bool(asked.append(news))])
    monkeypatch.setattr(announcements, "number", None)
    record_event.record(workspace.pk, source.pk, [seen("a"), seen("b"), seen("b", "v")], NOW)
    record_event.record(workspace.pk, source.pk, [seen("a")], NOW)
    assert asked == [(workspace.pk, {"a", "b"}, True), (workspace.pk, {"a"}, False)]
    assert Event.objects.count() == 4
