"""With the real clock and workers: events move people at once, time alone within seconds, new segments are filled."""

import time
from datetime import timedelta

import pytest

from lib import clock
from profiles import membership
from profiles.call import Call
from profiles.membership import index as indexes
from profiles.models import Segment
from profiles.record_event import record
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


def within(seconds, ask):
    begun = time.monotonic()
    while not ask():
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)
    return time.monotonic() - begun


def bought(workspace, who):
    call = Call(kind="track", ts=clock.now(), user_id=who, event="bought")
    return record(workspace.pk, None, [call], clock.now()).profile_ids[0]


def test_an_event_lets_in_and_time_lets_out(celery_workers):
    indexes.forget()
    workspace = make_workspace()
    segment = Segment.objects.create(
        workspace=workspace,
        slug="just-bought",
        name="Just bought",
        condition={"event": "bought", "op": "at_least", "times": 1, "within": "PT3S"},
    )
    membership.track(segment, clock.now())
    celery_workers.beat()
    begun = time.monotonic()
    person = bought(workspace, "ana")
    # Written before the call is answered: the change waits for nobody.
    assert list(segment.members.values_list("profile_id", flat=True)) == [person]
    assert time.monotonic() - begun < 2
    within(25, lambda: not segment.members.exists())
    # One that nobody filled gets its people, and a size, by the clock.
    late = Segment.objects.create(
        workspace=workspace,
        slug="ever",
        name="Ever",
        condition={"event": "bought", "op": "at_least", "times": 1},
        stale_since=clock.now() - timedelta(seconds=5),
    )
    within(20, lambda: list(late.members.values_list("profile_id", flat=True)) == [person])
    within(20, lambda: late.sizes.filter(size=1).exists())
