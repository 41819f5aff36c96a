"""The last known place: from what calls say, newest by its own time."""

from datetime import UTC, datetime, timedelta

import pytest

from profiles import places, record_event
from profiles.call import Call
from profiles.models import Profile

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SEOUL, BUSAN = {"latitude": 37.5, "longitude": 127.0}, {"latitude": "35.1796", "longitude": 129.0756}


@pytest.fixture
def tell(workspace, source):
    def record(*calls):
        record_event.record(workspace.pk, source.pk, list(calls), NOW)
        return Profile.objects.get(external_id="ana").attributes.get("last_place")

    return record


def call(kind="track", ago=timedelta(0), where=None, **more):
    context = {"location": where} if where else {}
    event = "page" if kind == "track" else None
    return Call(kind=kind, ts=NOW - ago, user_id="ana", event=event, context=context, **more)


def test_the_newest_by_time_holds_whatever_the_order(tell):
    assert tell(call(where=SEOUL)) == {"lat": 37.5, "lon": 127.0, "at": "2026-03-10T12:00:00.000Z"}
    assert tell(call(ago=timedelta(hours=1), where=BUSAN))["lat"] == 37.5
    late = [call(ago=timedelta(minutes=m), where=BUSAN) for m in (-5, 7)]
    assert tell(*late) == {"lat": 37.5, "lon": 127.0, "at": "2026-03-10T12:00:00.000Z"}


def test_an_address_says_where_somebody_is(tell):
    assert (
        tell(call("identify", traits={"address": {"city": "Busan", "lat": 35.1, "lng": 129.0}}))["lon"]
        == 129.0
    )


@pytest.mark.parametrize(
    "where", [{"latitude": 91, "longitude": 1}, {"latitude": 0, "longitude": 0}, {"latitude": "x", "longitude": 1},
              {"latitude": True, "longitude": 1}, {"latitude": float("nan"), "longitude": 1}, {"latitude": 1}],
)  # fmt: skip
def test_what_is_no_place_is_left_out(where):
    assert places.point(where) is None


def test_sources_cannot_make_a_place_up(tell):
    assert tell(call("identify", traits={"last_place": "home", "plan": "pro"})) is None
