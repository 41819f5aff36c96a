"""`manage.py crashtest` finds nothing wrong with what died, and its checker finds whatever is made wrong."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from config.crash import check, publisher, scene
from journeys.engine import advance, counting, schedules

ROOT = Path(__file__).parents[2]


def crashtest(tmp_path, *options):
    tmp_path.chmod(0o711)
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest-"):
            folder.chmod(0o711)  # the database runs as another account
    env = {name: value for name, value in os.environ.items() if not name.startswith("GILMOK_")}
    env |= {"GILMOK_VAR": str(tmp_path / "var"), "GILMOK_NO_VENV": "1"}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    command = [sys.executable, "manage.py", "crashtest", "--small", *options]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_nobody_is_lost_stuck_or_doubled_whatever_dies(tmp_path):
    found = crashtest(tmp_path, "--seed", "7")
    assert (found["kills"], found["flushes"], found["restarts"]) == (8, 1, 1)
    assert (found["people"], found["enrolments"], found["faults"]) == (200, 440, 0)
    assert found["person_steps"] > 2400


@pytest.mark.slow
def test_eight_workers_and_four_publishers_on_one_journey(tmp_path):
    found = crashtest(tmp_path, "--seed", "8", "--simultaneous")
    assert (found["enrolments"], found["faults"]) == (440, 0)


class Plant:
    """What the checker asks, on the tests' own database."""

    people = 30

    def __init__(self):
        self.scene = scene.make(self.people, 1, 0)
        self.planned = {"crash_go": 36, "crash_paid": 15}

    def ask(self, sql, *params):
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchall()

    def said(self, words):
        return 0


@pytest.fixture
def walked(transactional_db):
    """Everybody has walked to the end, by a clock that was moved by hand."""
    plant = Plant()
    publisher.publish(plant.scene["workspace"], plant.people, 0, 1, 0, 0)
    moment = datetime.now(UTC)
    for _step in range(12):
        moment += timedelta(seconds=3)
        schedules.run_due(moment)
        advance.advance_due(moment)
    advance._mark.__init__()
    return plant


LAST_PASS = "where id = (select max(id) from journeys_pass)"
LAST_MESSAGE = "where id = (select max(id) from channels_message)"
FIRST = "(select min(event_id) from journeys_finished)"
LAST = "(select max(event_id) from journeys_finished)"
COPIED = "workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route"
MESSAGE = "workspace_id, profile_id, medium, created_at, due_at, enrolment_id, step, variables, seq"
WRONG = {
    "events crash_go are stored": f"delete from profiles_event where id = {FIRST}",
    "1 events started nobody": f"update journeys_finished set event_id = -1 where event_id = {FIRST}",
    "1 events started more than one": f"update journeys_finished set event_id = {FIRST} where event_id = {LAST}",
    "1 people are missing in the campaign": """
        delete from journeys_finished where enrolment_id =
            (select max(enrolment_id) from journeys_finished where event_id is null)
    """,
    "rows are left in profiles_announcement": """
        insert into profiles_announcement (workspace_id, created_at) values (1, now())
    """,
    "begins with visit": f"update journeys_pass set seq = seq + 1 {LAST_PASS}",
    "ends 0 times": f"delete from journeys_pass {LAST_PASS}",
    "ends 1 times": f"insert into journeys_pass ({COPIED}) select {COPIED} from journeys_pass {LAST_PASS}",
    "ended as exit_rule": f"update journeys_finished set reason = 'exit_rule' where event_id = {LAST}",
    "is counted": """
        update journeys_stepcount set completed = completed + 1 where step = 's' and outlet = 'a'
    """,
    "inside, and 0 are": """
        update journeys_stepcount set entered = entered + 1 where step = 's' and outlet = ''
    """,
    "1 messages are missing": f"delete from channels_message {LAST_MESSAGE}",
    "1 messages too many": f"""
        insert into channels_message ({MESSAGE}) select {MESSAGE} + 90 from channels_message {LAST_MESSAGE}
    """,
    "1 messages were not sent": f"update channels_message set state = 'failed' {LAST_MESSAGE}",
    "people paid in time and were told that time is up": """
        insert into profiles_event (workspace_id, profile_id, name, ts, received_at)
        select f.workspace_id, f.profile_id, 'crash_paid', f.entered_at, f.entered_at
        from journeys_finished f join channels_message m on m.enrolment_id = f.enrolment_id and m.step = 'remind'
        limit 1
    """,
    "people were thanked and had not paid": """
        update profiles_event set name = 'x' where name = 'crash_paid'
    """,
}


@pytest.mark.slow
def test_the_checker_sees_what_is_wrong(walked):
    counting.fold()
    faults, figures = check.everything(walked)
    assert faults == []
    assert figures["enrolments"] == walked.people + walked.planned["crash_go"]
    for fault, wrong in WRONG.items():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(wrong)
            found, _figures = check.everything(walked)
            assert any(fault in one for one in found), (fault, found)
            transaction.set_rollback(True)


@pytest.mark.slow
def test_the_checker_sees_somebody_who_stands_still(walked):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, step, "
                "arrived_at, entered_at, entry, context) select workspace_id, journey_id, version_id, profile_id, "
                "trigger, 'e', now(), now(), '{}', '{}' from journeys_finished limit 1"
            )
        faults, _figures = check.everything(walked)
        assert any("still stands at e" in one for one in faults)
        assert any("counts 0 inside, and 1 are" in one for one in faults)
        transaction.set_rollback(True)
