"""Setting channels up in the browser's pages."""

import json

import pytest
from django.test import Client

from channels.deliver import account_settings, deliver_batch
from channels.models import Account, Message
from lib import clock, secrets
from tests.factories.channels import make_message, make_person, make_smtp_account
from tests.factories.workspaces import make_user, make_workspace
from workspaces.models import AuditEntry
from workspaces.roles import grant

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Shop mail", "host": "smtp.example.com", "port": "587", "security": "starttls", "user": "shop",
    "password": "hunter2-hunter2", "from_name": "길목", "from_address": "hello@shop.example", "track": "on", "team": "",
}  # fmt: skip


@pytest.fixture
def workspace():
    return make_workspace()


def signed_in(workspace, role="admin", teams=()):
    client = Client()
    client.force_login(make_user(workspace, role, teams, language="en"))
    return client


def test_first_account_is_the_default_and_its_password_is_kept_safe(workspace):
    admin = signed_in(workspace)

    response = admin.post("/settings/channels/new/smtp/", FORM)

    account = Account.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/settings/channels/{account.public_id}/")
    assert (account.name, account.medium, account.kind, account.is_default) == (
        "Shop mail",
        "email",
        "smtp",
        True,
    )
    assert account.settings["port"] == 587
    assert "hunter2" not in json.dumps(account.settings) + account.secrets
    assert account_settings(account).text("password") == "hunter2-hunter2"
    assert AuditEntry.objects.get().action == "channel.created"


def test_password_is_never_shown_and_an_empty_one_keeps_it(workspace):
    admin = signed_in(workspace)
    admin.post("/settings/channels/new/smtp/", FORM)
    account = Account.objects.get()
    page = f"/settings/channels/{account.public_id}/"

    html = admin.get(page).content.decode()
    admin.post(page, {**FORM, "name": "Renamed", "password": ""})

    assert "hunter2" not in html
    account.refresh_from_db()
    assert account.name == "Renamed"
    assert json.loads(secrets.decrypt(account.secrets)) == {"password": "hunter2-hunter2"}
    admin.post(page, {**FORM, "password": "another"})
    account.refresh_from_db()
    assert json.loads(secrets.decrypt(account.secrets)) == {"password": "another"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", ""),
        ("port", "99999"),
        ("from_address", "nobody"),
        ("security", "magic"),
        ("from_name", "a\r\nBcc: x"),
        ("name", ""),
    ],
)
def test_wrong_values_are_named(workspace, field, value):
    response = signed_in(workspace).post("/settings/channels/new/smtp/", {**FORM, field: value})

    assert response.status_code == 422
    assert f'id="id_{field}-error"' in response.content.decode()
    assert not Account.objects.exists()


def test_another_default_takes_the_place_of_the_first(workspace):
    first = make_smtp_account(workspace, 25)

    signed_in(workspace).post("/settings/channels/new/smtp/", {**FORM, "is_default": "on"})

    first.refresh_from_db()
    assert first.is_default is False
    assert Account.objects.get(is_default=True).name == "Shop mail"


def test_test_message_arrives(workspace, mailbox):
    account = make_smtp_account(workspace, mailbox.smtp_port)
    grant(account)
    admin = signed_in(workspace)

    admin.post(f"/settings/channels/{account.public_id}/test-message/", {"address": "me@example.com"})
    deliver_batch(account.pk, clock.now())

    (mail,) = mailbox.messages()
    assert (mail["to"], mail["subject"], mail["text"].strip()) == (
        "me@example.com", "A test of Mail", "This is a test of the channel “Mail”. It works.",
    )  # fmt: skip
    assert "List-Unsubscribe" not in mail["headers"]
    assert Message.objects.get().state == "sent"


def test_test_message_to_what_is_no_address(workspace):
    account = make_smtp_account(workspace, 25)
    grant(account)

    response = signed_in(workspace).post(
        f"/settings/channels/{account.public_id}/test-message/", {"address": "me"}, follow=True
    )

    assert "This is no address for this channel." in response.content.decode()
    assert not Message.objects.exists()


def test_switching_off_and_on(workspace):
    account = make_smtp_account(workspace, 25)
    grant(account)
    admin = signed_in(workspace)
    url = f"/settings/channels/{account.public_id}/activity/"

    admin.post(url)
    account.refresh_from_db()
    assert account.is_active is False
    admin.post(url, {"active": "1"})
    account.refresh_from_db()
    assert account.is_active is True
    assert [entry.action for entry in AuditEntry.objects.all()] == ["channel.resumed", "channel.paused"]


def test_deleting_hands_its_messages_to_the_default(workspace, mailbox):
    make_smtp_account(workspace, mailbox.smtp_port)
    doomed = make_smtp_account(workspace, 9, default=False)
    grant(doomed)
    message = make_message(make_person(workspace), account_id=doomed.pk)

    signed_in(workspace).post(f"/settings/channels/{doomed.public_id}/deletion/")

    message.refresh_from_db()
    assert (message.account_id, Account.objects.count()) == (None, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_list_reads_as_much_for_three_as_for_one(workspace, count, django_assert_num_queries):
    for number in range(count):
        grant(make_smtp_account(workspace, 25, default=number == 0))
    viewer = signed_in(workspace, "viewer")
    viewer.get("/settings/channels/")

    with django_assert_num_queries(8):
        html = viewer.get("/settings/channels/").content.decode()

    assert html.count("gm-card") == count
    assert "Send a test" not in html


def test_marketer_tests_the_channels_of_her_team_only(workspace):
    email, mobile = workspace.teams.order_by("slug")
    for team in (email, mobile):
        account = make_smtp_account(workspace, 25, default=False)
        account.team = team
        account.save()
        grant(account)

    html = signed_in(workspace, "marketer", ("email",)).get("/settings/channels/").content.decode()

    assert html.count('<form method="post" action="/settings/channels/') == 1
    assert "Add a channel" not in html
