"""LINE, against a server that speaks its Messaging API."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from channels.adapters.base import DeliveryError
from channels.adapters.registry import adapters
from channels.deliver import account_settings, deliver_batch
from channels.models import Message, MessageEvent, Suppression
from profiles.models import Consent, Event, Identity
from tests.factories.channels import NOW
from tests.factories.short_messages import make_friend, make_line, make_social, name
from tests.factories.workspaces import make_workspace
from tests.providers import line as api
from tests.providers.line import FRIEND, event, signature, webhook

pytestmark = pytest.mark.django_db
OTHER = "U" + "c" * 32
CARD = {
    "title": "20% off",
    "body": "Until Sunday",
    "image": "https://shop.example/p.jpg",
    "actions": [{"label": "To my cart", "url": "https://shop.example/cart"}, {"label": "Not now", "url": ""}],
}


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def server():
    with api.line_server() as running:
        yield running


@pytest.fixture
def account(workspace, server):
    return make_line(workspace, server.url)


@pytest.fixture
def friend(workspace):
    return make_friend(workspace)


def outcome(message):
    message.refresh_from_db()
    return message.state, message.reason, message.error


def test_words_alone_go_as_a_text_with_the_message_as_retry_key(server, account, friend):
    message = make_social(friend, {"body": "안녕하세요"})

    assert deliver_batch(account.pk, NOW) == 1

    assert server.sent == [
        {"to": FRIEND, "message": {"type": "text", "text": "안녕하세요"}, "key": str(message.public_id)}
    ]
    assert outcome(message) == ("sent", "", "")
    assert message.provider_id == "461230966842064897"


def test_card_has_picture_words_and_buttons_that_count(server, account, friend, client):
    message = make_social(friend, CARD)

    deliver_batch(account.pk, NOW)

    (sent,) = server.sent
    bubble = sent["message"]["contents"]
    assert sent["message"]["altText"] == "20% off Until Sunday"
    assert bubble["hero"]["url"] == "https://shop.example/p.jpg"
    assert [part["text"] for part in bubble["body"]["contents"]] == ["20% off", "Until Sunday"]
    link, answer = [button["action"] for button in bubble["footer"]["contents"]]
    assert answer == {
        "type": "postback",
        "label": "Not now",
        "data": f"message={message.public_id}&button=1",
        "displayText": "Not now",
    }
    path = link["uri"].removeprefix("http://127.0.0.1:8000")
    assert client.get(path).headers["Location"] == "https://shop.example/cart"
    message.refresh_from_db()
    assert message.clicked_at is not None


def test_lost_answer_is_no_second_message(server, account, friend):
    message = make_social(friend)
    server.drop_answers = 1
    deliver_batch(account.pk, NOW)
    assert outcome(message)[0] == "created"

    deliver_batch(account.pk, NOW + timedelta(minutes=5))

    assert outcome(message)[0] == "sent"
    assert len(server.sent) == 1  # 409: accepted before
    assert message.provider_id == "461230966842064897"


@pytest.mark.parametrize(
    ("words", "address", "error", "closed"),
    [
        ({"body": ""}, FRIEND, "The request body has 1 error(s); messages[0].text: May not be empty", False),
        (
            {"body": "x"},
            api.NOBODY,
            "The property, 'to', in the request body is invalid (line: -, column: -)",
            True,
        ),
    ],
)
def test_what_line_does_not_take_fails_with_its_own_words(
    server, account, workspace, words, address, error, closed
):
    message = make_social(make_friend(workspace, address), words, address=address)

    deliver_batch(account.pk, NOW)

    assert outcome(message) == ("failed", "provider_refused", error)
    assert Suppression.objects.filter(medium="social", address=address).exists() is closed


def test_line_that_is_ill_is_asked_again_later(server, account, workspace):
    message = make_social(make_friend(workspace, api.ILL), address=api.ILL)

    deliver_batch(account.pk, NOW)

    assert outcome(message) == ("created", "", "LINE 500")
    assert message.due_at >= NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("says", "retry_after", "pause", "error"),
    [
        ("The API rate limit has been exceeded. Try again later.", "7", 7, "LINE asks to send slower."),
        ("The API rate limit has been exceeded. Try again later.", None, 2, "LINE asks to send slower."),
        ("You have reached your monthly limit.", None, 3600, "LINE’s messages of this month are used up."),
    ],
)
def test_limit_holds_the_rest_and_costs_no_attempt(
    server, account, workspace, says, retry_after, pause, error
):
    server.allowance, server.says, server.retry_after = 1, says, retry_after
    people = [make_friend(workspace, "U" + letter * 32) for letter in "123"]
    messages = [make_social(person, address=f"U{n * 32}") for person, n in zip(people, "123", strict=True)]

    assert deliver_batch(account.pk, NOW) == 0  # whoever asks stops asking

    assert [outcome(message)[0] for message in messages] == ["sent", "created", "created"]
    assert [outcome(message)[2] for message in messages] == ["", error, error]
    assert [message.attempts for message in messages] == [1, 0, 0]
    assert server.tried == 2
    wait = timedelta(seconds=pause)
    assert all(NOW + wait <= message.due_at < NOW + wait + timedelta(seconds=9) for message in messages[1:])


def test_batch_goes_over_one_connection(server, account, workspace):
    for letter in "1234":
        make_social(make_friend(workspace, "U" + letter * 32), address="U" + letter * 32)

    deliver_batch(account.pk, NOW)

    assert (len(server.sent), server.connections) == (4, 1)


def test_wrong_token_and_a_network_that_is_down_lose_nothing(server, workspace, friend):
    wrong = make_line(workspace, server.url, token="wrong")
    message = make_social(friend)
    deliver_batch(wrong.pk, NOW)
    assert outcome(message) == ("created", "", "LINE refused the channel access token.")

    wrong.settings = {**wrong.settings, "url": "http://127.0.0.1:9"}
    wrong.save()
    deliver_batch(wrong.pk, NOW + timedelta(hours=1))
    assert outcome(message) == ("created", "", "The network can’t be reached.")


def test_account_can_be_checked_without_sending(server, account, workspace):
    adapter = adapters.get("line")

    assert adapter.check(account_settings(account)) is True
    account.secrets = ""
    with pytest.raises(DeliveryError, match="refused the channel access token"):
        adapter.check(account_settings(account))
    assert server.sent == []


def test_goes_to_the_id_of_the_network_of_the_account(server, account, friend):
    """Somebody known on two networks: the address found when the message was made may be the other one."""
    name(friend, "external:pigeon", "P1")

    make_social(friend, address="P1")
    deliver_batch(account.pk, NOW)

    assert [one["to"] for one in server.sent] == [FRIEND]


def tell(client, account, *events, secret=api.SECRET, body=None):
    raw = webhook(*events) if body is None else body
    return client.post(
        f"/callbacks/line/{account.public_id}/",
        raw,
        content_type="application/json",
        headers={"x-line-signature": signature(raw, secret)},
    ).status_code


def test_who_follows_is_known_and_agrees_if_the_account_says_so(client, account, workspace):
    assert tell(client, account, event("follow", OTHER)) == 200
    assert tell(client, account, event("follow", OTHER)) == 200  # told again

    known = Identity.objects.get(kind="external:line", value=OTHER)
    assert known.workspace_id == workspace.pk
    assert list(Event.objects.values_list("profile_id", "name", "properties")) == [
        (known.profile_id, "social_followed", {"network": "line", "channel": "Shop on LINE"})
    ]
    assert list(Consent.objects.values_list("medium", "topic", "state")) == [("social", "*", "granted")]


def test_follow_is_no_consent_where_the_account_does_not_say_so(client, account):
    account.settings = {**account.settings, "follow_consents": False}
    account.save()

    tell(client, account, event("follow", OTHER))

    assert not Consent.objects.exists()


def test_follow_after_a_withdrawal_asks_nobody_again(client, account, friend):
    later = datetime(2030, 1, 1, tzinfo=UTC)
    Consent.objects.filter(profile=friend, medium="social").update(state="withdrawn", at=later)

    tell(client, account, event("follow"))

    assert Consent.objects.get(profile=friend, medium="social").state == "withdrawn"


def test_who_blocks_gets_nothing_until_she_follows_again(client, server, account, friend):
    tell(client, account, event("unfollow"))
    held = make_social(friend)
    deliver_batch(account.pk, NOW)
    assert outcome(held) == ("skipped", "suppressed", "")

    tell(client, account, event("follow", number=2))
    make_social(friend)
    deliver_batch(account.pk, NOW)

    assert len(server.sent) == 1
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == [
        "social_unfollowed", "social_followed",
    ]  # fmt: skip


def test_answer_belongs_to_the_last_message(client, account, friend):
    first, second = make_social(friend), make_social(friend)
    deliver_batch(account.pk, NOW)
    Message.objects.filter(pk=first.pk).update(sent_at=NOW - timedelta(hours=1))
    said = event("message", at=1772446000000, message={"type": "text", "id": "1", "text": "Thanks!"})

    tell(client, account, said)
    tell(client, account, said)

    assert list(MessageEvent.objects.values_list("message_id", "kind", "data")) == [
        (second.pk, "replied", {"text": "Thanks!"})
    ]
    assert sorted(Event.objects.values_list("name", flat=True)) == [
        "message_replied", "social_message_received",
    ]  # fmt: skip
    second.refresh_from_db()
    assert second.opened_at is not None


def test_answer_long_after_is_of_no_message(client, account, friend):
    make_social(friend)
    deliver_batch(account.pk, NOW)

    tell(client, account, event("message", at=1775000000000, message={"type": "sticker", "id": "1"}))

    assert not MessageEvent.objects.exists()
    assert Event.objects.get().properties["text"] == ""


def test_tap_on_an_answer_button_counts_once(client, account, friend):
    message = make_social(friend, CARD)
    deliver_batch(account.pk, NOW)
    tap = event("postback", at=1772446000000, postback={"data": f"message={message.public_id}&button=1"})

    tell(client, account, tap)
    tell(client, account, tap)

    assert list(MessageEvent.objects.values_list("kind", "data")) == [
        ("clicked", {"url": "", "button": 1, "label": "Not now"})
    ]
    clicked = Event.objects.get(name="message_clicked")
    assert clicked.properties["label"] == "Not now"
    message.refresh_from_db()
    assert message.clicked_at is not None


def test_tap_of_somebody_elses_message_counts_nothing(client, account, friend, workspace):
    message = make_social(friend, CARD)
    deliver_batch(account.pk, NOW)
    make_friend(workspace, OTHER)
    data = {"data": f"message={message.public_id}&button=1"}

    tell(client, account, event("postback", OTHER, at=1772446000000, postback=data))

    assert not MessageEvent.objects.exists()


def test_wrong_signatures_do_nothing(client, account, friend):
    assert tell(client, account, event("unfollow"), secret="guess") == 403
    raw = webhook(event("unfollow"))
    path = f"/callbacks/line/{account.public_id}/"
    assert client.post(path, raw, content_type="application/json").status_code == 403
    turned = {"x-line-signature": signature(webhook())}  # of another body
    assert client.post(path, raw, content_type="application/json", headers=turned).status_code == 403
    assert tell(client, make_line(make_workspace(), "http://127.0.0.1:9"), secret="x") == 403

    assert not Suppression.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"events": 1}', b'{"events": {}}', b"\xff\xfe", b"[" * 100_000],
    ids=range(8),
)
def test_callbacks_that_make_no_sense_are_refused_not_errors(client, account, body):
    assert tell(client, account, body=body) in (200, 403)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"source": {"type": "group", "groupId": "C1", "userId": FRIEND}},
        {"source": None},
        {"source": {"type": "user"}},
        {"source": {"type": "user", "userId": 7}},
        {"source": {"type": "user", "userId": "x" * 500}},
        {"type": "accountLink"},
        {"type": None},
        {"mode": "standby"},
    ],
    ids=range(8),
)
def test_events_of_others_are_passed_over(client, account, odd):
    assert tell(client, account, {**event("follow"), **odd}) == 200
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"timestamp": -1}, {"timestamp": 10**18}, {"timestamp": "x"}, {"timestamp": True}, {"webhookEventId": None},
        {"message": []}, {"message": {"text": 7}}, {"message": {"text": "a\0b"}},
        {"postback": 3}, {"type": "postback", "postback": {"data": "message=x&button=99999"}},
        {"type": "postback", "postback": {"data": f"message={uuid4()}&button=²"}},
    ],
    ids=range(11),
)  # fmt: skip
def test_odd_values_break_nothing(client, account, friend, odd):
    assert tell(client, account, {**event("message"), **odd}) == 200


def test_empty_webhook_of_the_verify_button_is_answered(client, account):
    assert tell(client, account) == 200


def test_erased_friend_leaves_no_id_behind(client, account, friend):
    from profiles.erase import erase
    from tests.factories.workspaces import make_actor

    tell(client, account, event("unfollow"))
    erase(make_actor(friend.workspace, "admin"), friend, NOW)

    assert not Suppression.objects.exists()
    assert not Identity.objects.filter(value=FRIEND).exists()
