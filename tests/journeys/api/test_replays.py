"""Replays over the API."""

import json

import pytest

from journeys import replaying
from lib import clock
from tests.factories.journeys import make_journey, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def journey():
    return make_journey(live=True)


@pytest.fixture
def ask(journey):
    client = signed_in(journey.workspace)[0]

    def call(path="", body=None):
        url = f"/api/v1/journeys/{journey.public_id}/replays/{path}"
        if body is None:
            return client.get(url)
        return client.post(url, data=json.dumps(body), content_type="application/json")

    return call


def test_asked_for_and_worked_off(ask):
    asked = ask(body={"days": 7})
    assert asked.status_code == 202 and asked.json()["state"] == "queued"
    assert ask(body={}).status_code == 409
    replaying.work(clock.now)
    found = ask(f"{asked.json()['id']}/").json()
    assert (found["state"], found["progress"], found["days"], found["error"]) == ("done", 100, 7, None)
    assert found["report"]["draft"]["entered"]["total"] == 0 and len(found["report"]["draft"]["days"]) in (
        7,
        8,
    )
    (listed,) = ask().json()["results"]
    assert listed["id"] == found["id"] and "report" not in listed


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 91}, {"days": "7"}, {"days": True}])
def test_days_that_can_not_be(ask, body):
    answer = ask(body=body)
    assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/days"


def test_more_people_than_are_possible(ask):
    assert ask(body={"sample": 2001}).json()["errors"][0]["pointer"] == "/sample"
