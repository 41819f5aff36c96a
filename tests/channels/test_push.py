"""Push messages, against a browser's push service and Firebase, each as its documents have it."""

import json
from datetime import timedelta

import pytest

from channels import accounts, links
from channels.adapters import fcm as fcm_adapter
from channels.adapters.push import fitting
from channels.adapters.registry import adapters
from channels.deliver import account_settings, deliver_batch
from channels.models import Account, Message, MessageEvent, Suppression
from profiles.models import Device, Event
from tests.factories.channels import NOW, make_message, make_person
from tests.factories.workspaces import make_actor, make_workspace
from tests.providers.fcm import PROJECT, fcm_server, service_account
from tests.providers.web_push import push_service

pytestmark = pytest.mark.django_db
WORDS = {
    "title": "Your cart",
    "body": "유진님, 아직 있어요",
    "url": "https://shop.example/cart?a=1",
    "image": "",
}


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def actor(workspace):
    return make_actor(workspace, "owner")


@pytest.fixture
def service():
    with push_service() as running:
        yield running


@pytest.fixture
def fcm():
    fcm_adapter._tokens.clear()
    with fcm_server() as running:
        yield running


def set_up(actor, kind, **values):
    adapter = adapters.get(kind)
    form = accounts.form_for(adapter, actor, [], {"name": kind, **values})
    assert form.is_valid(), form.errors
    return accounts.create(actor, adapter, form, NOW)


@pytest.fixture
def site(actor):
    return set_up(actor, "web_push", contact="push@shop.example")


@pytest.fixture
def app(actor, fcm):
    return set_up(actor, "fcm", service_account=service_account(fcm.url), url=fcm.url)


def person(workspace):
    return make_person(workspace, consents={"push": {"*": "granted"}})


def has(profile, token, kind="android", keys=None, app="", minutes=0):
    at = NOW + timedelta(minutes=minutes)
    return Device.objects.create(
        workspace=profile.workspace, profile=profile, kind=kind, token=token, keys=keys or {}, app=app,
        first_seen_at=at, last_seen_at=at,
    )  # fmt: skip


def browses(profile, service, account=None, **more):
    """A browser of hers, subscribed with the account's key."""
    browser = service.browser(account.settings["public_key"] if account else "")
    given = browser.subscription()
    app = str(account.public_id) if account else ""
    has(profile, given["endpoint"], "web", given["keys"], app, **more)
    return browser


def push(profile, **fields):
    return make_message(
        profile, fields.pop("words", WORDS), medium="push", address="the newest token", **fields
    )


def outcome(message):
    message.refresh_from_db()
    return message.state, message.reason, message.error


def test_a_browser_gets_what_was_written(workspace, site, service):
    ana = person(workspace)
    browser = browses(ana, service, site)
    message = push(ana)

    assert deliver_batch(site.pk, NOW) == 1

    assert browser.inbox == [
        {
            "title": "Your cart",
            "body": "유진님, 아직 있어요",
            "url": links.click_url(message.public_id, "https://shop.example/cart?a=1"),
            "opened": links.open_url(message.public_id),
            "preferences": links.unsubscribe_url(message.public_id),
            "choose": "What I get",
            "tag": str(message.public_id),
        }
    ]
    assert outcome(message) == ("sent", "", "")
    assert browser.headers[0]["ttl"] == str(72 * 3600)
    assert browser.headers[0]["topic"] == message.public_id.hex
    assert message.provider_id.endswith("/message/1")


def test_a_message_about_an_order_has_no_way_out_and_hers_is_in_her_language(workspace, site, service):
    ana = person(workspace)
    browser = browses(ana, service, site)
    push(ana, transactional=True)
    push(ana, locale="ko-KR", words={**WORDS, "url": "shop://cart"})

    deliver_batch(site.pk, NOW)

    order, offer = browser.inbox
    assert not {"preferences", "choose"} & set(order)
    assert offer["choose"] == "수신 설정"
    assert "url" not in offer  # an app's own address leads nowhere in a browser


def test_the_key_is_made_once_and_never_shown(actor, site):
    before = account_settings(site)
    form = accounts.form_for(
        adapters.get("web_push"), actor, [], {"name": "New", "contact": "b@shop.example"}, site
    )
    assert form.is_valid()

    accounts.change(actor, site, form, NOW)

    after = account_settings(site)
    assert after.text("private_key") == before.text("private_key")
    assert site.settings["public_key"] == before.text("public_key")
    assert "private_key" not in site.settings
    assert after.text("private_key") not in str(form)


def test_all_devices_get_it_by_the_channel_that_reaches_them(workspace, site, app, service, fcm):
    ana = person(workspace)
    browser = browses(ana, service, site)
    has(ana, "token-phone-1", "ios")
    has(ana, "token-phone-2", "android")
    message = push(ana)

    deliver_batch(site.pk, NOW)

    assert len(browser.inbox) == 1
    assert {sent["token"] for sent in fcm.sent} == {"token-phone-1", "token-phone-2"}
    assert outcome(message)[0] == "sent"


def test_a_channel_that_a_step_names_reaches_its_own_devices_alone(workspace, site, app, service, fcm):
    ana = person(workspace)
    browser = browses(ana, service, site)
    has(ana, "token-phone-1")
    assert app.is_default is False

    push(ana, account_id=app.pk)
    deliver_batch(app.pk, NOW)

    assert (len(fcm.sent), browser.inbox) == (1, [])


def test_a_browser_gets_nothing_by_another_channels_key(actor, workspace, site, service):
    other = set_up(actor, "web_push", contact="b@shop.example")
    ana = person(workspace)
    browser = browses(ana, service, other)

    mine = push(ana, account_id=site.pk)
    Account.objects.filter(pk=other.pk).update(is_active=False)
    deliver_batch(site.pk, NOW)

    assert browser.inbox == []
    assert outcome(mine) == ("failed", "provider_refused", "No channel reaches the devices of this person.")


def test_what_an_app_gets(workspace, app, fcm):
    ana = person(workspace)
    has(ana, "token-phone-1")
    message = push(ana, words={**WORDS, "image": "https://shop.example/cart.jpg"}, account_id=app.pk)

    deliver_batch(app.pk, NOW)

    (sent,) = fcm.sent
    assert sent["notification"] == {
        "title": "Your cart",
        "body": "유진님, 아직 있어요",
        "image": "https://shop.example/cart.jpg",
    }
    assert sent["data"] == {
        "message": str(message.public_id),
        "url": "https://shop.example/cart?a=1",
        "click": links.click_url(message.public_id, "https://shop.example/cart?a=1"),
        "opened": links.open_url(message.public_id),
        "preferences": links.unsubscribe_url(message.public_id),
    }
    assert (
        sent["android"]["collapse_key"]
        == sent["apns"]["headers"]["apns-collapse-id"]
        == str(message.public_id)
    )
    assert sent["android"]["ttl"] == "259200s"
    assert outcome(message)[0] == "sent"
    assert message.provider_id == "0:2"


def test_an_apps_own_address_stays_as_it_is(workspace, app, fcm):
    ana = person(workspace)
    has(ana, "token-phone-1")
    push(ana, words={**WORDS, "url": "shop://cart"})

    deliver_batch(app.pk, NOW)

    assert fcm.sent[0]["data"]["url"] == "shop://cart"
    assert "click" not in fcm.sent[0]["data"]


def test_a_batch_takes_one_connection_and_one_access_token(workspace, app, fcm):
    for number in range(6):
        ana = person(workspace)
        has(ana, f"token-phone-{number}")
        push(ana)

    deliver_batch(app.pk, NOW)

    assert (len(fcm.sent), fcm.connections, len(fcm.tokens)) == (6, 1, 1)


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_not_written_to_again(workspace, site, service, status):
    ana = person(workspace)
    browser = browses(ana, service, site)
    service.unsubscribed(browser, status)
    message = push(ana)

    deliver_batch(site.pk, NOW)

    assert Device.objects.get().state == "gone"
    assert outcome(message) == ("failed", "provider_refused", "The device does not take messages any more.")
    assert MessageEvent.objects.filter(message_id=message.pk, kind="bounced").exists()
    assert Event.objects.filter(profile_id=ana.pk, name="message_bounced").exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("token", ["token-gone-1", "token-bad-1"])
def test_a_phone_without_the_app_is_not_written_to_again(workspace, app, fcm, token):
    ana = person(workspace)
    has(ana, token)
    message = push(ana)

    deliver_batch(app.pk, NOW)

    assert Device.objects.get().state == "gone"
    assert outcome(message)[:2] == ("failed", "provider_refused")


def test_one_device_that_takes_it_is_enough(workspace, app, fcm):
    ana = person(workspace)
    has(ana, "token-gone-1", minutes=2)
    has(ana, "token-ill-1", minutes=1)
    has(ana, "token-good-1")
    message = push(ana)

    deliver_batch(app.pk, NOW)

    assert outcome(message)[0] == "sent"
    assert dict(Device.objects.values_list("token", "state")) == {
        "token-gone-1": "gone", "token-ill-1": "active", "token-good-1": "active",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("token", "state", "error", "device"),
    [
        ("token-ill-1", "created", "The push service is out of order.", "active"),
        ("token-other-1", "failed", "SENDER_ID_MISMATCH", "active"),
        ("token-apns-1", "created", "Apple or the browser’s push service refused Firebase’s key.", "active"),
    ],
)
def test_what_firebase_refuses(workspace, app, fcm, token, state, error, device):
    ana = person(workspace)
    has(ana, token)
    message = push(ana)

    deliver_batch(app.pk, NOW)

    assert (outcome(message)[0], outcome(message)[2]) == (state, error)
    assert Device.objects.get().state == device


def test_no_device_left_when_it_is_sent(workspace, app, fcm):
    message = push(person(workspace))

    deliver_batch(app.pk, NOW)

    assert outcome(message) == (
        "failed",
        "provider_refused",
        "No channel reaches the devices of this person.",
    )


@pytest.mark.parametrize("way", ["app", "site"])
def test_a_rate_limit_holds_the_rest_and_costs_no_attempt(workspace, site, app, service, fcm, way):
    account, provider = (app, fcm) if way == "app" else (site, service)
    provider.allowance = 2
    messages = []
    for number in range(5):
        ana = person(workspace)
        browses(ana, service, site) if way == "site" else has(ana, f"token-phone-{number}")
        messages.append(push(ana, account_id=account.pk))

    assert deliver_batch(account.pk, NOW) == 0  # whoever asks stops asking

    states = [outcome(message)[0] for message in messages]
    assert states == ["sent", "sent", "created", "created", "created"]
    pause = timedelta(seconds=11 if way == "app" else 9)
    for message in messages[2:]:
        message.refresh_from_db()
        assert (message.attempts, message.error) == (0, "The push service asks to send slower.")
        assert pause <= message.due_at - NOW < pause + timedelta(seconds=30)
    provider.allowance = None
    deliver_batch(account.pk, NOW + timedelta(minutes=5))
    assert {outcome(message)[0] for message in messages} == {"sent"}


def test_an_expired_access_token_is_asked_for_anew(workspace, app, fcm):
    ana = person(workspace)
    has(ana, "token-phone-1")
    push(ana)
    deliver_batch(app.pk, NOW)
    fcm.tokens.clear()
    message = push(ana)

    deliver_batch(app.pk, NOW)

    assert (outcome(message)[0], message.attempts) == ("sent", 1)
    assert len(fcm.sent) == 2


def test_a_service_account_that_google_does_not_know(workspace, app, fcm):
    fcm.locked_out = True
    ana = person(workspace)
    has(ana, "token-phone-1")
    message = push(ana)

    deliver_batch(app.pk, NOW)

    assert (outcome(message)[0], outcome(message)[2]) == ("created", "Firebase refused the service account.")
    assert Device.objects.get().state == "active"


def test_a_service_that_is_away_is_tried_again(workspace, site, service):
    ana = person(workspace)
    has(ana, "http://127.0.0.1:9/send/1", "web", service.browser().subscription()["keys"])
    message = push(ana)

    deliver_batch(site.pk, NOW)

    assert (outcome(message)[0], outcome(message)[2]) == ("created", "The push service can’t be reached.")


def test_addresses_inside_the_network_are_not_called(workspace, site, service, settings):
    settings.HTTP_ALLOWED_HOSTS = []
    ana = person(workspace)
    browser = browses(ana, service, site)
    message = push(ana)

    deliver_batch(site.pk, NOW)

    assert (browser.inbox, service.connections) == ([], 0)
    assert outcome(message)[2] == "The push service’s address may not be called."


def test_keys_that_nobody_could_read_with(workspace, site, service):
    ana = person(workspace)
    has(ana, f"{service.url}/send/1", "web", {"p256dh": "A" * 87, "auth": "B" * 22})
    message = push(ana)

    deliver_batch(site.pk, NOW)

    assert Device.objects.get().state == "gone"
    assert outcome(message)[0] == "failed"


def test_words_without_end_are_shortened_to_fit(workspace, site, app, service, fcm):
    ana = person(workspace)
    browser = browses(ana, service, site)
    has(ana, "token-phone-1")
    long = {**WORDS, "body": "아주 긴 말 " * 800, "image": "https://shop.example/" + "i" * 900}
    message = push(ana, words=long)

    deliver_batch(site.pk, NOW)

    assert outcome(message)[0] == "sent"
    assert browser.inbox[0]["body"].startswith("아주 긴 말")
    assert browser.inbox[0]["body"].endswith("…")
    assert browser.inbox[0]["url"]
    assert fcm.sent[0]["notification"]["body"].endswith("…")
    assert "image" not in browser.inbox[0]


def test_fitting_keeps_what_fits():
    parts = {"title": "T", "body": "B", "image": "https://shop.example/1.jpg", "icon": ""}

    assert json.loads(fitting(parts, 200)) == {
        "title": "T",
        "body": "B",
        "image": "https://shop.example/1.jpg",
    }
    assert json.loads(fitting(parts, 40)) == {"title": "T", "body": "B"}


@pytest.mark.parametrize("written", ["ana@shop.example", "ana-1", "token-phone-1"])
def test_a_test_goes_to_a_persons_device(workspace, app, fcm, written):
    ana = person(workspace)
    ana.attributes = {**ana.attributes, "email": "ana@shop.example"}
    ana.external_id = "ana-1"
    ana.save(update_fields=["attributes", "external_id"])
    has(ana, "token-phone-1")
    has(ana, "token-phone-2", minutes=-5)

    message = accounts.test_message(app, written, "en", NOW)
    deliver_batch(app.pk, NOW)

    assert outcome(message)[0] == "sent"
    assert [sent["token"] for sent in fcm.sent] == ["token-phone-1"]
    assert fcm.sent[0]["notification"]["title"] == "A test of fcm"


def test_a_test_to_a_token_that_is_not_known_yet(app, fcm):
    accounts.test_message(app, "token-of-my-own-phone", "en", NOW)
    deliver_batch(app.pk, NOW)

    assert fcm.sent[0]["token"] == "token-of-my-own-phone"


@pytest.mark.parametrize("written", ["nobody@shop.example", "short", "with a space", ""])
def test_a_test_to_nobody_is_refused(app, site, written):
    for account in (app, site):
        with pytest.raises(ValueError, match="device"):
            accounts.test_message(account, written, "en", NOW)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "pasted", ["", "{", "[]", "{}", '{"project_id": "x", "client_email": "a", "private_key": "no key"}']
)
def test_what_is_no_service_account(actor, pasted):
    form = accounts.form_for(adapters.get("fcm"), actor, [], {"name": "Apps", "service_account": pasted})

    assert not form.is_valid()
    assert set(form.errors) == {"service_account"}


def test_firebase_project_is_shown_and_its_key_is_not(app):
    assert app.settings["project_id"] == PROJECT
    assert "private_key" not in json.dumps(app.settings)
    assert adapters.get("fcm").check(account_settings(app)) is True


@pytest.mark.parametrize(
    ("contact", "good"),
    [("a@shop.example", True), ("https://shop.example/", True), ("a@b", False), ("x", False)],
)
def test_push_services_want_a_contact(actor, contact, good):
    form = accounts.form_for(adapters.get("web_push"), actor, [], {"name": "Site", "contact": contact})

    assert form.is_valid() is good


def test_a_click_on_a_notification_counts(client, workspace, site, service):
    ana = person(workspace)
    browser = browses(ana, service, site)
    message = push(ana)
    deliver_batch(site.pk, NOW)

    answer = client.get(browser.inbox[0]["url"].removeprefix("http://127.0.0.1:8000"))

    assert answer["Location"] == "https://shop.example/cart?a=1"
    message.refresh_from_db()
    assert message.clicked_at is not None
    assert message.opened_at is not None
