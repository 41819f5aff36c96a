"""Senders may be many and may die at any moment: nothing is lost, and at most the one mail in hand goes out twice."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections

from channels.deliver import deliver_batch
from channels.models import Message
from tests.factories.channels import NOW, make_message, make_person, make_smtp_account
from tests.factories.workspaces import make_workspace
from tests.providers.smtp import mail_server

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
# A worker of its own, which says when the mail server has taken its tenth mail, and dies there and then.
WORKER = """
    import os, signal, sys
    import django
    django.setup()
    from channels.adapters import smtp
    from channels.deliver import deliver_batch
    from tests.factories.channels import NOW

    taken = 0
    send = smtp.Line.send
    def send_and_die(self, outgoing, key):
        global taken
        send(self, outgoing, key)
        taken += 1
        if taken == 10:
            os.kill(os.getpid(), signal.SIGKILL)  # after the server's yes, before our note
    smtp.Line.send = send_and_die
    deliver_batch(int(sys.argv[1]), NOW)
"""


@pytest.fixture
def mailer():
    with mail_server() as server:
        yield server


def recipients(mailer):
    return Counter(to for to, _mail in mailer.taken)


def test_parallel_senders_share_the_work(mailer):
    workspace = make_workspace()
    account = make_smtp_account(workspace, mailer.port)
    people = [make_person(workspace) for _ in range(120)]
    for person in people:
        make_message(person)

    def work():
        while deliver_batch(account.pk, NOW):
            pass
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert recipients(mailer) == {person.email: 1 for person in people}
    assert Message.objects.filter(state="sent").count() == 120


def test_worker_killed_between_sending_and_noting(mailer):
    workspace = make_workspace()
    account = make_smtp_account(workspace, mailer.port)
    people = [make_person(workspace) for _ in range(30)]
    for person in people:
        make_message(person)

    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    env = {**os.environ, "GILMOK_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    command = [sys.executable, "-c", textwrap.dedent(WORKER), str(account.pk)]
    worker = subprocess.run(command, cwd=ROOT, env=env, timeout=60, capture_output=True)

    assert worker.returncode == -signal.SIGKILL, worker.stderr.decode()
    wait_until(lambda: len(mailer.taken) == 10)
    assert Message.objects.filter(state="sent").count() == 9
    assert deliver_batch(account.pk, NOW + timedelta(seconds=119)) == 0  # the dead one's lease still holds
    assert deliver_batch(account.pk, NOW + timedelta(seconds=121)) == 21

    counts = recipients(mailer)
    assert set(counts) == {person.email for person in people}
    assert sorted(counts.values()) == [1] * 29 + [2]
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    ids = [
        line for _to, mail in mailer.taken for line in mail.split(b"\r\n") if line.startswith(b"Message-ID:")
    ]
    assert len(set(ids)) == 30  # the twin has the same Message-ID


def test_no_time_left_in_the_lease_gives_the_rest_back(mailer, monkeypatch):
    from channels import deliver

    monkeypatch.setattr(deliver, "SECONDS", -1)
    workspace = make_workspace()
    account = make_smtp_account(workspace, mailer.port)
    for _ in range(3):
        make_message(make_person(workspace))

    assert deliver_batch(account.pk, NOW) == 3

    assert sorted(Message.objects.values_list("state", "attempts", "claimed_until")) == [
        ("created", 0, None), ("created", 0, None), ("sent", 1, None),
    ]  # fmt: skip


def test_task_sends_what_is_due_and_only_that(mailer, celery_workers):
    from channels import outbox, tasks
    from lib import clock

    workspace = make_workspace()
    account = make_smtp_account(workspace, mailer.port)
    now = clock.now()
    message = make_message(make_person(workspace), created_at=now, due_at=now)
    later = make_message(make_person(workspace), created_at=now, due_at=now + timedelta(hours=1))

    outbox.wake([account.pk])
    wait_until(lambda: state(message) == "sent", celery_workers.output)
    second = make_message(make_person(workspace), created_at=now, due_at=now)
    tasks.deliver_due.apply_async()
    wait_until(lambda: state(second) == "sent", celery_workers.output)

    assert state(later) == "created"


def state(message):
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


def wait_until(true, explain=lambda: ""):
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, explain()
        time.sleep(0.02)
