"""Computed attributes as events come: right after each batch, late and repeated ones included."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles import computed, record_event
from profiles.call import Call
from profiles.computed import filling
from profiles.erase import erase
from profiles.models import ComputedState, ComputedTally, Event, Profile
from tests.factories.workspaces import make_actor
from tests.profiles.computed.conftest import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "more", "found"),
    [
        ("count", {}, 4),
        ("count", {"where": [{"property": "shop", "op": "is", "value": "web"}]}, 2),
        ("sum", {"property": "total"}, 35.5),
        ("average", {"property": "total"}, 11.833333),
        ("first", {"property": "shop"}, "till"),
        ("last", {"property": "shop"}, "app"),
        ("most_frequent", {"property": "shop"}, "web"),
        ("distinct", {"property": "shop"}, 3),
        ("streak", {}, 2),
        ("streak", {"unit": "week"}, 2),
        ("count", {"window_days": 2}, 3),
        ("sum", {"property": "total", "window_days": 1}, 30.5),
    ],
)
def test_every_kind(figure, does, value, kind, more, found):
    row = figure(kind, **more)
    does("ana", 5 * DAY, {"total": 5, "shop": "till"})
    does("ana", 1 * DAY + HOUR, {"shop": "web"})
    does("ana", 2 * HOUR, {"total": 10.5, "shop": "web"})
    does("ana", HOUR, {"total": "20", "shop": "app"})
    assert value("ana", row) == found


def test_a_journey_hears_of_an_event_that_is_counted(figure, does, value, workspace):
    from profiles.signals import events_recorded

    row, heard = figure("count"), []

    def listen(sender, *, events, profiles_changed, **_more):
        heard.append(
            (len(profiles_changed), Profile.objects.get(pk=events[0].profile_id).attributes[row.name])
        )

    events_recorded.connect(listen)
    try:
        with CaptureQueriesContext(connection):
            from django.test import TestCase

            with TestCase.captureOnCommitCallbacks(execute=True):
                does("ana")
                does("ana")
    finally:
        events_recorded.disconnect(listen)
    assert heard == [(1, 2), (1, 2)]


def test_the_same_message_again_counts_once(figure, workspace, source, value):
    row = figure("count")
    call = {"kind": "track", "ts": NOW, "user_id": "ana", "event": "bought", "message_id": "m1"}
    for _time in range(2):
        record_event.record(workspace.pk, source.pk, [Call(**call), Call(**call)], NOW)
    assert value("ana", row) == 1


def test_late_events_count_once_wherever_they_fall(figure, does, value):
    row, window, last = figure("count"), figure("count", window_days=10), figure("last", property="x")
    does("ana", timedelta(0), {"x": "new"})
    does("ana", 3 * DAY, {"x": "late"}, now=NOW + HOUR)
    does("ana", 30 * DAY, {"x": "very late"}, now=NOW + HOUR)
    assert (value("ana", row), value("ana", window), value("ana", last)) == (3, 2, "new")


def test_what_is_stamped_in_the_future_counts_when_it_comes_true(figure, does, value):
    row = figure("count")
    does("ana", -2 * HOUR)
    assert value("ana", row) is None
    assert filling.look_again(NOW + HOUR) == 0
    assert filling.look_again(NOW + 2 * HOUR) == 1
    assert value("ana", row) == 1


def test_a_window_empties_as_time_passes(figure, does, value):
    count = figure("count", window_days=7)
    total = figure("sum", property="total", window_days=7)
    last, first = (figure(kind, property="total", window_days=7) for kind in ("last", "first"))
    most = figure("most_frequent", property="total", window_days=7)
    does("ana", 6 * DAY, {"total": 5})
    does("ana", 5 * DAY, {"total": 7})
    rows = (count, total, first, last, most)
    assert [value("ana", row) for row in rows] == [2, 12, 5, 7, 7]
    assert filling.look_again(NOW + DAY) == 0  # its edge still counts
    filling.look_again(NOW + DAY + timedelta(minutes=1))
    assert [value("ana", row) for row in rows] == [1, 7, 7, 7, 7]
    filling.look_again(NOW + 2 * DAY + timedelta(minutes=1))
    assert [value("ana", row) for row in rows] == [0, 0, None, None, None]
    assert filling.look_again(NOW + 100 * DAY) == 0  # nothing is left to look at
    assert not ComputedTally.objects.exists()


def test_a_streak_breaks_at_midnight_where_the_company_is(figure, does, value):
    row = figure("streak", zone="Asia/Seoul")  # NOW is 21:00 there
    does("ana", DAY)
    does("ana")
    assert value("ana", row) == 2
    assert filling.look_again(NOW + 26 * HOUR) == 0  # 23:00 of the next day: there is still an hour
    assert filling.look_again(NOW + 27 * HOUR) == 1
    assert value("ana", row) == 0


def test_sources_cannot_overwrite_a_figure(figure, does, value, workspace, source):
    row = figure("count")
    does("ana")
    call = Call(kind="identify", ts=NOW, user_id="ana", traits={row.name: 99, "plan": "pro"})
    record_event.record(workspace.pk, source.pk, [call], NOW)
    profile = Profile.objects.get(external_id="ana")
    assert (profile.attributes[row.name], profile.attributes["plan"]) == (1, "pro")
    call = Call(kind="identify", ts=NOW, user_id="ana", traits={row.name: None})
    record_event.record(workspace.pk, source.pk, [call], NOW)
    assert value("ana", row) == 1


def test_merged_people_are_counted_together(figure, workspace, source, value):
    count, most = figure("count"), figure("most_frequent", property="x")

    def track(**who):
        call = Call(
            kind="track", ts=NOW, event="bought", properties={"x": who.get("user_id", "phone")}, **who
        )
        record_event.record(workspace.pk, source.pk, [call], NOW)

    track(user_id="ana")
    track(anonymous_id="device")
    track(anonymous_id="device")
    assert value("ana", count) == 1
    call = Call(kind="identify", ts=NOW, user_id="ana", anonymous_id="device", traits={"plan": "pro"})
    record_event.record(workspace.pk, source.pk, [call], NOW)
    assert (value("ana", count), value("ana", most)) == (3, "phone")
    track(user_id="ana")
    assert value("ana", count) == 4
    assert ComputedState.objects.count() == 2


def test_nothing_is_left_of_who_is_erased(figure, does, workspace):
    figure("count"), figure("distinct", property="x")
    does("ana", timedelta(0), {"x": 1})
    erase(make_actor(workspace, "owner"), Profile.objects.get(external_id="ana"), NOW)
    assert not ComputedState.objects.exists() and not ComputedTally.objects.exists()


def test_filling_goes_through_everyone_in_chunks(figure, does, value, monkeypatch):
    monkeypatch.setattr(filling, "CHUNK", 2)
    for who in ("a", "b", "c", "d", "e"):
        does(who, DAY)
    does("quiet", event="other")
    row = figure("count", state="filling")
    does("a")  # counted as it came, before its turn
    assert (value("a", row), value("b", row)) == (2, None)
    assert filling.fill(NOW) == 6
    row.refresh_from_db()
    assert (row.state, row.done) == ("live", 6)
    assert [value(who, row) for who in "abcde"] == [2, 1, 1, 1, 1]
    assert value("quiet", row) is None
    assert filling.fill(NOW) == 0


def test_filling_waits_until_every_process_knows(figure, does):
    row = figure("count", state="filling")
    row.fill_after = NOW + timedelta(seconds=15)
    row.save()
    assert filling.fill(NOW) == 0
    row.refresh_from_db()
    assert row.state == "filling"


def test_a_changed_figure_forgets_what_it_counted(figure, does, value):
    row = figure("count")
    does("ana")
    row.event, row.revision, row.state = "returned", 2, "filling"
    row.save()
    computed.forget()
    does("ana", event="returned")
    assert value("ana", row) == 1
    filling.fill(NOW)
    assert value("ana", row) == 1


def test_deleted_events_are_counted_anew(figure, does, value, workspace):
    row = figure("count")
    does("ana"), does("ana")
    Event.objects.all().delete()
    assert computed.refill(workspace.pk, ["bought"], NOW) == 1
    filling.fill(NOW + timedelta(seconds=20))
    assert value("ana", row) is None


def test_a_batch_asks_the_same_number_of_statements_whoever_it_is_about(figure, workspace, source):
    figure("count"), figure("sum", property="total")

    def asked(people):
        calls = [
            Call(kind="track", ts=NOW, user_id=f"{people}-{n}", event="bought", properties={"total": n})
            for n in range(people)
        ]
        with CaptureQueriesContext(connection) as queries:
            record_event.record(workspace.pk, source.pk, calls, NOW)
        return len(queries)

    asked(1)
    assert asked(2) == asked(40)
