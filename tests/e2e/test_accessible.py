"""axe finds nothing serious on any screen, light and dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from content.models import Item
from journeys.models import Journey
from profiles.models import Profile

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def serious(page):
    """[(rule, [where])]; the mail inside a preview is its author's."""
    found = Axe().run(page, context={"exclude": [["iframe"]]}, options=RULES).response["violations"]
    return [
        (rule["id"], [node["html"][:160] for node in rule["nodes"]][:3])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious(hands, with_journeys, shop, theme):
    page = hands.page
    page.emulate_media(color_scheme=theme)
    found = {}

    def look(name):
        page.wait_for_load_state("load")
        if rules := serious(page):
            found[name] = rules

    hands.open("/login/")
    look("login")
    hands.sign_in("minjae")
    person = Profile.objects.filter(workspace=shop.workspace).first()
    mail = Item.objects.get(slug="cart-rescue-mail")
    assert person
    paths = {
        "home": "/", "journeys": "/journeys/", "people": "/people/", "person": f"/people/{person.public_id}/",
        "content": "/content/", "editor": f"/content/{mail.public_id}/", "team": "/team/",
        "channels": "/settings/channels/", "health": "/settings/health/",
    }  # fmt: skip
    for name, path in paths.items():
        hands.open(path)
        look(name)

    journey = Journey.objects.get(name="Win back left carts")
    hands.open(f"/journeys/{journey.public_id}/")
    expect(hands.card("Cart reminder")).to_be_visible()
    look("canvas")
    for card in ("Left items", "Is this a VIP?", "Cart reminder"):
        hands.card(card).click()
        page.locator("#inspector-form").wait_for()
        look(f"inspector of {card}")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.locator("#gm-outline").wait_for()
    look("outline")
    page.keyboard.press("o")
    page.locator(".gm-board").wait_for()
    page.locator(".gm-board").focus()
    page.keyboard.press("t")
    page.locator(".gm-test form").wait_for()
    look("test set-up")
    page.locator(".gm-hit").first.click()
    page.locator(".gm-test [type=submit]").click()
    expect(page.locator(".gm-step.is-lit").or_(page.locator(".gm-note--lit")).first).to_be_visible()
    look("test result")
    assert not found, "\n".join(f"{name}: {rules}" for name, rules in found.items())


def test_every_screen_has_its_landmarks_and_title(hands, shop):
    hands.sign_in("seoyeon")
    for path in ("/", "/journeys/", "/people/", "/content/", "/team/", "/settings/channels/"):
        hands.open(path)
        assert re.search(r"\w", hands.page.title())
        assert hands.page.locator("main").count() == hands.page.locator("h1").count() == 1, path
