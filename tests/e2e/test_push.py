"""A notification, from the site's button to the click on it: the script that a shop puts on its pages, a real worker, a
push service that hands on what it gets, and the service worker that shows it."""

import json
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from channels import accounts
from channels.adapters.registry import adapters
from channels.models import Message
from journeys import editing, publishing
from lib import clock
from profiles.models import Consent, Device, Event
from tests.factories.content import make_content
from tests.providers.serving import serving
from tests.providers.web_push import push_service
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DOCUMENT = {
    "format": "gilmok.journey/1",
    "name": "Cart push",
    "triggers": {"t1": {"kind": "event", "event": "cart_updated", "next": "m1"}},
    "steps": {
        "m1": {
            "kind": "send_push",
            "settings": {"content": "cart-push", "topic": "offers"},
            "next": {"next": "x1"},
        },
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"quiet_hours": "none"},
}
WORDS = {
    "title": "We kept your cart",
    "body": "{{ person.first_name | default: 'Hello' }}, it is worth {{ entry.value }} won.",
    "url": "https://shop.example/cart",
    "image": "",
}
# Chromium without a screen has no push service of its own: ours stands in its place.
SUBSCRIBE = """
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async (options) => {
  window.askedWith = options.applicationServerKey.length;
  return { ...window.given, toJSON: () => window.given };
};
"""


@pytest.fixture
def service():
    with push_service() as running:
        yield running


@pytest.fixture
def channel(empty_shop):
    owner = actor_of(User.objects.get(email="minjae@sonamu.example"))
    form = accounts.form_for(
        adapters.get("web_push"), owner, [], {"name": "Site", "contact": "a@sonamu.example"}
    )
    assert form.is_valid(), form.errors
    return accounts.create(owner, adapters.get("web_push"), form, clock.now())


@pytest.fixture
def site(empty_shop, channel):
    """The shop's own pages, with what the channel's page says to put there."""
    page = f"""<!doctype html><title>Shop</title><button>Tell me</button>
        <script src="{empty_shop.url}/static/js/push/gilmok-push.js" data-server="{empty_shop.url}"
          data-write-key="{empty_shop.write_key}" data-channel="{channel.public_id}"
          data-key="{channel.settings["public_key"]}"></script>"""
    worker = f'importScripts("{empty_shop.url}/static/js/push/gilmok-push-worker.js");'

    def take(method, path, headers, body):
        if path == "/gilmok-push-worker.js":
            return 200, {"Content-Type": "text/javascript"}, worker.encode()
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()

    with serving(take) as url:
        yield url


def track(shop, event, **more):
    body = {"writeKey": shop.write_key, "userId": "yujin", "event": event, **more}
    request = urllib.request.Request(
        f"{shop.url}/v1/track", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


def until(found, seconds=60):
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
    return answer


def test_a_notification_comes_and_its_click_counts(empty_shop, channel, service, site, page, celery_workers):
    builder = actor_of(User.objects.get(email="minjae@sonamu.example"))
    make_content(
        builder, "Cart push", slug="cart-push", medium="push", team="", variants={"en": WORDS, "ko": WORDS}
    )
    team = empty_shop.teams["mobile"]
    journey = editing.create_journey(builder, name="Cart push", team=team, now=clock.now(), document=DOCUMENT)
    publishing.publish(builder, journey, now=clock.now())
    browser = service.browser(channel.settings["public_key"])

    # She says yes on the shop's page.
    page.context.grant_permissions(["notifications"], origin=site)
    page.add_init_script(f"window.given = {json.dumps(browser.subscription())}; {SUBSCRIBE}")
    page.goto(site)
    said = page.evaluate(
        "gilmokPush.subscribe({ userId: 'yujin', consents: { push: { offers: 'granted' } } })"
    )
    assert said is True
    assert page.evaluate("window.askedWith") == 65
    device = Device.objects.get()
    assert (device.profile.external_id, device.kind, device.app) == ("yujin", "web", str(channel.public_id))
    assert Consent.objects.filter(
        profile=device.profile, medium="push", topic="offers", state="granted"
    ).exists()

    # What she does starts the journey; the worker sends, the push service takes it.
    celery_workers.beat()
    track(empty_shop, "cart_updated", properties={"value": 90000})
    until(lambda: browser.inbox)
    (got,) = browser.inbox
    message = until(lambda: Message.objects.filter(step="m1", state="sent").first())
    assert (got["title"], got["body"]) == ("We kept your cart", "Hello, it is worth 90000 won.")
    assert got["tag"] == str(message.public_id)

    # The service worker shows it, and a click on it goes by the signed link.
    workers = page.context.service_workers or [page.context.wait_for_event("serviceworker")]
    worker = workers[0]
    shown = worker.evaluate(
        """async (message) => {
            self.went = [];
            Clients.prototype.openWindow = async (url) => { self.went.push(url); return null; };
            const waits = [];
            const event = new PushEvent("push", { data: JSON.stringify(message) });
            event.waitUntil = (promise) => waits.push(promise);
            self.dispatchEvent(event);
            await Promise.all(waits);
            const [notification] = await self.registration.getNotifications();
            const click = new NotificationEvent("notificationclick", { notification });
            click.waitUntil = (promise) => waits.push(promise);
            self.dispatchEvent(click);
            await Promise.all(waits);
            return { title: notification.title, body: notification.body, tag: notification.tag, went: self.went };
        }""",
        got,
    )
    assert shown == {"title": got["title"], "body": got["body"], "tag": got["tag"], "went": [got["url"]]}

    answer = page.request.get(empty_shop.url + urlsplit(got["url"]).path, max_redirects=0)
    assert answer.headers["location"] == "https://shop.example/cart"
    message.refresh_from_db()
    assert message.clicked_at is not None
    assert Event.objects.filter(profile_id=device.profile_id, name="message_clicked").count() == 1

    # And she has enough of it.
    assert page.evaluate("gilmokPush.permission") == "granted"
    page.add_init_script(
        "PushManager.prototype.getSubscription = async () => "
        "({ ...window.given, toJSON: () => window.given, unsubscribe: async () => true });"
    )
    page.reload()
    assert page.evaluate("gilmokPush.unsubscribe()") is True
    device.refresh_from_db()
    assert device.state == "gone"
