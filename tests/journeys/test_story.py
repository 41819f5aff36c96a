import json

import pytest

from journeys.engine import enrol, on_events
from profiles import timeline
from profiles.signals import RecordedEvent
from tests.factories.channels import make_person
from tests.factories.journeys import NOW, make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def walking():
    actor = make_actor(make_workspace(), "admin", ("email",))
    document = simple_document(
        b1={
            "kind": "branch", "name": "VIP?", "next": {"vip": "w1", "else": "x1"},
            "settings": {
                "branches": [{"key": "vip", "label": "VIP", "when": {"attribute": "plan", "op": "is", "value": "vip"}}]
            },
        }
    )  # fmt: skip
    document["triggers"] = {"t1": {"kind": "api", "next": "b1"}}
    journey = make_journey(actor, document, live=True)
    person = make_person(actor.workspace, plan="vip", first_name="Ana")
    assert enrol.enrol(journey.live_id, "t1", [person.pk], [{}], NOW) == [person.pk]
    return journey, person


def test_timeline_tells_the_way_in_and_the_decision(walking):
    journey, person = walking
    found = [(entry.kind, str(entry.title)) for entry in timeline.read(person).entries]
    assert found == [("journey", "VIP?: VIP"), ("journey", f"Entered {journey.name}")]


def test_person_page_says_where_and_why(walking):
    journey, person = walking
    page = signed_in(journey.workspace)[0].get(f"/people/{person.public_id}/").content.decode()
    assert journey.name in page
    assert "Why here?" in page
    assert "plan is vip" in page


def test_api_lists_the_visits_with_their_reasons(walking):
    journey, person = walking
    answer = signed_in(journey.workspace)[0].get(f"/api/v1/profiles/{person.public_id}/journeys/")
    (one,) = json.loads(answer.content)["results"]
    assert (one["journey"]["name"], one["state"], one["step"]) == (journey.name, "running", "w1")
    assert [(visit["step"], visit["outlet"]) for visit in one["visits"]] == [("b1", "vip"), ("w1", None)]
    assert one["visits"][0]["why"][0]["result"] is True


def test_page_of_a_person_in_no_journey(walking):
    journey, _person = walking
    other = make_person(journey.workspace)
    page = signed_in(journey.workspace)[0].get(f"/people/{other.public_id}/").content.decode()
    assert "In no journey yet." in page


def test_the_road_begins_with_the_condition_that_let_her_in():
    actor = make_actor(make_workspace(), "admin", ("email",))
    document = simple_document()
    document["triggers"]["t1"] |= {
        "name": "Left a cart",
        "where": {"entry": "value", "op": "gte", "value": 50},
    }
    journey = make_journey(actor, document, live=True)
    person = make_person(actor.workspace)
    event = RecordedEvent(person.pk, "cart_updated", NOW, {"value": 70}, NOW)
    on_events.handle(actor.workspace.pk, [event], [], NOW)
    page = signed_in(journey.workspace)[0].get(f"/people/{person.public_id}/").content.decode()
    assert "Left a cart" in page
    assert "value is 70 (at least 50)" in page
