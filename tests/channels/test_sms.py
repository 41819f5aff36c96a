"""Texts, against a server that speaks Twilio's Messages API."""

from datetime import timedelta

import pytest

from channels.deliver import deliver_batch
from channels.models import Message, MessageEvent, Suppression
from tests.factories.channels import NOW, make_message, make_person, make_sms_account
from tests.factories.workspaces import make_workspace
from tests.providers.twilio import signature, twilio_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def twilio():
    with twilio_server() as server:
        yield server


@pytest.fixture
def account(workspace, twilio):
    return make_sms_account(workspace, twilio.url)


def text(workspace, phone="010-1234-5678", body="안녕 & 반가워요 +1", **fields):
    return make_message(make_person(workspace, phone=phone), {"body": body}, medium="sms", **fields)


def outcome(message):
    message.refresh_from_db()
    return message.state, message.reason, message.error


def test_text_is_taken(workspace, twilio, account):
    message = text(workspace)

    assert deliver_batch(account.pk, NOW) == 1

    (sent,) = twilio.sent
    assert (sent["To"], sent["From"], sent["Body"]) == ("+821012345678", "+8215881234", "안녕 & 반가워요 +1")
    assert sent["StatusCallback"] == (
        f"http://127.0.0.1:8000/callbacks/twilio/{account.public_id}/?message={message.public_id}"
    )
    assert outcome(message) == ("sent", "", "")
    assert message.provider_id == sent["sid"]


def test_batch_goes_over_one_connection(workspace, twilio, account):
    for number in range(5):
        text(workspace, f"+8210123456{number:02}")

    deliver_batch(account.pk, NOW)

    assert (len(twilio.sent), twilio.connections) == (5, 1)


@pytest.mark.parametrize(
    ("phone", "error", "suppressed"),
    [
        ("+15005550001", "21211", True),
        ("+15005550002", "21610", True),
        ("+15005550009", "21614", True),
        ("12345678901234567", "This is no phone number.", True),
    ],
)
def test_number_that_is_no_good(workspace, twilio, account, phone, error, suppressed):
    message = text(workspace, phone)

    deliver_batch(account.pk, NOW)

    assert outcome(message) == ("failed", "provider_refused", error)
    assert (
        Suppression.objects.filter(medium="sms", address=phone, reason="hard_bounce").exists() is suppressed
    )


def test_empty_text_is_refused_without_blame_for_the_number(workspace, twilio, account):
    message = text(workspace, body=" ")
    empty = text(workspace)
    Message.objects.filter(pk=empty.pk).update(variables={"words": {"title": "x"}})

    deliver_batch(account.pk, NOW)

    assert outcome(message)[0] == "sent"
    assert outcome(empty) == ("failed", "provider_refused", "21602")
    assert not Suppression.objects.exists()


def test_gateway_that_is_ill_is_tried_again(workspace, twilio, account):
    message = text(workspace, "+15005550010")

    deliver_batch(account.pk, NOW)

    assert outcome(message) == ("created", "", "20500")
    assert message.due_at >= NOW + timedelta(minutes=1)


def test_rate_limit_holds_the_rest_and_costs_no_attempt(workspace, twilio, account):
    twilio.allowance = 2
    messages = [text(workspace, f"+8210123456{number:02}") for number in range(5)]

    assert deliver_batch(account.pk, NOW) == 0  # whoever asks stops asking

    states = [outcome(message)[0] for message in messages]
    assert states == ["sent", "sent", "created", "created", "created"]
    assert [message.attempts for message in messages] == [1, 1, 0, 0, 0]
    assert all(NOW + timedelta(seconds=7) <= m.due_at < NOW + timedelta(seconds=12) for m in messages[2:])

    twilio.allowance = None
    deliver_batch(account.pk, max(m.due_at for m in messages))
    assert len(twilio.sent) == 5


def test_wrong_token_loses_nothing(workspace, twilio):
    account = make_sms_account(workspace, twilio.url, token="wrong")
    message = text(workspace)

    deliver_batch(account.pk, NOW)

    assert outcome(message) == ("created", "", "The gateway refused the account or its token.")


def test_gateway_that_is_down_loses_nothing(workspace):
    account = make_sms_account(workspace, "http://127.0.0.1:9")
    messages = [text(workspace), text(workspace)]

    deliver_batch(account.pk, NOW)

    assert {outcome(message) for message in messages} == {("created", "", "The gateway can’t be reached.")}


@pytest.fixture
def sent(workspace, twilio, account):
    message = text(workspace)
    deliver_batch(account.pk, NOW)
    return message, twilio.sent[0]


def report(client, sent, status, token="secret-token", **more):
    _message, taken = sent
    form = {"MessageSid": taken["sid"], "MessageStatus": status, "To": taken["To"], **more}
    path = taken["StatusCallback"].removeprefix("http://127.0.0.1:8000")
    return client.post(
        path, form, headers={"X-Twilio-Signature": signature(taken["StatusCallback"], form, token)}
    )


def test_report_of_delivery(client, sent):
    assert [
        report(client, sent, status).status_code for status in ("queued", "sent", "delivered", "delivered")
    ] == [204] * 4

    message, _taken = sent
    assert outcome(message)[0] == "delivered"
    assert message.delivered_at is not None
    assert list(MessageEvent.objects.values_list("message_id", "kind")) == [(message.pk, "delivered")]


def test_report_of_failure(client, sent):
    report(client, sent, "undelivered", ErrorCode="30005")

    message, _taken = sent
    assert outcome(message) == ("failed", "bounced", "30005")
    assert Suppression.objects.get().address == message.address


def test_report_with_a_wrong_signature(client, sent):
    assert report(client, sent, "delivered", token="guess").status_code == 403
    assert outcome(sent[0])[0] == "sent"


def test_report_for_an_unknown_account_or_kind(client, account):
    assert client.post("/callbacks/twilio/00000000-0000-0000-0000-000000000000/").status_code == 404
    assert client.post(f"/callbacks/smtp/{account.public_id}/").status_code == 404


def test_report_that_overtakes_our_own_note(client, sent):
    message, _taken = sent
    Message.objects.filter(pk=message.pk).update(state="created", sent_at=None)

    report(client, sent, "delivered")

    message.refresh_from_db()
    assert message.state == "delivered"
    assert message.sent_at is not None
