"""The outbox empties: what leaves, what is skipped, what is tried again, what fails, each with its reason."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from channels.claim import accounts_due
from channels.deliver import deliver_batch
from channels.models import Message, MessageBody, MessageEvent, Suppression
from profiles.models import Consent, Profile
from tests.factories.channels import NOW, make_message, make_person, make_smtp_account
from tests.factories.workspaces import make_workspace
from tests.providers.smtp import mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def mailer():
    with mail_server() as server:
        yield server


@pytest.fixture
def account(workspace, mailer):
    return make_smtp_account(workspace, mailer.port)


def outcome(message):
    message.refresh_from_db()
    return message.state, message.reason, message.error


def deliver(account, now=NOW):
    return deliver_batch(account.pk, now)


def test_mail_arrives_as_it_was_rendered(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    person = make_person(workspace, email="ana@example.com")
    html = '<p>안녕하세요 <a href="https://shop.example/a?b=1&amp;c=2">보기</a></p>'
    message = make_message(person, {"subject": "장바구니 " * 20, "html": html, "text": "안녕하세요"})

    assert deliver(account) == 1

    (mail,) = mailbox.messages()
    assert (mail["to"], mail["subject"], mail["text"].strip()) == (
        "ana@example.com",
        ("장바구니 " * 20).strip(),
        "안녕하세요",
    )
    assert mail["headers"]["From"] == "길목 Shop <hello@shop.example>"
    assert mail["headers"]["Message-ID"] == f"<{message.public_id}@shop.example>"
    assert "안녕하세요" in mail["html"]
    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts, message.claimed_until) == ("sent", "", 1, None)
    assert message.provider_id == mail["headers"]["Message-ID"]
    assert NOW <= message.sent_at < NOW + timedelta(seconds=20)
    assert MessageBody.objects.get(message=message).data["html"] == html


def test_mailbox_gets_a_button_to_unsubscribe(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    make_message(make_person(workspace))
    make_message(make_person(workspace), transactional=True)

    deliver(account)

    with_button, without = sorted(
        mailbox.messages(), key=lambda mail: "List-Unsubscribe" not in mail["headers"]
    )
    assert with_button["headers"]["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/u/")
    assert with_button["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"}.isdisjoint(without["headers"])


def test_template_cannot_add_a_header(workspace, mailer, account):
    make_message(
        make_person(workspace),
        {"subject": "Hi\r\nBcc: all@example.com\n\nbody", "html": "<p>x</p>", "text": ""},
    )

    deliver(account)

    ((_to, content),) = mailer.taken
    mail = message_from_bytes(content, policy=policy.default)
    assert mail["Subject"] == "Hi Bcc: all@example.com body"
    assert mail["Bcc"] is None


def test_links_go_through_us_and_others_stay(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    html = (
        '<html><body><a href=\'https://a.example/?x=1&amp;y=2\'>1</a><a class="b" HREF="http://b.example">2</a>'
        '<a href="mailto:x@y.z">3</a><a href="#top">4</a><a data-href="https://c.example">5</a></BODY></html>'
    )
    make_message(make_person(workspace), {"subject": "s", "html": html, "text": "t"})

    deliver(account)

    (mail,) = mailbox.messages()
    assert mail["html"].count("http://127.0.0.1:8000/t/c/") == 2
    assert mail["html"].count("http://127.0.0.1:8000/t/o/") == 1
    for kept in ('href="mailto:x@y.z"', 'href="#top"', 'data-href="https://c.example"'):
        assert kept in mail["html"]


def test_mailbox_that_does_not_exist(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    refused = make_message(make_person(workspace, email="gone@refuse.example"))
    fine = make_message(make_person(workspace))

    deliver(account)

    assert outcome(refused) == ("failed", "provider_refused", "550 5.1.1 There is no such mailbox")
    assert outcome(fine)[0] == "sent"
    assert list(Suppression.objects.values_list("workspace_id", "medium", "address", "reason")) == [
        (workspace.pk, "email", "gone@refuse.example", "hard_bounce")
    ]
    assert list(MessageEvent.objects.values_list("message_id", "kind")) == [(refused.pk, "bounced")]


def test_mailbox_that_asks_to_come_again(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    message = make_message(make_person(workspace, email="busy@later.example"))
    waits = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]

    now = NOW
    for wait in waits:
        assert deliver(account, now) == 1
        assert outcome(message) == ("created", "", "451 4.7.1 Try again later")
        assert wait <= message.due_at - now < wait + timedelta(seconds=20)
        assert deliver(account, message.due_at - timedelta(seconds=1)) == 0
        now = message.due_at
    assert deliver(account, now) == 1

    assert outcome(message) == ("failed", "provider_refused", "451 4.7.1 Try again later")
    assert message.attempts == 5
    assert not Suppression.objects.exists()


def test_refusal_of_the_content_is_no_bounce(workspace, mailer, account):
    mailer.data = lambda address: "554 5.7.1 Looks like spam to someone@else.example"
    message = make_message(make_person(workspace))

    deliver(account)

    assert outcome(message) == ("failed", "provider_refused", "554 5.7.1 Looks like spam to")
    assert not Suppression.objects.exists()


def test_server_that_is_down_costs_one_try_a_batch(workspace):
    account = make_smtp_account(workspace, 9)
    messages = [make_message(make_person(workspace)) for _ in range(3)]

    assert deliver(account) == 3

    assert {outcome(message) for message in messages} == {
        ("created", "", "The mail server can’t be reached.")
    }


def test_server_that_hangs_up_now_and_then(workspace, mailer, account):
    mailer.mails_a_session = 2
    for _ in range(5):
        make_message(make_person(workspace))

    deliver(account)

    assert (len(mailer.taken), mailer.sessions) == (5, 3)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_what_changed_since_it_was_made(workspace, mailer, account):
    people = [make_person(workspace) for _ in range(5)]
    messages = [make_message(person) for person in people]
    messages.append(make_message(make_person(workspace), expires_at=NOW))
    messages.append(make_message(make_person(workspace, consents={}), transactional=True))
    Consent.objects.filter(profile=people[0]).update(state="withdrawn")
    Suppression.objects.create(
        workspace=workspace, medium="email", address=people[1].email, reason="complaint", at=NOW
    )
    Profile.objects.filter(pk=people[2].pk).update(erased_at=NOW)
    Message.objects.filter(pk=messages[3].pk).update(frozen=True)

    deliver(account)

    assert [outcome(message)[:2] for message in messages] == [
        ("skipped", "no_consent"),
        ("skipped", "suppressed"),
        ("skipped", "suppressed"),
        ("created", ""),
        ("sent", ""),
        ("skipped", "expired"),
        ("sent", ""),
    ]
    assert len(mailer.taken) == 2


def test_only_what_is_due_and_free_is_taken(workspace, mailer, account):
    due = make_message(make_person(workspace))
    make_message(make_person(workspace), due_at=NOW + timedelta(seconds=1))
    leased = make_message(make_person(workspace))
    Message.objects.filter(pk=leased.pk).update(claimed_until=NOW + timedelta(seconds=1))

    assert deliver(account) == 1
    assert outcome(due)[0] == "sent"
    assert deliver(account) == 0
    assert deliver(account, NOW + timedelta(seconds=1)) == 2


def test_message_without_content_is_skipped_with_the_reason(workspace, mailer, account):
    message = make_message(make_person(workspace), {})
    Message.objects.filter(pk=message.pk).update(variables={})

    deliver(account)

    assert outcome(message) == ("skipped", "render_error", "The message has no content.")


def test_message_that_kills_its_senders_is_given_up(workspace, mailer, account):
    message = make_message(make_person(workspace))
    Message.objects.filter(pk=message.pk).update(attempts=12)

    deliver(account)

    assert outcome(message)[:2] == ("failed", "gave_up")


def test_workspace_without_an_account(workspace):
    message = make_message(make_person(workspace))

    assert accounts_due(NOW) == [None]
    assert deliver_batch(None, NOW) == 1
    assert outcome(message)[:2] == ("failed", "no_account")
    assert accounts_due(NOW) == []


def test_message_finds_the_account_that_came_later(workspace, mailer):
    message = make_message(make_person(workspace))
    account = make_smtp_account(workspace, mailer.port)

    assert deliver_batch(None, NOW) == 1
    assert accounts_due(NOW) == [account.pk]
    deliver(account)

    assert outcome(message)[0] == "sent"


def test_account_that_is_switched_off_keeps_its_messages(workspace, mailer, account):
    message = make_message(make_person(workspace))
    account.is_active = False
    account.save(update_fields=["is_active"])

    assert (accounts_due(NOW), deliver(account)) == ([], 0)
    assert outcome(message)[0] == "created"


@pytest.mark.parametrize("count", [1, 3])
def test_statements_but_for_the_note_of_each_do_not_grow(
    workspace, mailer, account, count, django_assert_num_queries
):
    for _ in range(count):
        make_message(make_person(workspace))

    # the account, claim, the last look, bodies; and one note a mail, since SMTP knows no idempotency key
    with django_assert_num_queries(4 + count):
        deliver(account)


def test_address_of_an_international_domain(workspace, mailer, account):
    make_message(make_person(workspace, email="누구@예시.kr"))

    deliver(account)

    assert [to for to, _mail in mailer.taken] == ["누구@xn--vv4b11d.kr"]
