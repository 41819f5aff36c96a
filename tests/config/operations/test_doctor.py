"""`manage.py doctor`, on a real database and broker."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from config.celery import QUEUES
from config.models import JobRun
from config.operations import doctor, jobs
from config.operations.doctor import database
from config.operations.doctor.finding import Check
from journeys.models import Failure
from lib.clock import now
from tests.config.operations.test_health_page import all_alive
from tests.factories.channels import make_smtp_account
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


def look(*areas):
    return {found.name: found for _area, found in doctor.examine(now(), areas)}


def states(*areas):
    return {name: found.state for name, found in look(*areas).items()}


def test_a_fresh_database_is_safe_but_for_what_the_tests_switch_off():
    found = states("database")
    # The tests' own server forgoes durability, and the doctor says so.
    unsafe = {"setting fsync", "setting full_page_writes", "setting synchronous_commit"}
    assert {name for name, state in found.items() if state == "fail"} <= unsafe
    wanted = ("database", "migrations", "clocks of host and database", "partitions", "connections")
    assert {found[name] for name in wanted} == {"ok"}


def test_an_unsafe_setting_is_told_with_what_it_means():
    with connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit = off")
    found = look("database")["setting synchronous_commit"]
    assert (found.state, "go out twice" in found.text) == ("fail", True)


def test_a_database_that_is_away_is_told_once(monkeypatch):
    def away(*_arguments):
        raise DatabaseError("connection refused\nIs the server running?")

    monkeypatch.setattr(database, "_one", away)
    found = look("database", "channels")
    assert list(found) == ["database"]
    assert (found["database"].state, found["database"].text) == (
        "fail",
        "does not answer: connection refused",
    )


def test_an_old_database_and_one_that_is_not_migrated_are_told(monkeypatch):
    monkeypatch.setattr(database, "NEEDED", 99)
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'config'")
    found = look("database")
    assert "too old" in found["database version"].text
    assert "config.0001_heartbeat" in found["migrations"].text


def test_a_missing_month_and_a_stray_row_are_told():
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_event (workspace_id, profile_id, name, ts, received_at) "
            "values (1, 1, 'x', '1999-01-01', now())"
        )
    assert states("database")["partitions"] == "warn"
    month = f"profiles_event_{at:%Y%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"alter table profiles_event detach partition {month}")
    found = look("database")["partitions"]
    assert (found.state, month in found.text) == ("fail", True)


def test_clocks_that_differ_are_told(monkeypatch):
    from datetime import timedelta

    monkeypatch.setattr(database.clock, "now", lambda: now() + timedelta(minutes=2))
    assert states("database")["clocks of host and database"] == "fail"


@pytest.mark.django_db(transaction=True)
def test_an_idle_transaction_is_named(monkeypatch):
    sql = database._HOLDERS.replace("5 minutes", "0 seconds")
    monkeypatch.setattr(database, "_HOLDERS", sql)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select 1 from journeys_enrolment")
        found = [one for _area, one in doctor.examine(now(), ["database"]) if one.name == "old snapshots"]
        assert {one.state for one in found} == {"warn"}
        assert any("idle in transaction" in one.text for one in found)
    finally:
        other.close()


def test_without_workers_each_queue_and_the_clock_fail():
    found = states("workers")
    assert found["broker"] == "ok"
    assert {found[f"queue {queue}"] for queue in QUEUES} | {found["clock"]} == {"fail"}
    assert found["job journeys.tasks.advance_due"] == "ok"  # a clock that never ticked is told of once
    assert found["job profiles.tasks.forget_message_ids"] == "ok"  # its hour has not come yet
    jobs.record("journeys.tasks.fold_counts", 0.1, 0, None, now())
    JobRun.objects.update(runs=10_000)
    assert states("workers")["job journeys.tasks.advance_due"] == "warn"


@pytest.mark.django_db(transaction=True)
def test_workers_are_counted_by_queue(celery_workers):
    all_alive()
    jobs.record("config.tasks.sample", 0.1, None, ValueError("x"), now())
    found = look("workers")
    assert found["queue bulk"].text == "1 worker"
    bad = {name: one.state for name, one in found.items() if one.state != "ok"}
    assert bad == {"job config.tasks.sample": "fail"}


def test_a_broker_that_is_away_is_told(settings, monkeypatch):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("config.operations.doctor.workers.app.control.inspect", _refuse)
    assert states("workers")["broker"] == "fail"


def _refuse(**_options):
    raise OSError("refused")


def test_people_set_aside_are_told():
    Failure.objects.create(enrolment_id=1, journey_id=1, step="w1", error="x", attempts=4, at=now())
    assert states("workers")["people set aside"] == "warn"


def test_channels_are_asked_and_nothing_is_sent(mailbox):
    workspace = make_workspace()
    make_smtp_account(workspace, mailbox.smtp_port)
    found = look("channels")[f"channel {workspace.slug}/Mail"]
    assert (found.state, found.text) == ("ok", "answers and lets us in")
    assert mailbox.count() == 0


def test_a_channel_that_refuses_or_lost_its_password_is_told():
    workspace = make_workspace()
    away = make_smtp_account(workspace, 1)
    found = look("channels")[f"channel {workspace.slug}/Mail"]
    assert (found.state, bool(found.mend)) == ("fail", True)
    away.secrets = "what another key wrote"
    away.save(update_fields=["secrets"])
    assert "secret key" in look("channels")[f"channel {workspace.slug}/Mail"].text


def test_settings_of_production_are_held_to_more(settings):
    assert set(states("settings").values()) <= {"ok", "warn"}
    settings.PRODUCTION = True
    settings.SECRET_KEY, settings.DEBUG = "x" * 60, True
    for url, state in (
        ("http://localhost:8000", "fail"),
        ("http://a.example", "warn"),
        ("https://a.example", "ok"),
    ):
        settings.BASE_URL = url
        assert states("settings")["base URL"] == state
    found = states("settings")
    assert (found["secret key"], found["debugging"]) == ("fail", "fail")


def test_the_host_is_looked_at(settings, tmp_path):
    settings.VAR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    assert states("host")["uploads"] == "ok"
    assert "disk" in states("host")
    settings.STATIC_ROOT = tmp_path / "static"
    (tmp_path / "media").rmdir()
    (tmp_path / "media").write_text("a file where a folder should be")
    found = look("host")
    assert found["uploads"].state == "fail"
    if found["front end"].text.startswith("is built"):
        assert found["front end"].state == "fail"


def test_a_check_that_breaks_is_a_finding(monkeypatch):
    def _broken(_now):
        raise ZeroDivisionError("oh")
        yield

    monkeypatch.setitem(doctor.AREAS, "host", [Check(_broken)])
    assert look("host")["broken"].text == "could not be checked: ZeroDivisionError: oh"


def test_the_command_says_it_in_words_or_json_and_fails_when_something_does():
    out = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", "workers", stdout=out)
    lines = out.getvalue().splitlines()
    assert "FAIL workers: queue bulk: no worker answers for it" in lines
    assert "     -> Start one: `celery -A config worker -Q bulk`." in lines
    out = io.StringIO()
    call_command("doctor", "settings", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert found[0].keys() == {"area", "name", "state", "text", "mend"}
    assert all(one["mend"] for one in found if one["state"] != "ok")
