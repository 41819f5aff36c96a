"""A yes that counts only after a click in the mailbox, through a real SMTP server."""

import re
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from channels import deliver
from channels.models import Message
from profiles import consent
from profiles.models import Consent, ConsentChange, PendingConsent
from tests.factories.channels import NOW, make_person, make_smtp_account, make_topic
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace(mailbox):
    workspace = make_workspace("Corner Shop")
    make_smtp_account(workspace, mailbox.smtp_port, track=False)
    topic = make_topic(workspace, "news")
    topic.double_opt_in, topic.name_ko = True, "새 소식"
    topic.save()
    make_topic(workspace, "offers")
    return workspace


@pytest.fixture
def person(workspace):
    return make_person(workspace, consents={}, email="yujin@example.com", locale="ko-KR")


def say(person, state="granted", topic="news", at=NOW, now=NOW, **more):
    with connection.cursor() as cursor:
        consent.write(
            cursor, [consent.Answer(person.pk, "email", topic, state, at, "form", "News?", **more)], now
        )


def states():
    return set(Consent.objects.values_list("topic", "state", "how"))


def send(mailbox, now=NOW):
    for message in Message.objects.filter(state="created"):
        deliver.deliver_batch(message.account_id, now)
    return mailbox.wait_for(1, to="yujin@example.com")[-1]


def link_in(mail):
    found = re.search(r"http://127\.0\.0\.1:8000(/c/[\w.:-]+)", mail["text"])
    assert found
    return found[1]


def test_a_yes_waits_for_the_click(client, person, mailbox, monkeypatch):
    monkeypatch.setattr("django.core.signing.time.time", lambda: NOW.timestamp())
    monkeypatch.setattr("lib.clock.now", lambda: NOW + timedelta(minutes=5))
    say(person)

    assert states() == set()
    mail = send(mailbox)
    assert mail["subject"] == "Corner Shop 소식을 받아 보시겠어요?"
    assert "새 소식" in mail["text"]
    assert "list-unsubscribe" not in {name.lower() for name in dict(mail["headers"])}
    link = link_in(mail)
    page = client.get(link)
    assert (page.status_code, 'lang="ko"' in page.content.decode()) == (200, True)
    assert states() == set()  # scanners fetch links

    client.post(link, headers={"User-Agent": "Mailbox/1"})

    assert states() == {("news", "granted", "double opt-in")}
    assert PendingConsent.objects.count() == 0
    proof = list(
        ConsentChange.objects.order_by("pk").values_list("state", "how", "wording", "ip", "user_agent")
    )
    assert proof == [
        ("asked", "form", "News?", None, ""),
        ("granted", "double opt-in", "News?", "127.0.0.1", "Mailbox/1"),
    ]
    assert client.post(link).status_code == 404  # it was used


def test_other_topics_need_no_click_and_everything_does(person):
    say(person, topic="offers")
    say(person, topic="*")

    assert states() == {("offers", "granted", "form")}
    assert list(PendingConsent.objects.values_list("topic", "mails")) == [("*", 1)]


def test_what_the_company_vouches_for_needs_no_click(person):
    say(person, confirmed=True)

    assert states() == {("news", "granted", "form")}
    assert Message.objects.count() == 0


def test_mails_are_few_and_apart(person):
    for minutes in (0, 1, 11, 22, 33):
        at = NOW + timedelta(minutes=minutes)
        say(person, at=at, now=at)

    assert Message.objects.filter(step="double_opt_in").count() == 3
    assert ConsentChange.objects.count() == 1  # asked once, reminded twice


def test_a_no_ends_the_waiting(person, client):
    say(person)
    say(person, "withdrawn", at=NOW + timedelta(hours=1))

    assert PendingConsent.objects.count() == 0
    assert states() == {("news", "withdrawn", "form")}


def test_who_agreed_already_is_not_asked(person):
    say(person, confirmed=True)
    say(person, at=NOW + timedelta(days=1))

    assert PendingConsent.objects.count() == 0


def test_a_link_that_ran_out_or_was_made_up(client, person, monkeypatch, mailbox):
    monkeypatch.setattr("django.core.signing.time.time", lambda: NOW.timestamp())
    say(person)
    link = link_in(send(mailbox))
    monkeypatch.setattr("django.core.signing.time.time", lambda: (NOW + timedelta(days=8)).timestamp())

    assert client.post(link).status_code == 404
    assert client.get("/c/abc.def.ghi").status_code == 404
    assert states() == set()


def test_another_address_meanwhile_confirms_nothing(client, person, mailbox, monkeypatch):
    monkeypatch.setattr("django.core.signing.time.time", lambda: NOW.timestamp())
    monkeypatch.setattr("lib.clock.now", lambda: NOW)
    say(person)
    link = link_in(send(mailbox))
    type(person).objects.filter(pk=person.pk).update(attributes={"email": "other@example.com"})

    assert client.post(link).status_code == 410
    assert states() == set()


def test_the_history_cannot_be_rewritten(person):
    say(person, topic="offers")
    with pytest.raises(ProgrammingError, match="never changed"), transaction.atomic():
        ConsentChange.objects.update(state="withdrawn")
