from datetime import timedelta

import pytest

from config.models import Heartbeat
from config.tasks import heartbeat
from lib.clock import now


def test_healthz_needs_nothing(client):
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_readyz_tells_of_database_broker_and_clock(client):
    heartbeat()
    assert client.get("/readyz").json() == {"database": "ok", "broker": "ok", "clock": "ok"}


@pytest.mark.django_db
def test_a_late_clock_is_told(client):
    Heartbeat.objects.create(name="clock", at=now() - timedelta(minutes=5))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["clock"]) == (200, "late")


@pytest.mark.django_db
def test_a_broker_that_is_away_makes_it_unready(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "unreachable")


def test_unknown_paths_of_the_api_answer_as_problems(client, db):
    for path in ("/api/v1/nothing/", "/v1/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.django_db
def test_the_api_describes_itself(client):
    assert (
        client.get("/api/schema/", headers={"Accept": "application/json"}).json()["openapi"].startswith("3.1")
    )
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "cdn" not in page.content.decode()
