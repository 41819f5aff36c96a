"""Near a store, and counted: for somebody made up for a test."""

import pytest

from profiles import computed
from profiles.models import ComputedAttribute, Profile, Store
from tests.journeys.api.test_simulations import Api

pytestmark = pytest.mark.django_db
WHEN = "2026-01-05T10:00:00Z"


def walk(when, person, events=()):
    api = Api()
    Store.objects.create(
        workspace=api.workspace,
        slug="gangnam",
        name="Gangnam",
        latitude=37.4979,
        longitude=127.0276,
        created_at=WHEN,
    )
    ComputedAttribute.objects.create(
        workspace=api.workspace, name="visits_ever", kind="count", event="visited", state="live", fill_after=WHEN,
        created_at=WHEN, updated_at=WHEN,
    )  # fmt: skip
    computed.forget()
    branches = [{"key": "yes", "label": "Yes", "when": when}]
    document = {
        "format": "gilmok.journey/1", "name": "Near",
        "triggers": {"t": {"kind": "event", "event": "visited", "next": "b"}},
        "steps": {
            "b": {"kind": "branch", "settings": {"branches": branches}, "next": {"yes": "x", "else": "x"}},
            "x": {"kind": "end", "settings": {}, "next": {}},
        },
    }  # fmt: skip
    journey = api.post("journeys/", {"name": "Near"}).json()["id"]
    given = {
        "document": document, "person": person, "start": WHEN, "until": "2026-01-06T10:00:00Z",
        "events": [*events, {"event": "visited", "timestamp": "2026-01-05T12:00:00Z"}], "draws": {},
    }  # fmt: skip
    answer = api.post(f"journeys/{journey}/simulations/", given)
    assert answer.status_code == 200, answer.content
    computed.forget()
    return answer.json()["enrolments"][-1]["visits"][0]


def test_a_made_up_person_is_where_her_attribute_says():
    place = {"lat": 37.5, "lon": 127.03, "at": "2026-01-05T09:00:00.000Z"}
    visit = walk({"near": "store", "within_km": 3}, {"attributes": {"last_place": place}})
    assert visit["outlet"] == "yes"
    assert visit["why"][0]["value"]["store"] == "gangnam"
    assert (
        walk({"near": "gangnam", "within_km": 0.1}, {"attributes": {"last_place": place}})["outlet"] == "else"
    )


def test_what_is_played_is_counted_and_rolled_back():
    before = {"event": "visited", "timestamp": "2026-01-05T11:00:00Z"}
    visit = walk(
        {"attribute": "visits_ever", "op": "is", "value": 2}, {"attributes": {"email": "a@b.c"}}, [before]
    )
    assert visit["outlet"] == "yes", visit
    assert not Profile.objects.exists()
