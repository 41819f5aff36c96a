from datetime import UTC, datetime, timedelta

import pytest

from channels.models import Message
from config.models import Sample
from config.operations import flow
from profiles.models import Event
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def come(workspace, events, messages):
    for _number in range(events):
        Event.objects.create(workspace_id=workspace.pk, profile_id=1, name="x", ts=NOW, received_at=NOW)
    for _number in range(messages):
        Message.objects.create(
            workspace_id=workspace.pk, profile_id=1, medium="email", created_at=NOW, due_at=NOW
        )


def test_two_samples_make_a_rate():
    workspace = make_workspace()
    come(workspace, 5, 5)  # before the first look: not counted
    flow.measure(NOW)
    assert flow.rates(NOW) is None
    come(workspace, 30, 10)
    flow.measure(NOW + timedelta(seconds=10))
    assert flow.rates(NOW + timedelta(seconds=10)) == (3.0, 1.0)
    flow.measure(NOW + timedelta(seconds=20))
    assert flow.rates(NOW + timedelta(seconds=20)) == (1.5, 0.5)
    assert (flow.latest().events, flow.latest().messages) == (30, 10)


def test_the_same_moment_twice_counts_once():
    workspace = make_workspace()
    flow.measure(NOW)
    come(workspace, 3, 0)
    for _turn in range(2):
        flow.measure(NOW + timedelta(seconds=10))
    assert flow.latest().events == 3


def test_old_samples_go():
    flow.measure(NOW)
    flow.measure(NOW + timedelta(hours=7))
    assert list(Sample.objects.values_list("at", flat=True)) == [NOW + timedelta(hours=7)]
