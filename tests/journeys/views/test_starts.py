"""Starting a journey for one person, from her page."""

import pytest
from django.urls import reverse

from journeys.models import Enrolment
from profiles.models import Profile
from tests.factories.journeys import make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    workspace = make_workspace()
    return workspace, make_actor(workspace, "admin", ("email",)), Profile.objects.create(workspace=workspace)


def by_api(schema=None, **policy):
    trigger = {"kind": "api", "next": "w1"} | ({"schema": schema} if schema else {})
    return simple_document() | {
        "triggers": {"t1": trigger},
        "policy": {"reentry": {"mode": "after_exit"}, **policy},
    }


def post(client, person, journey):
    return client.post(
        reverse("journeys:starts", args=[person.public_id]), {"journey": journey.public_id}, follow=True
    )


def test_her_page_offers_what_can_be_started_and_starts_it(here):
    workspace, actor, person = here
    journey = make_journey(actor, by_api(), live=True)
    make_journey(actor, simple_document() | {"name": "By event"}, live=True)
    make_journey(
        actor, by_api({"type": "object", "required": ["order"]}) | {"name": "Needs an order"}, live=True
    )
    make_journey(actor, by_api() | {"name": "A draft"})
    client, _user = signed_in(workspace)
    page = client.get(reverse("profiles:person", args=[person.public_id]))
    assert [one.name for one in page.context["startable"]] == ["Cart rescue", "Needs an order"]
    answer = post(client, person, journey)
    assert "“Cart rescue” has started." in answer.content.decode()
    assert Enrolment.objects.get().profile_id == person.pk
    assert AuditEntry.objects.latest("pk").detail == {"person": str(person.public_id)}
    assert "It did not start" in post(client, person, journey).content.decode()
    assert Enrolment.objects.count() == 1


def test_who_may_not_change_the_journey_is_not_offered_it(here):
    workspace, actor, person = here
    journey = make_journey(actor, by_api(), live=True)
    client, _user = signed_in(workspace, "viewer")
    page = client.get(reverse("profiles:person", args=[person.public_id]))
    assert page.context["startable"] == []
    assert post(client, person, journey).status_code == 403
    assert not Enrolment.objects.exists()


def test_nonsense_is_not_found(here):
    workspace, _actor, person = here
    client, _user = signed_in(workspace)
    answer = client.post(reverse("journeys:starts", args=[person.public_id]), {"journey": "x"})
    assert answer.status_code == 404


ORDER = {
    "type": "object",
    "properties": {
        "order": {"type": "string"},
        "total": {"type": "number", "minimum": 1},
        "gift": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
    },
    "required": ["order", "total"],
}


def test_what_a_journey_wants_is_asked_for_and_reaches_it(here):
    workspace, actor, person = here
    journey = make_journey(actor, by_api(ORDER), live=True)
    client, _user = signed_in(workspace)
    asked = post(client, person, journey)
    assert [field.label for field in asked.context["form"]] == ["order", "total", "day", "gift"]
    assert not Enrolment.objects.exists()
    url = reverse("journeys:starts", args=[person.public_id])
    given = {"journey": journey.public_id, "v-0": "A-7", "v-1": "0", "v-3": "true", "v-2": "2026-12-24"}
    refused = client.post(url, given)
    assert refused.status_code == 422
    assert "less than the minimum" in refused.content.decode()
    assert 'value="A-7"' in refused.content.decode()  # nothing that was typed is lost
    assert "This field is required" in client.post(url, given | {"v-0": ""}).content.decode()
    client.post(url, given | {"v-1": "12.5"})
    assert Enrolment.objects.get().entry == {"order": "A-7", "total": 12.5, "gift": True, "day": "2026-12-24"}


@pytest.mark.parametrize("typed", ["", "{", "[]", "{}", '{"lines": [{"sku": 1}]}'])
def test_a_schema_of_more_than_flat_values_is_filled_in_as_json(here, typed):
    workspace, actor, person = here
    line = {"type": "object", "properties": {"sku": {"type": "string"}}}
    schema = {
        "type": "object", "properties": {"lines": {"type": "array", "items": line}}, "required": ["lines"],
    }  # fmt: skip
    journey = make_journey(actor, by_api(schema), live=True)
    client, _user = signed_in(workspace)
    url = reverse("journeys:starts", args=[person.public_id])
    assert client.post(url, {"journey": journey.public_id, "v-json": typed}).status_code == 422
    assert not Enrolment.objects.exists()
    client.post(url, {"journey": journey.public_id, "v-json": '{"lines": [{"sku": "a"}]}'})
    assert Enrolment.objects.get().entry == {"lines": [{"sku": "a"}]}
