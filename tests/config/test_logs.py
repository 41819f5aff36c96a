"""What the logs of a run say, and what they never say."""

import base64
import io
import json
import logging
import re

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from channels.models import Message
from channels.tasks import deliver_account
from config.settings import base
from journeys.engine import advance
from journeys.models import Enrolment, Failure
from lib.clock import now
from lib.log_privacy import HIDDEN, hide_addresses
from tests.factories.channels import make_smtp_account
from tests.factories.journeys import make_journey, make_mail, simple_document
from tests.factories.workspaces import make_actor, make_workspace

SECRETS = ("ana.kim@example.com", "bounce@example.com", "+821012345678", "010-1234-5678", "Ana Kim")


@pytest.fixture
def lines():
    """Every line of the log at INFO and above, as production writes it."""
    formatter = base.LOGGING["formatters"]["structured"]
    import structlog

    made = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=formatter["foreign_pre_chain"],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *base.LOG_RENDERERS["json"]],
    )
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(made)
    root = logging.getLogger()
    before, root.level = root.level, logging.INFO
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def call(source, kind, body, **headers):
    key = base64.b64encode(f"{source.write_key}:".encode()).decode()
    return Client().post(
        f"/v1/{kind}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Basic {key}", **headers},
    )


@pytest.mark.django_db(transaction=True)
def test_a_run_is_told_by_ids_and_without_persons(lines, mailbox, monkeypatch):
    from profiles.models import Source

    workspace = make_workspace()
    source = Source.objects.create(workspace=workspace, name="Web")
    account = make_smtp_account(workspace, mailbox.smtp_port)
    make_mail(workspace)
    send = {"kind": "send_email", "settings": {"content": "hello"}, "next": {"next": "s1"}}
    split = {"kind": "split", "settings": {"shares": [{"key": "a", "weight": 1}]}, "next": {"a": "x1"}}
    steps = simple_document(m1=send, s1=split)
    steps["triggers"]["t1"]["next"] = "m1"
    journey = make_journey(make_actor(workspace, "admin", ("email",)), steps, live=True)
    person = {"email": SECRETS[0], "phone": SECRETS[2], "name": SECRETS[4]}
    assert call(source, "identify", {"userId": "c1", "traits": person}).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_consent (profile_id, medium, topic, state, at, how, wording) "
            "select id, 'email', '*', 'granted', now(), '', '' from profiles_profile"
        )
    event = {"userId": "c1", "event": "cart_updated", "properties": {"note": SECRETS[0]}}
    answer = call(source, "track", event, **{"X-Request-ID": "shop-4711"})
    assert (answer.status_code, answer["X-Request-ID"]) == (200, "shop-4711")
    moved = next(line for line in lines() if line["event"] == "people_moved")
    ended = Enrolment.objects.count()
    assert (moved["people"], moved["journeys"], moved["request_id"]) == (1, [journey.pk], "shop-4711")
    assert (moved["messages"], moved["ended"], ended) == (1, 1, 0)
    assert len(moved["enrolments"]) == 1
    deliver_account(account.pk)
    mailbox.wait_for(1, to=SECRETS[0])
    left = next(line for line in lines() if line["event"] == "messages_left")
    message = Message.objects.get()
    assert (left["account"], left["sent"], left["messages"]) == (account.pk, 1, [str(message.public_id)])

    def broken(*_arguments):
        raise ValueError(f"can't split {SECRETS[0]} at {SECRETS[3]}")

    monkeypatch.setattr("journeys.steps.split.fractions", broken)
    call(source, "track", event)
    advance.advance_due(now())
    failed = [line for line in lines() if line["event"] == "enrolment_failed"]
    assert failed, [line["event"] for line in lines()]
    assert {line["error"] for line in failed} == {"ValueError"}
    assert Failure.objects.count() == 0  # tried again first
    text = json.dumps(lines(), ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.django_db
def test_what_a_search_was_for_is_not_logged(lines):
    client = Client()
    answer = client.get("/api/v1/profiles/", {"email": SECRETS[0]})
    assert answer.status_code == 401
    text = json.dumps(lines())
    assert "/api/v1/profiles/" in text
    assert "ana.kim" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "ana.kim@example.com"])
def test_a_request_id_that_is_none_is_not_taken_over(client, given):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["X-Request-ID"])


def test_what_others_raise_is_hidden(lines):
    try:
        raise IntegrityError("Key (email)=(ana.kim@example.com) already exists: 010-1234-5678")
    except IntegrityError:
        logging.getLogger("somebody.else").exception("Task for %s failed", "bounce@example.com")
    (line,) = lines()
    assert line["event"] == f"Task for {HIDDEN} failed"
    assert f"Key (email)=({HIDDEN}) already exists: {HIDDEN}" in line["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "ana.kim@example.com",
        "GET /p?email=ana%40example.com&x=1",
        "+821012345678",
        "+82 10-1234-5678",
        "010-1234-5678",
        "01012345678",
        "(02) 123-4567",
        "text to %2B821012345678.",
        "tel:+1 415 555 0100",
    ],
)
def test_addresses_and_numbers_are_hidden(text):
    hidden = hide_addresses(None, "info", {"event": text, "list": [text], "inner": {"a": text}})
    assert HIDDEN in hidden["event"]
    assert not re.search(r"ana|\d{4}", json.dumps(hidden))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T16:42:20.123456Z",
        "0198f3a2-0101-7abc-8def-012345678901",
        "enrolment 1234567890123",
        "gilmok 0.1.0 on 127.0.0.1:8000",
        "/journeys/0198f3a2-0101-7abc-8def-012345678901/",
        "@shared_task line 0123",
        "0x7fd11e93c750",
        "took 0.012345678 s",
    ],
)
def test_ids_and_instants_stay(text):
    assert hide_addresses(None, "info", {"event": text})["event"] == text


@pytest.mark.parametrize("long", ["x" * 1_000_000, "x@" * 500_000, "x" * 500_000 + "@" + "y" * 500_000])
def test_a_long_word_is_looked_through_once(long):
    """Once from each of its letters would take hours."""
    line = hide_addresses(None, "info", {"event": f"{long} anna@example.com"})
    assert line["event"] == f"{long} {HIDDEN}"
