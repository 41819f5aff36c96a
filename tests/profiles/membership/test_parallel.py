"""Several processes look at the same people at once: whoever commits last, it ends right."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import connection, connections, transaction

from profiles import membership
from profiles.call import Call
from profiles.conditions import Rows, compile_condition, evaluate
from profiles.membership import index as indexes
from profiles.models import Profile, Segment, SegmentChange, SegmentMember
from profiles.record_event import record
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
CONDITIONS = {
    "pro": {"attribute": "plan", "op": "is", "value": "pro"},
    "thrice": {"event": "bought", "op": "at_least", "times": 3, "within": "P1D"},
    "even": {"any": [{"event": "bought", "op": "exactly", "times": n} for n in range(0, 40, 2)]},
}
PEOPLE = [f"u{n}" for n in range(6)]


def call(dice, n):
    who, plan = dice.choice(PEOPLE), dice.choice(["pro", "free"])
    traits = {"plan": plan} if dice.random() < 0.5 else {}
    return Call(
        kind="track", message_id=f"m{n}", ts=NOW, user_id=who, event="bought", traits=traits, properties={}
    )


def in_threads(work, numbers, count=4):
    def one(number):
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, numbers))


@pytest.mark.parametrize("filling", [False, True])
def test_parallel_batches_end_right_and_tell_each_crossing_once(filling, monkeypatch):
    monkeypatch.setattr("profiles.membership.receivers.clock.now", lambda: NOW)
    indexes.forget()
    workspace = make_workspace()
    segments = [
        Segment.objects.create(workspace=workspace, slug=slug, name=slug, condition=tree)
        for slug, tree in CONDITIONS.items()
    ]
    for segment in segments:
        membership.track(segment, NOW)
    dice = random.Random(5)
    batches = [[call(dice, 10 * n + i) for i in range(dice.randint(1, 4))] for n in range(40)]

    def work(number):
        if filling and number % 8 == 3:
            segment = segments[number % 3]
            Segment.objects.filter(pk=segment.pk).update(stale_since=NOW, quiet=False)
            return membership.fill(segment.pk, NOW)
        return record(workspace.pk, None, batches[number], NOW).stored

    in_threads(work, range(40))
    for segment in segments:
        membership.fill(segment.pk, NOW)
    assert membership.look_due(NOW.replace(minute=1)) >= 0
    ids = list(Profile.objects.filter(workspace=workspace).values_list("pk", flat=True))
    verdicts = evaluate(
        [compile_condition(tree, workspace.pk) for tree in CONDITIONS.values()],
        Rows(workspace.pk, ids, NOW),
    )
    for segment, verdict in zip(segments, verdicts, strict=True):
        expected = {pk for pk, inside in zip(ids, verdict.results, strict=True) if inside}
        members = set(
            SegmentMember.objects.filter(segment_id=segment.pk).values_list("profile_id", flat=True)
        )
        assert members == expected, segment.slug
        told: dict[int, list[bool]] = {}
        for change in SegmentChange.objects.filter(segment_id=segment.pk).order_by("id"):
            told.setdefault(change.profile_id, []).append(change.entered)
        for pk, crossings in told.items():  # in, out, in: never twice the same
            assert all(a is not b for a, b in pairwise(crossings)), segment.slug
            assert crossings[-1] is (pk in expected)
    sizes = membership.sizes_now(segment.pk for segment in segments)
    assert sizes == {one.pk: SegmentMember.objects.filter(segment_id=one.pk).count() for one in segments}


def test_a_batch_waits_for_no_segment():
    """While a segment is filled, or its row is changed, what comes in is stored and looked at later."""
    indexes.forget()
    workspace = make_workspace()
    segment = Segment.objects.create(workspace=workspace, slug="pro", name="Pro", condition=CONDITIONS["pro"])
    membership.fill(segment.pk, NOW)
    person = Profile.objects.create(workspace=workspace, attributes={"plan": "pro"})

    def look(_number):
        with connection.cursor() as cursor:
            cursor.execute("set statement_timeout = 1000")
        crossed = membership.notice(workspace.pk, [], [person.pk], NOW)
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from profiles_segmentlook")
            return crossed, cursor.fetchone()[0]

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [membership.settle.FILLING, segment.pk])
        cursor.execute("select 1 from profiles_segment where id = %s for update", [segment.pk])
        assert in_threads(look, [0], 1) == [(0, 1)]
    assert membership.look_due(NOW.replace(minute=1)) == 1
    assert segment.members.count() == 1
