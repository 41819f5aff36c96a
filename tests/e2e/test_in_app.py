"""A message in the shop's own page, from the event to the click on it: a published journey, a real worker, and the
script that a shop puts on its pages, under a Content-Security-Policy that forbids nearly everything."""

import json
import time
import urllib.request

import pytest
from playwright.sync_api import expect

from channels import accounts, inbox
from channels.adapters.registry import adapters
from channels.models import Message
from journeys import editing, publishing
from lib import clock
from profiles.models import Event
from tests.factories.content import make_content
from tests.providers.serving import serving
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DOCUMENT = {
    "format": "gilmok.journey/1",
    "name": "Cart card",
    "triggers": {"t1": {"kind": "event", "event": "cart_updated", "next": "m1"}},
    "steps": {
        "m1": {
            "kind": "send_in_app",
            "settings": {"content": "cart-card", "topic": "offers", "expires": "P7D"},
            "next": {"next": "x1"},
        },
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"quiet_hours": "none"},
}
WORDS = {
    "title": "We kept your cart",
    "body": "{{ person.first_name | default: 'Hello' }}, it is worth {{ entry.value }} won. <b>Really</b>",
    "image": "",
    "actions": [{"label": "To my cart", "url": "{{ entry.site }}/cart"}, {"label": "Later", "url": ""}],
}


@pytest.fixture
def channel(empty_shop):
    owner = actor_of(User.objects.get(email="minjae@sonamu.example"))
    form = accounts.form_for(
        adapters.get("in_app"), owner, [], {"name": "Site", "look": "card", "keep_days": "30"}
    )
    assert form.is_valid(), form.errors
    return accounts.create(owner, adapters.get("in_app"), form, clock.now())


@pytest.fixture
def site(empty_shop, channel):
    token = inbox.signature(accounts.stored_secrets(channel)["signing_secret"], "yujin")
    page = f"""<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1><button id="buy">Buy</button>
        <script async src="{empty_shop.url}/static/js/in_app/gilmok-inbox.js" data-channel="{channel.public_id}"
          data-write-key="{empty_shop.write_key}" data-user-id="yujin" data-user-token="{token}"></script>"""
    policy = f"default-src 'none'; script-src {empty_shop.url}; connect-src {empty_shop.url}"

    def take(method, path, headers, body):
        more = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        return 200, more, b"<title>Cart</title>" if path == "/cart" else page.encode()

    with serving(take) as url:
        yield url


@pytest.fixture
def journey(empty_shop, channel):
    builder = actor_of(User.objects.get(email="minjae@sonamu.example"))
    variants = {"en": WORDS, "ko": WORDS}
    make_content(builder, "Cart card", slug="cart-card", medium="in_app", team="", variants=variants)
    team = empty_shop.teams["mobile"]
    made = editing.create_journey(builder, name="Cart card", team=team, now=clock.now(), document=DOCUMENT)
    publishing.publish(builder, made, now=clock.now())
    return made


def call(shop, kind, **more):
    body = {"writeKey": shop.write_key, "userId": "yujin", **more}
    request = urllib.request.Request(
        f"{shop.url}/v1/{kind}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


def until(found, seconds=60):
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
    return answer


@pytest.fixture
def sent(empty_shop, site, journey, celery_workers):
    """Sends her one more message, and waits until a worker put it into her inbox."""

    def send(value):
        before = Message.objects.filter(state__in=["sent", "delivered"]).count()
        call(empty_shop, "track", event="cart_updated", properties={"value": value, "site": site})
        until(lambda: Message.objects.filter(state__in=["sent", "delivered"]).count() > before)
        return Message.objects.latest("id")

    celery_workers.beat()
    call(empty_shop, "identify", traits={"firstName": "Yujin", "consents": {"in_app": {"offers": "granted"}}})
    return send


def test_a_message_shows_in_the_page_and_its_click_counts(sent, site, page):
    message = sent(90000)

    page.goto(site)
    card = page.locator("gilmok-message section")
    card.wait_for()
    assert card.get_attribute("aria-label") == "We kept your cart"
    assert card.locator("p").inner_text() == "Yujin, it is worth 90000 won. <b>Really</b>"  # words, no markup
    assert (
        card.evaluate("(card) => getComputedStyle(card).position") == "fixed"
    )  # styled in spite of the policy
    until(lambda: Message.objects.get(pk=message.pk).opened_at)
    until(lambda: Message.objects.get(pk=message.pk).state == "delivered")

    card.get_by_role("link", name="To my cart").click()
    page.wait_for_url("**/cart")
    until(lambda: Message.objects.get(pk=message.pk).clicked_at)
    told = until(lambda: Event.objects.filter(name="message_clicked").first())
    assert told.properties["url"] == f"{site}/cart"
    assert told.properties["label"] == "To my cart"

    with page.expect_response("**/v1/inbox/**"):
        page.goto(site)  # closed for good
    page.wait_for_timeout(500)
    assert page.locator("gilmok-message").count() == 0


def test_escape_puts_it_away_and_focus_goes_back(sent, site, page):
    message = sent(1)

    page.goto(site)
    page.locator("gilmok-message section").wait_for()
    page.locator("#buy").focus()  # the page goes on beneath
    page.keyboard.press("Escape")
    assert page.locator("gilmok-message").count() == 1  # what Escape means there is the page's business
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "GILMOK-MESSAGE"
    page.keyboard.press("Escape")

    expect(page.locator("gilmok-message")).to_have_count(0)
    until(lambda: Message.objects.get(pk=message.pk).closed_at)
    assert Message.objects.get(pk=message.pk).clicked_at is None
    until(lambda: Event.objects.filter(name="message_dismissed").exists())


def test_hidden_page_asks_nothing(sent, site, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/inbox/" in request.url else None)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away !== false });")
    sent(1)

    page.goto(site)
    page.wait_for_function("window.gilmokInbox")
    page.wait_for_timeout(500)
    assert asked == []

    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.locator("gilmok-message section").wait_for()
    assert len([url for url in asked if url.endswith("/events/")]) == 0


def test_wrong_token_ends_the_asking(empty_shop, channel, page, celery_workers):
    asked = []
    body = f"""<!doctype html><title>Shop</title><script src="{empty_shop.url}/static/js/in_app/gilmok-inbox.js"
        data-channel="{channel.public_id}" data-write-key="{empty_shop.write_key}" data-user-id="yujin"
        data-user-token="guess"></script>"""
    answer = (200, {"Content-Type": "text/html"}, body.encode())
    with serving(lambda *_request: answer) as url:
        page.on("request", lambda request: asked.append(request.url) if "/v1/inbox/" in request.url else None)
        with page.expect_console_message(lambda said: "not the signature" in said.text):
            page.goto(url)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(500)

    assert len(asked) == 1
