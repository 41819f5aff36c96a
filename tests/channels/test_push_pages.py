"""Push channels and contents, in the pages and over the API."""

import json
import re

import pytest
from django.test import Client

from channels.adapters.registry import adapters, offered
from channels.deliver import account_settings
from channels.media import Medium
from channels.models import Account, Message
from lib import clock
from lib.web_push import public_key
from profiles.models import Device, Source
from tests.factories.channels import make_person
from tests.factories.workspaces import make_user, make_workspace
from tests.providers.fcm import service_account

pytestmark = pytest.mark.django_db
SITE = {"name": "Our site", "contact": "push@shop.example", "hours": "24", "team": ""}


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def admin(workspace):
    client = Client()
    client.force_login(make_user(workspace, "admin", language="en"))
    return client


def page_of(admin, kind, form):
    answer = admin.post(f"/settings/channels/new/{kind}/", form)
    assert answer.status_code == 302, answer.content.decode()
    return Account.objects.get(kind=kind), answer["Location"]


def test_push_is_offered_with_its_channels(admin):
    html = admin.get("/settings/channels/").content.decode()

    assert Medium.PUSH in offered()
    for kind in ("web_push", "fcm"):
        assert f'href="/settings/channels/new/{kind}/"' in html
        assert str(adapters.get(kind).label) in html
    assert 'name="push_day"' in html


def test_the_page_of_a_site_says_what_to_put_on_it(admin, workspace):
    Source.objects.create(workspace=workspace, name="Site", kind="web", write_key="wk_of_the_site")

    account, page = page_of(admin, "web_push", SITE)

    html = admin.get(page).content.decode()
    own = account_settings(account)
    assert account.settings["public_key"] == public_key(own.text("private_key"))
    for words in (
        "wk_of_the_site",
        str(account.public_id),
        account.settings["public_key"],
        "gilmok-push-worker.js",
    ):
        assert words in html
    assert own.text("private_key") not in html
    assert len(re.findall(r'data-copy="[\w-]+"', html)) == 3


def test_a_site_without_a_source_is_told_to_set_one_up(admin):
    _account, page = page_of(admin, "web_push", SITE)

    html = admin.get(page).content.decode()
    assert "WRITE_KEY" in html
    assert "Set up a source first" in html


def test_the_file_of_a_service_account_is_kept_and_never_shown(admin):
    file = service_account("https://oauth2.googleapis.com")

    account, page = page_of(admin, "fcm", {"name": "Apps", "service_account": file, "team": ""})

    html = admin.get(page).content.decode()
    assert account_settings(account).text("service_account") == json.dumps(json.loads(file))
    assert "Firebase project: shop-1234" in html
    assert "PRIVATE KEY" not in html + json.dumps(account.settings) + account.secrets


def test_a_test_by_the_page_finds_the_device(admin, workspace):
    account, page = page_of(
        admin, "fcm", {"name": "Apps", "service_account": service_account("https://x.example")}
    )
    ana = make_person(workspace)
    Device.objects.create(
        workspace=workspace, profile=ana, kind="ios", token="token-of-ana",
        first_seen_at=clock.now(), last_seen_at=clock.now(),
    )  # fmt: skip

    admin.post(f"{page}test-message/", {"address": ana.external_id, "from": "edit"})
    answer = admin.post(
        f"{page}test-message/", {"address": "nobody@shop.example", "from": "edit"}, follow=True
    )

    assert list(Message.objects.values_list("account_id", "address")) == [(account.pk, "token-of-ana")]
    assert "No device of this person" in answer.content.decode()


def test_channels_over_the_api(admin):
    made = admin.post(
        "/api/v1/channels/",
        {"name": "Our site", "kind": "web_push", "settings": {"contact": "push@shop.example"}},
        content_type="application/json",
    )

    body = made.json()
    assert (made.status_code, body["medium"], body["secrets"]) == (201, "push", ["private_key"])
    key = body["settings"]["public_key"]
    again = admin.patch(
        f"/api/v1/channels/{body['id']}/",
        {"settings": {"hours": 12, "public_key": "forged"}},
        content_type="application/json",
        headers={"If-Match": made["ETag"]},
    )
    assert again.json()["settings"] == {
        "contact": "push@shop.example",
        "icon": "",
        "hours": 12,
        "public_key": key,
    }
    wrong = admin.post(
        "/api/v1/channels/",
        {"name": "Apps", "kind": "fcm", "settings": {"service_account": "{}"}},
        content_type="application/json",
    )
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"].startswith("/settings/service_account")


def test_contents_over_the_api(admin):
    words = {
        "title": "Hello {{ person.first_name | default: 'you' }}",
        "body": "  A line.  ",
        "url": "shop://cart",
        "image": "",
    }
    made = admin.post(
        "/api/v1/content/",
        {"name": "Cart push", "medium": "push", "team": "email", "variants": {"en": words}},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content

    shown = admin.post(
        f"/api/v1/content/{made.json()['id']}/preview/", {"locale": "en"}, content_type="application/json"
    )

    assert shown.json()["content"] == {
        "title": "Hello you",
        "body": "A line.",
        "url": "shop://cart",
        "image": "",
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": ""}, ("empty", "title")),
        ({"body": " "}, ("empty", "body")),
        ({"url": "javascript:alert(1)"}, ("bad_address", "url")),
        ({"image": "not a picture"}, ("bad_address", "image")),
        ({"body": "{{ person.first_name }}"}, ("no_fallback", "body")),
        ({"body": "가" * 1000, "title": "나" * 100}, ("too_long", "body")),
    ],
)
def test_what_a_content_lacks_is_said(change, problem):
    from content.check import problems

    found = problems("push", "en", {"en": {"title": "T", "body": "B", "url": "", "image": "", **change}})

    assert [(one.code, one.field) for one in found] == [problem]


def test_an_address_that_is_none_once_filled_in_is_left_out():
    from content.personalise import Draft, render_message

    words = {"title": "T", "body": "B", "url": "{{ entry.link }}", "image": "{{ entry.picture }}"}
    filled = render_message(
        Draft("push", "en", {"en": words}),
        "en",
        {"entry": {"link": "javascript:alert(1)", "picture": "nothing"}},
    )

    assert filled.data == {"title": "T", "body": "B", "url": "", "image": ""}


def test_the_preview_is_a_lock_screen(admin):
    html = admin.get("/content/starters/push/reminder/").content.decode()

    assert "We kept your cart" in html
    assert "script" not in html
