from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from profiles import computed, record_event
from profiles.call import Call
from profiles.models import ComputedAttribute, Profile

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    computed.forget()
    yield
    computed.forget()


@pytest.fixture
def figure(workspace):
    """figure("count", "order_completed", window_days=30): live at once, without going through anybody."""

    def make(kind, event="bought", **more):
        row = ComputedAttribute.objects.create(
            workspace=workspace, name=more.pop("name", f"c{next(_numbers)}"), kind=kind, event=event,
            state=more.pop("state", "live"), fill_after=NOW, created_at=NOW, updated_at=NOW,
            zone=more.pop("zone", "Asia/Seoul"), **more,
        )  # fmt: skip
        computed.forget()
        return row

    return make


@pytest.fixture
def does(workspace, source):
    """does("ana", ago, {"total": 5}, now=NOW): an event that is told `ago` after it happened."""

    def record(who, ago=timedelta(0), properties=None, *, now=NOW, event="bought"):
        call = Call(kind="track", ts=now - ago, user_id=who, event=event, properties=properties or {})
        return record_event.record(workspace.pk, source.pk, [call], now)

    return record


@pytest.fixture
def value(workspace):
    def read(who, row):
        profile = Profile.objects.get(workspace=workspace, external_id=who)
        return profile.attributes.get(row.name)

    return read
