"""Asking why somebody is not in a journey: on her page, in both languages, and by API."""

import pytest

from journeys.engine import on_events
from profiles.models import Event
from profiles.signals import RecordedEvent
from tests.factories.channels import make_person
from tests.factories.journeys import NOW, make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused():
    actor = make_actor(make_workspace(), "admin", ("email",))
    document = simple_document()
    document["triggers"]["t1"]["where"] = {"entry": "value", "op": "gte", "value": 50000}
    journey = make_journey(actor, document, live=True)
    person = make_person(actor.workspace, first_name="Ana")
    event = Event.objects.create(
        workspace_id=actor.workspace.pk,
        profile_id=person.pk,
        name="cart_updated",
        ts=NOW,
        received_at=NOW,
        properties={"value": 30000},
    )
    recorded = RecordedEvent(person.pk, event.name, NOW, event.properties, NOW, id=event.pk)
    on_events.handle(actor.workspace.pk, [recorded], [], NOW)
    return journey, person


def test_the_api_says_which_condition_failed_with_the_values_and_when(refused):
    journey, person = refused
    client, _user = signed_in(journey.workspace)
    answer = client.get(f"/api/v1/profiles/{person.public_id}/journeys/{journey.public_id}/why/").json()
    assert (answer["inside"], answer["reasons"]) == (False, [])
    assert answer["journey"] == {"id": str(journey.public_id), "name": journey.name, "state": "live"}
    (way,) = answer["triggers"]
    (reason,) = way["reasons"]
    assert (way["trigger"], reason["code"], reason["at"], reason["holds"]) == (
        "t1",
        "condition",
        "2026-03-02T09:00:00Z",
        False,
    )
    assert reason["why"] == [
        {
            "condition": {"entry": "value", "op": "gte", "value": 50000},
            "value": 30000,
            "result": False,
            "text": "value is 30,000 (at least 50,000)",
        }
    ]


def test_her_page_asks_and_the_answer_is_a_sentence(refused):
    journey, person = refused
    client, _user = signed_in(journey.workspace)
    page = client.get(f"/people/{person.public_id}/").content.decode()
    assert f'<option value="{journey.public_id}">{journey.name}</option>' in page
    answer = client.get(f"/people/{person.public_id}/why-not/?journey={journey.public_id}").content.decode()
    assert "On Mon 2 Mar 2026, 18:00 the condition did not hold" in answer
    assert "value is 30,000 (at least 50,000)" in answer


def test_in_korean_too(refused):
    journey, person = refused
    client, user = signed_in(journey.workspace)
    user.language = "ko"
    user.save()
    answer = client.get(f"/people/{person.public_id}/why-not/?journey={journey.public_id}").content.decode()
    assert "2026년 3월 2일 (월) 18:00에 조건에 맞지 않았어요" in answer


def test_nothing_is_chosen_yet(refused):
    journey, person = refused
    assert signed_in(journey.workspace)[0].get(f"/people/{person.public_id}/why-not/").content == b""


@pytest.mark.parametrize("odd", ["x", "0", "11111111-1111-4111-8111-111111111111"])
def test_a_journey_that_is_not_there(refused, odd):
    journey, person = refused
    client, _user = signed_in(journey.workspace)
    assert client.get(f"/people/{person.public_id}/why-not/?journey={odd}").status_code == 404


def test_journeys_of_other_workspaces_are_not_there(refused):
    _journey, person = refused
    other = make_journey()
    client, _user = signed_in(other.workspace)
    assert client.get(f"/people/{person.public_id}/why-not/?journey={other.public_id}").status_code == 404
    url = f"/api/v1/profiles/{person.public_id}/journeys/{other.public_id}/why/"
    assert client.get(url).status_code == 404


def test_a_journey_she_is_in_is_not_offered(refused):
    journey, person = refused
    document = simple_document()
    inside = make_journey(make_actor(journey.workspace, "admin", ("email",)), document, live=True)
    event = RecordedEvent(person.pk, "cart_updated", NOW, {"value": 1}, NOW)
    on_events.handle(journey.workspace_id, [event], [], NOW)
    page = signed_in(journey.workspace)[0].get(f"/people/{person.public_id}/").content.decode()
    offered = page.partition('id="why-not-journey"')[2].partition("</select>")[0]
    assert f'value="{journey.public_id}"' in offered
    assert f'value="{inside.public_id}"' not in offered
