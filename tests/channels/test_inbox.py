"""The inbox of a site, asked from outside as its customers' browsers do."""

import json
from datetime import timedelta
from unittest import mock
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection

from channels import inbox
from channels.deliver import deliver_batch
from channels.models import Message, MessageEvent
from lib import clock
from profiles.masking import of_nobody
from profiles.models import Consent, Event, Profile
from tests.factories.channels import NOW
from tests.factories.short_messages import SIGNING, make_in_app, make_inbox, make_reader, make_source, name
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
VISITOR = "5f1c6b1e-visitor-of-the-site"


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def account(workspace):
    return make_inbox(workspace)


@pytest.fixture
def source(workspace):
    return make_source(workspace)


@pytest.fixture
def reader(workspace):
    return make_reader(workspace)


@pytest.fixture(autouse=True)
def time_is_now():
    caches["shared"].clear()
    with mock.patch.object(clock, "now", return_value=NOW):
        yield


@pytest.fixture
def ask(client, account, source):
    def post(body, *, at="", channel=None, raw=None):
        path = f"/v1/inbox/{channel or account.public_id}/{at}"
        given = raw if raw is not None else json.dumps({"writeKey": source.write_key, **body})
        return client.post(path, given, content_type="text/plain")

    return post


def user(profile, secret=SIGNING):
    return {
        "userId": profile.external_id,
        "userToken": inbox.signature(secret, profile.external_id),
    }


def delivered(account, profile, **fields):
    message = make_in_app(profile, **fields)
    deliver_batch(account.pk, NOW)
    return message


def test_what_waits_is_shown_and_counts_as_delivered(ask, account, reader):
    message = delivered(account, reader)

    answer = ask(user(reader))

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    shown = {
        "id": str(message.public_id),
        "title": "Free delivery",
        "body": "Until Sunday",
        "image": "",
        "actions": [{"label": "Go", "url": "https://shop.example/"}, {"label": "Later", "url": ""}],
        "locale": "en",
        "sent_at": answer.json()["messages"][0]["sent_at"],
        "expires_at": None,
        "seen": False,
        "close": "Close",
    }
    assert answer.json() == {"messages": [shown], "look": "card", "poll_after": 60}
    message.refresh_from_db()
    assert (message.state, message.delivered_at) == ("delivered", NOW)
    assert list(Event.objects.values_list("name", flat=True)) == ["message_delivered"]
    ask(user(reader))  # again: nothing is told twice
    assert Event.objects.count() == 1


def test_seen_clicked_and_put_away_count_once(ask, account, reader):
    first, second = delivered(account, reader), delivered(account, reader)
    ask(user(reader))
    Event.objects.all().delete()
    MessageEvent.objects.all().delete()

    def happens(message, **more):
        return ask({**user(reader), "message": str(message.public_id), **more}, at="events/").status_code

    for _twice in range(2):
        assert happens(first, what="seen") == 204
        assert happens(first, what="clicked", action=0) == 204
        assert happens(second, what="dismissed") == 204

    assert list(MessageEvent.objects.order_by("pk").values_list("message_id", "kind", "data")) == [
        (first.pk, "opened", {}),
        (first.pk, "clicked", {"url": "https://shop.example/", "button": 0, "label": "Go"}),
        (second.pk, "dismissed", {}),
    ]
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == [
        "message_opened", "message_clicked", "message_dismissed",
    ]  # fmt: skip
    first.refresh_from_db()
    assert (first.opened_at, first.clicked_at, first.closed_at) == (NOW, NOW, NOW)
    assert ask(user(reader)).json()["messages"] == []  # both are closed


def test_click_without_having_been_seen_says_seen_too(ask, account, reader):
    message = delivered(account, reader)

    ask({**user(reader), "message": str(message.public_id), "what": "clicked", "action": 1}, at="events/")

    message.refresh_from_db()
    assert message.opened_at == NOW


def test_button_that_is_not_there_counts_nothing(ask, account, reader):
    message = delivered(account, reader)

    ask({**user(reader), "message": str(message.public_id), "what": "clicked", "action": 7}, at="events/")

    assert not MessageEvent.objects.filter(kind="clicked").exists()


def test_nobody_reads_anothers_inbox_by_guessing(ask, account, reader, workspace):
    delivered(account, reader)
    other = make_reader(workspace)
    guesses = [
        {"userId": reader.external_id},
        {"userId": reader.external_id, "userToken": ""},
        {"userId": reader.external_id, "userToken": "0" * 64},
        {"userId": reader.external_id, "userToken": user(other)["userToken"]},
        user(reader, "another-secret"),
        {"anonymousId": "short"},
        {"anonymousId": reader.external_id},
        {},
    ]

    answers = [ask(guess) for guess in guesses]

    assert {answer.status_code for answer in answers} == {403}
    assert ask(user(other)).json()["messages"] == []
    stranger = {"userId": "nobody", "userToken": inbox.signature(SIGNING, "nobody")}
    assert ask(stranger).json()["messages"] == []  # nothing says whether a name is known


def test_message_of_another_person_is_not_there(ask, account, reader, workspace):
    message = delivered(account, reader)
    other = make_reader(workspace)

    answer = ask({**user(other), "message": str(message.public_id), "what": "seen"}, at="events/")

    assert answer.status_code == 404
    message.refresh_from_db()
    assert message.opened_at is None


def test_visitor_who_never_signed_in_has_the_inbox_of_her_anonymous_id(ask, account, workspace):
    visitor = make_reader(workspace)
    Profile.objects.filter(pk=visitor.pk).update(external_id=None)
    name(visitor, "anonymous_id", VISITOR)
    delivered(account, visitor)

    assert len(ask({"anonymousId": VISITOR}).json()["messages"]) == 1


def test_anonymous_id_of_a_known_person_opens_nothing(ask, account, reader):
    name(reader, "anonymous_id", VISITOR)
    delivered(account, reader)

    assert ask({"anonymousId": VISITOR}).json()["messages"] == []


def test_foreign_write_keys_and_channels(ask, account, reader, client):
    elsewhere = make_workspace()
    foreign, key = make_inbox(elsewhere), make_source(elsewhere).write_key
    delivered(account, reader)

    assert ask(user(reader), channel=foreign.public_id).status_code == 404
    assert ask({**user(reader), "writeKey": key}).status_code == 404
    assert ask({**user(reader), "writeKey": "wk_no"}).status_code == 401
    assert ask(user(reader), channel=uuid4()).status_code == 404


def test_switched_off_channel_shows_nothing(ask, account, reader):
    delivered(account, reader)
    account.is_active = False
    account.save()

    assert ask(user(reader)).status_code == 404


def test_what_is_over_is_not_shown(ask, account, reader):
    delivered(account, reader, expires_at=NOW + timedelta(hours=1))
    old = delivered(account, reader)
    Message.objects.filter(pk=old.pk).update(sent_at=NOW - timedelta(days=31))

    assert len(ask(user(reader)).json()["messages"]) == 1
    with mock.patch.object(clock, "now", return_value=NOW + timedelta(hours=1)):
        assert ask(user(reader)).json()["messages"] == []


def test_withdrawn_consent_empties_the_inbox(ask, account, reader):
    delivered(account, reader)
    Consent.objects.filter(profile=reader).update(state="withdrawn")

    assert ask(user(reader)).json()["messages"] == []


def test_merged_person_keeps_her_messages(ask, account, reader, workspace):
    from profiles.merge import merge

    delivered(account, reader)
    target = make_reader(workspace)
    with connection.cursor() as cursor:
        merge(cursor, workspace.pk, [(reader.pk, target.pk)], NOW)

    assert len(ask(user(target)).json()["messages"]) == 1
    assert len(ask(user(reader)).json()["messages"]) == 1  # the user id she had is still hers


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "[" * 3000,
        '{"writeKey": {}}',
        '{"writeKey": "\\u0000"}',
        '{"writeKey": "\\ud800"}',
    ],
    ids=range(9),
)  # fmt: skip
def test_bodies_that_make_no_sense(ask, raw):
    answer = ask({}, raw=raw)

    assert answer.status_code in (400, 401)
    assert answer.json()["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_body_that_is_too_large(ask):
    assert ask({"userId": "x" * 5000}).status_code == 413


@pytest.mark.parametrize(
    "more",
    [
        {"what": "eaten"}, {"what": None}, {"what": "clicked"}, {"what": "clicked", "action": True},
        {"what": "clicked", "action": -1}, {"what": "clicked", "action": "0"}, {"what": "clicked", "action": 10**30},
        {"message": "x"}, {"message": None}, {"message": ["x"]},
    ],
    ids=range(10),
)  # fmt: skip
def test_events_that_make_no_sense(ask, account, reader, more):
    message = delivered(account, reader)

    answer = ask({**user(reader), "message": str(message.public_id), "what": "seen", **more}, at="events/")

    assert answer.status_code == 400
    assert not MessageEvent.objects.filter(kind__in=["opened", "clicked"]).exists()


def test_browsers_may_ask_beforehand_and_only_post(client, account):
    path = f"/v1/inbox/{account.public_id}/"
    asked = client.options(path)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (204, "POST, OPTIONS")
    assert client.get(path).status_code == 405


def test_one_person_is_told_to_slow_down_the_others_are_not(ask, account, reader, workspace):
    other = make_reader(workspace)
    forged = {"userId": reader.external_id, "userToken": "0" * 64}
    assert {ask(forged).status_code for _time in range(70)} == {403}  # which uses up nothing of hers

    codes = [ask(user(reader)).status_code for _time in range(61)]

    assert set(codes[:60]) == {200}
    assert codes[60] == 429
    assert 1 <= int(ask(user(reader)).headers["Retry-After"]) <= 60
    assert ask(user(other)).status_code == 200


def test_inbox_is_found_by_its_index(account, reader):
    """However many messages she ever got: only those that wait are looked at."""
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        query = inbox._open(account, reader.pk, NOW).order_by("-id")[:20]
        plan = query.explain()

    assert "message_inbox" in plan


def test_test_of_the_channel_lands_in_the_inbox_of_a_person(ask, account, reader):
    from channels import accounts

    with pytest.raises(ValueError, match="Nobody has this"):
        accounts.test_message(account, "nobody@example.com", "en", NOW)
    Consent.objects.all().delete()  # a test needs none

    accounts.test_message(account, reader.email, "en", NOW)
    deliver_batch(account.pk, NOW)

    (shown,) = ask(user(reader)).json()["messages"]
    assert (shown["title"], shown["body"]) == (
        "A test of Site",
        "This is a test of the channel “Site”. It works.",
    )


def test_timeline_says_what_she_did_with_it(ask, account, reader):
    from channels import story

    message = delivered(account, reader)
    ask({**user(reader), "message": str(message.public_id), "what": "clicked", "action": 1}, at="events/")
    other = delivered(account, reader, words={"title": "", "body": "No title", "actions": []})
    ask({**user(reader), "message": str(other.public_id), "what": "dismissed"}, at="events/")

    entries = story.entries(reader, None, 20, of_nobody(reader.workspace_id))
    told = {(entry.title, entry.text) for entry in entries if entry.tone == "entry"}
    assert told == {("Clicked in “Free delivery”", "Later"), ("Put “No title” away", "")}
