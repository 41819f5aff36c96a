"""Messages know their journey by its public id and name."""

import pytest
from rest_framework.test import APIClient

from journeys.models import Journey
from tests.factories.channels import NOW, make_message, make_person
from tests.factories.workspaces import make_workspace
from workspaces import api_keys

pytestmark = pytest.mark.django_db


def test_messages_of_a_journey():
    workspace = make_workspace()
    _key, plain = api_keys.create(workspace, "K", "admin", [], at=NOW)
    api = APIClient(headers={"Authorization": f"Bearer {plain}"})
    journey = Journey.objects.create(workspace=workspace, name="Welcome", draft={})
    person = make_person(workspace)
    message = make_message(person, journey_id=journey.pk)
    make_message(person)

    found = api.get("/api/v1/messages/", {"journey": str(journey.public_id)}).json()["results"]

    assert [(row["id"], row["journey"]) for row in found] == [
        (str(message.public_id), str(journey.public_id))
    ]
