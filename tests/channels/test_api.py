"""messages/ and channels/ of the REST API."""

import pytest
from rest_framework.test import APIClient

from channels import links
from channels.deliver import deliver_batch
from channels.models import Account, Message, MessageEvent
from lib import clock
from tests.factories.channels import NOW, make_message, make_person, make_smtp_account
from tests.factories.workspaces import make_workspace
from workspaces import api_keys
from workspaces.roles import grant

pytestmark = pytest.mark.django_db
MAIL = {
    "name": "Mail", "kind": "smtp",
    "settings": {
        "host": "smtp.example.com", "port": 587, "security": "starttls", "password": "pssst",
        "from_address": "a@b.example",
    },
}  # fmt: skip


@pytest.fixture
def workspace():
    return make_workspace()


def client_of(workspace, role="admin"):
    _key, plain = api_keys.create(workspace, "K", role, [], at=NOW)
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


@pytest.fixture
def api(workspace):
    return client_of(workspace)


def test_message_tells_what_became_of_it_and_what_it_said(workspace, api, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    person = make_person(workspace, email="ana@example.com")
    message = make_message(person, {"subject": "Hi", "html": "", "text": ""}, step="m1")
    secret = links.unsubscribe_url(message.public_id)
    html = f'<p>To ana@example.com. <a href="{secret}">No more</a></p>'
    Message.objects.filter(pk=message.pk).update(
        variables={"words": {"subject": "Hi", "html": html, "text": "x"}}
    )
    deliver_batch(account.pk, NOW)
    api.get(links.open_url(message.public_id).removeprefix("http://127.0.0.1:8000"))

    body = api.get(f"/api/v1/messages/{message.public_id}/").json()

    assert (body["profile"], body["channel"], body["step"]) == (
        str(person.public_id),
        str(account.public_id),
        "m1",
    )
    assert (body["state"], body["reason"], body["address"]) == ("sent", "", "ana@example.com")
    assert [event["kind"] for event in body["events"]] == ["opened"]
    assert body["content"]["subject"] == "Hi"
    assert "ana@example.com" in body["content"]["html"]
    assert secret not in str(body)
    assert "127.0.0.1:8000/t/" not in body["content"]["html"]


def test_analyst_sees_no_address(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    person = make_person(workspace, email="yujin.jung@example.com")
    message = make_message(person, {"subject": "For yujin.jung@example.com", "html": "", "text": "x"})
    deliver_batch(account.pk, NOW)
    analyst = client_of(workspace, "analyst")

    for path in ("/api/v1/messages/", f"/api/v1/messages/{message.public_id}/"):
        assert "yujin.jung@example.com" not in analyst.get(path).content.decode()


def test_reason_is_a_word_and_a_sentence(workspace, api):
    message = make_message(make_person(workspace), state="skipped", reason="no_consent")

    body = api.get(f"/api/v1/messages/{message.public_id}/").json()

    assert (body["state"], body["reason"]) == ("skipped", "no_consent")
    assert body["reason_text"] == "There is no consent for this topic."
    assert body["content"] is None


def test_filters(workspace, api):
    ana, ben = make_person(workspace), make_person(workspace)
    sent = make_message(ana, state="sent")
    skipped = make_message(ana, state="skipped", reason="no_consent", medium="sms")
    make_message(ben)

    def ids(**query):
        return {row["id"] for row in api.get("/api/v1/messages/", query).json()["results"]}

    assert ids(profile=str(ana.public_id)) == {str(sent.public_id), str(skipped.public_id)}
    assert ids(profile=str(ana.public_id), state="sent") == {str(sent.public_id)}
    assert ids(medium="sms") == {str(skipped.public_id)}
    assert ids(reason="no_consent") == {str(skipped.public_id)}
    assert ids(journey="00000000-0000-0000-0000-000000000000") == set()
    assert api.get("/api/v1/messages/", {"state": "lost"}).status_code == 400
    assert api.get("/api/v1/messages/", {"profile": "ana"}).status_code == 400


def test_pages_follow_one_another(workspace, api):
    person = make_person(workspace)
    made = [str(make_message(person).public_id) for _ in range(5)]

    first = api.get("/api/v1/messages/", {"limit": 2}).json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    assert [row["id"] for page in (first, second, third) for row in page["results"]] == made[::-1]
    assert third["next"] is None


def test_other_workspaces_messages_are_not_there(workspace, api):
    message = make_message(make_person(make_workspace()))

    assert api.get(f"/api/v1/messages/{message.public_id}/").status_code == 404
    assert api.get("/api/v1/messages/").json()["results"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_list_reads_as_much_for_three_as_for_one(workspace, api, count, django_assert_num_queries):
    for _ in range(count):
        make_message(make_person(workspace))
    api.get("/api/v1/messages/")

    with django_assert_num_queries(4):  # the key; messages, people, classes of personal data (accounts: none)
        assert len(api.get("/api/v1/messages/").json()["results"]) == count


def test_channel_is_made_read_changed_and_deleted(workspace, api):
    made = api.post("/api/v1/channels/", MAIL)
    assert made.status_code == 201, made.json()
    url = f"/api/v1/channels/{made.json()['id']}/"

    body = api.get(url).json()
    assert (body["medium"], body["is_default"], body["secrets"]) == ("email", True, ["password"])
    assert "pssst" not in str(body)
    assert body["settings"]["host"] == "smtp.example.com"

    assert api.patch(url, {"name": "New"}).status_code == 428
    changed = api.patch(url, {"name": "New", "settings": {"port": 25}}, headers={"If-Match": made["ETag"]})
    assert changed.status_code == 200, changed.json()
    assert (changed.json()["name"], changed.json()["settings"]["port"], changed.json()["secrets"]) == (
        "New",
        25,
        ["password"],
    )
    assert api.patch(url, {"name": "Stale"}, headers={"If-Match": made["ETag"]}).status_code == 412
    off = api.patch(url, {"is_active": False}, headers={"If-Match": changed["ETag"]})
    assert off.json()["is_active"] is False

    assert api.delete(url).status_code == 204
    assert not Account.objects.exists()


def test_wrong_values_have_their_place(api):
    body = api.post("/api/v1/channels/", {**MAIL, "settings": {"host": "x", "port": "many"}}).json()

    assert {error["pointer"] for error in body["errors"]} == {
        "/settings/port", "/settings/from_address", "/settings/security",
    }  # fmt: skip
    assert api.post("/api/v1/channels/", {**MAIL, "kind": "pigeon"}).json()["errors"][0]["pointer"] == "/kind"
    assert api.post("/api/v1/channels/", {**MAIL, "settings": "no"}).status_code == 400
    assert api.post("/api/v1/channels/", {**MAIL, "team": "nobody"}).json()["errors"][0]["pointer"] == "/team"


def test_who_may_not(workspace):
    account = make_smtp_account(workspace, 25)
    grant(account)
    viewer, stranger = client_of(workspace, "viewer"), client_of(make_workspace())
    url = f"/api/v1/channels/{account.public_id}/"

    assert viewer.get(url).status_code == 200
    assert viewer.post("/api/v1/channels/", MAIL).status_code == 403
    assert viewer.delete(url).status_code == 403
    assert viewer.post(f"{url}test-message/", {"address": "a@b.example"}).status_code == 403
    assert stranger.get(url).status_code == 404
    assert stranger.delete(url).status_code == 404


def test_test_message_takes_the_real_way(workspace, api, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    grant(account)
    url = f"/api/v1/channels/{account.public_id}/test-message/"

    answer = api.post(url, {"address": "me@example.com"}, headers={"Idempotency-Key": "once"})
    again = api.post(url, {"address": "me@example.com"}, headers={"Idempotency-Key": "once"})
    deliver_batch(account.pk, clock.now())

    assert (answer.status_code, answer.json()) == (202, again.json())
    assert mailbox.count(to="me@example.com") == 1
    assert api.get(f"/api/v1/messages/{answer.json()['id']}/").json()["state"] == "sent"
    assert api.post(url, {"address": "me"}).status_code == 400
    assert MessageEvent.objects.count() == 0
