"""/metrics, as Prometheus reads it."""

from datetime import timedelta

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from channels.models import Message
from config import env
from config.models import Heartbeat
from config.operations import flow, jobs
from journeys.models import CountDelta, Failure, StepCount
from lib.clock import now
from tests.config.operations.test_health_page import make_journey, stand
from tests.factories.channels import make_person, make_smtp_account
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
TOKEN = "twenty-characters-or-more"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def switched_on(settings):
    settings.METRICS_TOKEN = TOKEN


def scrape(client):
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name.removeprefix("gilmok_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_an_empty_installation_has_its_figures(client):
    found = scrape(client)
    names = (
        "broker_up",
        "database_up",
        "due_people",
        "failed_people",
        "person_steps_total",
        "batches_under_way",
    )
    assert [found[name,] for name in names] == [1, 1, 0, 0, 0, 0]
    assert found["database_connections",] >= 1
    assert ("info", "0.1.0") in found


def test_figures_tell_what_waits_and_what_was_done(client):
    workspace = make_workspace()
    journey, person = make_journey(workspace), make_person(workspace)
    enrolment = stand(journey, person, due_at=now() - timedelta(minutes=2))
    Failure.objects.create(
        enrolment_id=enrolment.pk, journey_id=journey.pk, step="w1", error="x", attempts=4, at=now()
    )
    StepCount.objects.create(journey_id=1, version_id=1, step="w1", entered=40)
    StepCount.objects.create(journey_id=1, version_id=1, step="w1", outlet="next", completed=30)
    StepCount.objects.create(journey_id=1, version_id=1, step="", entered=40)
    CountDelta.objects.create(journey_id=1, version_id=1, step="w1", entered=2)
    account = make_smtp_account(workspace, 25)
    flow.measure(now() - timedelta(minutes=2))
    for state, reason in (("created", ""), ("skipped", "no_consent"), ("skipped", "no_consent")):
        Message.objects.create(
            workspace_id=workspace.pk,
            profile_id=person.pk,
            medium="email",
            account_id=account.pk,
            state=state,
            reason=reason,
            created_at=now(),
            due_at=now() - timedelta(seconds=30),
        )
    flow.measure(now())
    jobs.record("journeys.tasks.advance_due", 0.5, 7, None, now())
    jobs.record("journeys.tasks.advance_due", 0.25, None, ValueError("x"), now())
    Heartbeat.objects.create(name="queue:bulk", at=now() - timedelta(seconds=50))
    found = scrape(client)
    assert (found["due_people",], found["failed_people",], found["person_steps_total",]) == (1, 1, 42)
    assert 120 <= found["due_oldest_seconds",] < 130
    assert found["messages_waiting", str(account.pk), "email"] == 1
    assert 30 <= found["messages_oldest_seconds", str(account.pk), "email"] < 40
    assert found["messages_last_hour", "no_consent", "skipped"] == 2
    assert (found["messages_total",], found["events_total",]) == (3, 0)
    job = "journeys.tasks.advance_due"
    sums = ("job_runs_total", "job_failures_total", "job_seconds_total", "job_done_total")
    assert [found[name, job] for name in sums] == [2, 1, 0.75, 7]
    assert found["job_age_seconds", job] < 5
    assert 50 <= found["silent_seconds", "bulk"] < 60


def test_no_label_names_a_person_or_a_workspace(client):
    workspace = make_workspace("Sonamu Living")
    make_journey(workspace)
    make_person(workspace, first_name="Yujin")
    make_smtp_account(workspace, 25)
    text = client.get("/metrics", headers=BEARER).content.decode()
    assert [word for word in ("Sonamu", "Yujin", "@", "Cart", 'Mail"') if word in text] == []


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer ü"}])
def test_strangers_get_401(client, header):
    assert client.get("/metrics", headers=header).status_code == 401


def test_it_is_not_there_without_a_token(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_a_broker_that_is_away_is_told(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert scrape(client)["broker_up",] == 0


def test_a_slow_figure_is_left_out_and_the_rest_stays(client, monkeypatch):
    monkeypatch.setattr("config.operations.figures._CONNECTIONS", "select pg_sleep(60)")
    monkeypatch.setattr("config.operations.figures.SECONDS", 0.1)
    found = scrape(client)
    assert ("database_connections",) not in found
    assert found["due_people",] == 0
    with connection.cursor() as cursor:  # and the connection is fit for use
        cursor.execute("select 1")


def test_a_short_token_is_refused_at_start(monkeypatch):
    monkeypatch.setenv("GILMOK_METRICS_TOKEN", "short")
    with pytest.raises(env.BadSetting, match="20 random characters"):
        env.token("GILMOK_METRICS_TOKEN")
