"""The acceptance scenarios from the outside: contents, journey and simulation all through the API, with an API key."""

import json

import pytest
from django.test import Client

from channels.models import Account
from lib import clock
from tests.factories.workspaces import make_workspace
from tests.scenarios import world
from workspaces import api_keys

SCENARIOS = world.scenarios()
pytestmark = pytest.mark.django_db


class Api:
    def __init__(self):
        self.workspace = make_workspace()
        _key, plain = api_keys.create(self.workspace, "Tests", "admin", [], at=clock.now())
        self.client, self.headers = Client(), {"Authorization": f"Bearer {plain}"}

    def post(self, path, body):
        return self.client.post(
            f"/api/v1/{path}", data=json.dumps(body), content_type="application/json", headers=self.headers
        )


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def journey(api):
    answer = api.post("journeys/", {"name": "Scenario"})
    assert answer.status_code == 201
    return answer.json()["id"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["name"] for s in SCENARIOS])
def test_scenario_through_the_api(api, journey, scenario):
    for item in scenario["setup"]["content"]:
        assert api.post("content/", item).status_code == 201
    for segment in scenario["setup"]["segments"]:
        assert api.post("segments/", segment).status_code == 201
    for account in scenario["setup"].get("accounts", []):
        Account.objects.create(workspace=api.workspace, name=account["kind"], is_default=True, **account)
    names = ("document", "person", "start", "until", "events", "draws")
    answer = api.post(f"journeys/{journey}/simulations/", {name: scenario[name] for name in names})
    assert answer.status_code == 200, answer.content
    world.check(scenario["expect"], answer.json())


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"person": None}, "/person"),
        ({"person": {"id": "no-uuid"}}, "/person"),
        ({"start": "soon"}, "/start"),
        ({"until": "2024-01-01T00:00:00Z"}, "/until"),
        ({"events": [{"event": "go"}]}, "/events/0/timestamp"),
        ({"events": 5}, "/events"),
        ({"version": 9, "document": None}, "/version"),
        ({"document": {"steps": []}}, "/document/steps"),
    ],
)
def test_wrong_argument_is_named(api, journey, change, pointer):
    body = {
        "person": {"attributes": {"email": "a@example.com"}, "consents": "all", "events": []},
        "start": "2025-01-01T00:00:00Z",
        "until": "2025-02-01T00:00:00Z",
        "events": [],
        **change,
    }
    answer = api.post(f"journeys/{journey}/simulations/", body)
    assert answer.status_code == 400, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_simulation_keeps_nothing(api, journey):
    from channels.models import Message
    from journeys.models import Enrolment, Journey, Version
    from profiles.models import Event, Profile

    scenario = next(s for s in SCENARIOS if s["expect"].get("messages"))
    for item in scenario["setup"]["content"]:
        api.post("content/", item)
    names = ("document", "person", "start", "until", "events", "draws")
    api.post(f"journeys/{journey}/simulations/", {name: scenario[name] for name in names})
    assert [m.objects.count() for m in (Message, Enrolment, Version, Event, Profile)] == [0, 0, 0, 0, 0]
    assert Journey.objects.count() == 1
