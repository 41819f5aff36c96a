"""Who enters and leaves the segments that somebody follows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from profiles import membership
from profiles.membership import Change
from profiles.merge import merge
from profiles.models import Event, Profile, Segment, SegmentChange, SegmentMember, TrackedSegment
from profiles.signals import segment_changed
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
PRO = {"attribute": "plan", "op": "is", "value": "pro"}
BOUGHT = {"event": "bought", "op": "at_least", "times": 1, "within": "P1D"}


def person(workspace, plan="pro"):
    return Profile.objects.create(workspace=workspace, attributes={"plan": plan})


def bought(profile, at):
    Event.objects.create(
        workspace_id=profile.workspace_id, profile_id=profile.pk, name="bought", ts=at, received_at=at
    )


def kept(workspace, condition, slug="s"):
    segment = Segment.objects.create(workspace=workspace, slug=slug, name=slug, condition=condition)
    membership.fill(segment.pk, NOW)
    return segment


def follow(workspace, condition, slug="s"):
    segment = Segment.objects.create(workspace=workspace, slug=slug, name=slug, condition=condition)
    membership.track(segment, NOW)
    return segment


def members(segment):
    return set(SegmentMember.objects.filter(segment_id=segment.pk).values_list("profile_id", flat=True))


def news():
    with transaction.atomic():
        return [(c.profile_id, c.entered) for c in membership.take()]


def test_who_is_in_at_the_beginning_is_no_news(workspace):
    inside, _outside = person(workspace), person(workspace, "free")
    segment = follow(workspace, PRO)
    assert members(segment) == {inside.pk} and news() == []


def test_only_the_people_named_are_looked_at_and_each_change_is_told_once(workspace):
    segment = follow(workspace, PRO)
    first, second = person(workspace), person(workspace)
    assert membership.refresh(workspace.pk, [first.pk], NOW) == 1
    assert membership.refresh(workspace.pk, [first.pk], NOW) == 0
    assert members(segment) == {first.pk}
    with transaction.atomic():
        (change,) = membership.take()
        assert change == Change(change.id, segment.pk, first.pk, True, NOW)
    assert news() == []
    Profile.objects.filter(pk=first.pk).update(attributes={})
    assert membership.refresh(workspace.pk, [first.pk, second.pk], NOW) == 2
    assert sorted(news()) == sorted([(first.pk, False), (second.pk, True)])


def test_time_alone_lets_people_leave(workspace):
    profile = person(workspace)
    segment = follow(workspace, BOUGHT)
    bought(profile, NOW)
    membership.refresh(workspace.pk, [profile.pk], NOW)
    day = NOW + timedelta(days=1)
    assert membership.sweep(day) == 0  # the far edge counts
    assert membership.sweep(day + timedelta(microseconds=1)) == 1
    assert membership.sweep(day + timedelta(minutes=1)) == 0
    assert members(segment) == set() and news() == [(profile.pk, True), (profile.pk, False)]


def test_a_comparison_finds_those_whom_nobody_told_of(workspace, monkeypatch):
    monkeypatch.setattr("profiles.membership.settle.CHUNK", 3)
    segment = follow(workspace, PRO)
    people = {person(workspace).pk for _n in range(7)}
    assert membership.repair(NOW + timedelta(hours=1)) == 0  # once a day
    assert membership.repair(NOW + timedelta(hours=30)) == 7
    assert members(segment) == people and {who for who, _entered in news()} == people


def test_a_comparison_that_died_is_taken_up_again(workspace, monkeypatch):
    follow(workspace, PRO)
    person(workspace)
    monkeypatch.setattr("profiles.membership.filling._suspects", lambda *_args: 1 / 0)
    at = NOW + timedelta(hours=30)
    with pytest.raises(ZeroDivisionError):
        membership.repair(at)
    monkeypatch.undo()
    assert membership.repair(at + timedelta(minutes=1)) == 0
    assert membership.repair(at + timedelta(minutes=5)) == 1


def test_news_taken_in_a_transaction_that_fails_is_still_there(workspace):
    follow(workspace, PRO)
    profile = person(workspace)
    membership.refresh(workspace.pk, [profile.pk], NOW)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert len(membership.take()) == 1
        raise ZeroDivisionError
    assert news() == [(profile.pk, True)]


def test_the_signal_says_who_after_commit(workspace, django_capture_on_commit_callbacks):
    segment, heard = follow(workspace, PRO), []
    segment_changed.connect(lambda **told: heard.append(told), weak=False, dispatch_uid="test")
    try:
        profile = person(workspace)
        with django_capture_on_commit_callbacks(execute=True):
            membership.refresh(workspace.pk, [profile.pk], NOW)
    finally:
        segment_changed.disconnect(dispatch_uid="test")
    (told,) = heard
    assert (told["workspace_id"], told["segment_id"]) == (workspace.pk, segment.pk)
    assert (told["entered"], told["left"]) == ([profile.pk], [])


def test_two_who_become_one_are_no_news(workspace):
    segment = follow(workspace, BOUGHT)
    gone, kept = person(workspace), person(workspace)
    bought(gone, NOW)
    membership.refresh(workspace.pk, [gone.pk], NOW)
    with connection.cursor() as cursor, transaction.atomic():
        merge(cursor, workspace.pk, [(gone.pk, kept.pk)], NOW)
    assert news() == [(kept.pk, True)]  # what was on its way is hers
    assert membership.refresh(workspace.pk, [gone.pk, kept.pk], NOW) == 0
    assert members(segment) == {kept.pk}


def test_other_workspaces_and_merged_people_are_nobody(workspace):
    follow(workspace, {"not": {"attribute": "plan", "op": "is", "value": "free"}})
    stranger = person(make_workspace())
    merged = person(workspace)
    Profile.objects.filter(pk=merged.pk).update(merged_into=person(workspace, "free"))
    assert membership.refresh(workspace.pk, [stranger.pk, merged.pk], NOW) == 0


def test_a_condition_that_cannot_be_read_moves_nobody(workspace):
    segment = follow(workspace, PRO)
    profile = person(workspace)
    Segment.objects.filter(pk=segment.pk).update(condition={"nonsense": 1})
    assert membership.refresh(workspace.pk, [profile.pk], NOW) == 0
    assert membership.sweep(NOW + timedelta(minutes=1)) == 0


def test_no_longer_followed_it_is_kept_fresh_without_news(workspace):
    segment = follow(workspace, PRO)
    membership.refresh(workspace.pk, [person(workspace).pk], NOW)
    with transaction.atomic():
        membership.untrack(membership.lock([segment.pk]))
    assert not TrackedSegment.objects.exists() and not SegmentChange.objects.exists()
    second = person(workspace)
    assert membership.refresh(workspace.pk, [second.pk], NOW) == 1
    assert second.pk in members(segment) and news() == []


def test_the_number_of_people_costs_no_statements(workspace, django_assert_num_queries):
    kept(workspace, PRO)
    kept(workspace, BOUGHT, "t")
    people = [person(workspace).pk for _n in range(30)]
    membership.refresh(workspace.pk, people[:1], NOW)
    with django_assert_num_queries(2):  # has a segment changed; one look for both
        membership.refresh(workspace.pk, people[:1], NOW)
    with django_assert_num_queries(11):
        # the same, and for those who cross: a savepoint and its end, what is being filled, has a segment changed, the
        # people locked and looked at once more, one to write, and a look after the commit with its question
        membership.refresh(workspace.pk, people, NOW)
    with django_assert_num_queries(1):
        membership.refresh(workspace.pk, [], NOW)
