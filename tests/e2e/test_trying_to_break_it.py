"""Haste, two tabs, no network, a small screen, no mouse, another language."""

import re

import pytest
from django.utils.translation import override
from django.utils.translation.trans_real import translation
from playwright.sync_api import expect

from config.sample.company import COLLEAGUES, PASSWORD
from content.models import Item
from journeys.models import Journey, Version
from profiles.models import Profile
from workspaces.models import Team, User

pytestmark = pytest.mark.django_db(transaction=True)
KEPT_WORDS = {"Ctrl K", "Esc", "Gilmok", "React Flow", "React Flow attribution"}


def at(journey):
    return f"/journeys/{journey.public_id}/"


def names(journey):
    journey.refresh_from_db()
    return {step.get("name") for step in journey.draft["steps"].values()}


def rename(hands, old, new):
    hands.card(old).click()
    title = hands.inspector.get_by_label("Name of the step")
    title.fill(new)
    title.press("Enter")
    expect(hands.card(new)).to_be_attached()


def test_double_click_makes_one(hands, empty_shop):
    hands.sign_in("seoyeon", "/journeys/")
    hands.page.get_by_role("button", name="Start empty").click()
    dialog = hands.page.get_by_role("dialog", name="New journey")
    dialog.get_by_label("Name", exact=True).fill("Twice")
    dialog.get_by_role("button", name="Create and open").dblclick()
    hands.page.locator(".gm-board").wait_for()
    assert Journey.objects.filter(name="Twice").count() == 1


def test_double_click_publishes_once(hands, draft):
    hands.sign_in("emily", at(draft))
    hands.page.get_by_role("button", name="Publish", exact=True).click()
    hands.page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).dblclick()
    expect(hands.page.get_by_text("Version 1 is live")).to_be_visible()
    expect(hands.page.get_by_role("dialog")).to_have_count(0)
    assert Version.objects.filter(journey=draft).count() == 1


def test_second_tab_is_told_and_loses_nothing(hands, draft):
    hands.sign_in("seoyeon", at(draft))
    second = type(hands)(hands.page.context.new_page(), hands.url)
    second.open(at(draft))
    second.page.locator(".gm-board").wait_for()
    rename(hands, "Cart text", "Theirs")
    hands.saved()

    rename(second, "Cart reminder", "Mine")
    dialog = second.page.get_by_role("dialog", name="Someone else saved this journey")
    expect(dialog).to_be_visible()
    assert "Theirs" in names(draft) and "Mine" not in names(draft)
    dialog.get_by_role("button", name="Decide later").click()
    expect(second.card("Mine")).to_be_attached()
    second.page.get_by_role("button", name="Look", exact=True).click()
    dialog.get_by_role("button", name="Keep mine, show the differences").click()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name="Save mine over theirs").click()
    second.saved()
    assert "Mine" in names(draft)
    second.page.close()


def test_a_setting_counts_though_one_goes_on_before_the_answer(hands, draft):
    """Nothing is called saved meanwhile, and publishing waits for it."""
    User.objects.filter(email="minjae@sonamu.example").update(language="en")
    hands.sign_in("minjae", at(draft))
    page, held = hands.page, []
    asks = re.compile(r"edit=1(&|$)")

    def late(route):
        if asks.search(route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    hands.card("Do they order?").click()
    number = hands.inspector.get_by_label("Number", exact=True)
    page.route("**/inspector/", late)
    number.fill("45")
    with page.expect_request(lambda request: asks.search(request.post_data or "") is not None):
        hands.card("Cart reminder").click()
    expect(hands.inspector).to_contain_text("Cart reminder")
    expect(page.locator(".gm-save[data-save=waiting]").first).to_be_attached()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("button", name="Publishing")).to_be_visible()
    assert not Version.objects.exists()
    (route,) = held
    route.continue_()
    expect(page.get_by_text("Version 1 is live")).to_be_visible()
    assert Version.objects.get().document["steps"]["w1"]["settings"]["within"] == "PT45M"


def test_escape_keeps_what_was_typed(hands, draft):
    hands.sign_in("seoyeon", at(draft))
    hands.card("Do they order?").click()
    hands.inspector.get_by_label("Number", exact=True).fill("44")
    hands.page.keyboard.press("Escape")
    expect(hands.inspector).to_have_count(0)
    hands.saved()
    draft.refresh_from_db()
    assert draft.draft["steps"]["w1"]["settings"]["within"] == "PT44M"


def test_a_setting_is_sent_once(hands, draft):
    """Not again by the pause after the last letter."""
    hands.sign_in("seoyeon", at(draft))
    hands.card("Do they order?").click()
    sent = []
    hands.page.on(
        "request", lambda request: sent.append(request) if "edit=1" in (request.post_data or "") else None
    )
    hands.write("Number", "43")
    hands.page.wait_for_timeout(800)
    assert len(sent) == 1
    hands.write("Number", "42")
    hands.saved()
    draft.refresh_from_db()
    assert draft.draft["steps"]["w1"]["settings"]["within"] == "PT42M"
    assert len(sent) == 2


def test_back_and_forward_show_what_was_saved(hands, draft):
    hands.sign_in("seoyeon", "/journeys/")
    hands.page.get_by_role("link", name=draft.name).first.click()
    hands.page.locator(".gm-board").wait_for()
    rename(hands, "Cart text", "Before")
    hands.saved()
    hands.page.go_back()
    expect(hands.page.get_by_role("heading", name="Journeys")).to_be_visible()
    hands.page.go_forward()
    rename(hands, "Before", "After")
    hands.saved()
    assert "After" in names(draft)


def test_edits_without_a_network_are_kept_and_saved_later(hands, draft):
    hands.sign_in("seoyeon", at(draft))
    hands.page.locator(".gm-board").wait_for()
    hands.page.context.set_offline(True)
    hands.card("Cart text").click()
    hands.page.keyboard.press("Delete")
    expect(hands.page.get_by_role("status").filter(has_text="no connection")).to_be_visible()
    assert "Cart text" in names(draft)
    hands.page.context.set_offline(False)
    hands.saved()
    assert "Cart text" not in names(draft)


def test_changes_come_back_after_a_crash_without_a_network(hands, draft):
    hands.sign_in("seoyeon", at(draft))
    hands.page.locator(".gm-board").wait_for()
    hands.page.route("**/document/**", lambda route: route.abort())
    rename(hands, "Cart text", "Kept")
    expect(hands.page.locator(".gm-save[data-save=offline]").first).to_be_attached()
    crashed = hands.page.context.new_page()
    hands.page.close(run_before_unload=False)
    again = type(hands)(crashed, hands.url)
    again.open(at(draft))
    expect(crashed.get_by_text("Changes that were not saved last time are back")).to_be_visible()
    again.saved()
    assert "Kept" in names(draft)


def test_two_tabs_without_a_network_keep_their_own_changes(hands, draft):
    hands.sign_in("seoyeon", at(draft))
    page, context = hands.page, hands.page.context
    hands.card("Cart text").wait_for()
    second = type(hands)(context.new_page(), hands.url)
    second.open(at(draft))
    context.route("**/document/**", lambda route: route.abort())
    rename(hands, "Cart text", "Mine in the first")
    rename(second, "Cart text", "Mine in the second")
    for tab in (hands, second):
        expect(tab.page.locator(".gm-save[data-save=offline]").first).to_be_attached()

    # A third tab takes nothing from those that are open, and what a closed one leaves.
    third = type(hands)(context.new_page(), hands.url)
    third.open(at(draft))
    expect(third.card("Cart text")).to_be_visible()
    page.close(run_before_unload=False)
    third.page.wait_for_function("async () => (await navigator.locks.query()).held.length === 1")
    third.page.on("dialog", lambda dialog: dialog.accept())
    third.page.reload()
    expect(third.card("Mine in the first")).to_be_visible()
    expect(second.card("Mine in the second")).to_be_visible()
    third.page.route(
        "**/document/**", lambda route: route.continue_()
    )  # the network is back for this one alone
    third.saved()
    assert "Mine in the first" in names(draft)


def test_phone(another, with_journeys, shop):
    hands = another(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    hands.sign_in("emily")
    page = hands.page
    person = Profile.objects.filter(workspace=shop.workspace).first()
    assert person
    journey = Journey.objects.get(name="Win back left carts")
    for path in ("/", "/journeys/", "/people/", "/content/", at(journey), f"/people/{person.public_id}/"):
        hands.open(path)
        page.locator("h1").first.wait_for()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{path} is {width} px wide"
    hands.open(at(journey))
    way = page.get_by_role("group", name="Branch to show").first
    way.get_by_role("button", name=re.compile("^Ordered")).click()
    expect(page.locator(".gm-path [data-card]")).to_have_count(3)
    way.get_by_role("button").last.click()
    expect(page.locator('.gm-path [data-card][aria-label^="Is this a VIP?"]')).to_be_visible()
    hands.open("/people/")
    page.get_by_role("searchbox").or_(page.locator("main [name=q]")).first.fill("customer001@shop.example")
    page.locator("#people, main").get_by_role("link").first.wait_for()


def leftovers(page):
    """English of our own catalogue that has a translation, among all that is shown or spoken."""
    said = page.evaluate(
        """() => {
            const found = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const parent = walk.currentNode.parentElement;
                if (!parent.closest("script, style, [lang=en], noscript, datalist")) found.push(walk.currentNode.data);
            }
            for (const element of document.querySelectorAll("[aria-label], [placeholder], [title]"))
                for (const name of ["aria-label", "placeholder", "title"]) found.push(element.getAttribute(name) || "");
            return found.map((text) => text.trim()).filter(Boolean);
        }"""
    )
    catalogue = translation("ko")
    korean = re.compile("[가-힣]")
    words = re.compile(r"^[A-Z][a-z]+( [A-Za-z0-9’']+)*[.?!…]?$")
    with override("ko"):
        own = {text for text in said if not korean.search(text) and korean.search(catalogue.gettext(text))}
    return own | {text for text in said if words.match(text) and text not in KEPT_WORDS}


def test_korean_is_whole(hands, draft, shop):
    draft.name = "장바구니"
    draft.draft["name"] = "장바구니"
    for node in draft.draft["steps"].values():
        node.pop("name", None)
    draft.draft["triggers"]["t1"].pop("name")
    draft.save()
    hands.open("/login/")
    if hands.page.locator("html").get_attribute("lang") != "ko":
        hands.page.get_by_role("button", name="한국어").click()
    expect(hands.page.get_by_role("heading", name="로그인")).to_be_visible()
    assert not leftovers(hands.page)
    hands.page.locator("[name=username]").fill("minjae@sonamu.example")
    hands.page.locator("[name=password]").fill(PASSWORD)
    hands.page.locator("[name=password]").press("Enter")
    hands.page.wait_for_url(hands.url + "/")
    data = {"Cart rescue", "Sonamu Living", "Offers", "News", "Mail", "Text", "Ordered"}
    for path in ("/", "/journeys/", "/people/", "/content/", "/team/", "/settings/channels/"):
        hands.open(path)
        found = leftovers(hands.page)
        assert not {text for text in found if not known_data(text)} - data, path
    hands.open(at(draft))
    page = hands.page
    expect(
        page.get_by_role("button", name="발행", exact=True)
        .or_(page.get_by_role("button", name="게시", exact=True))
        .first
    ).to_be_visible()
    page.locator(".gm-board [data-card=b1]").click()
    page.locator("#inspector-form").wait_for()
    assert not {text for text in leftovers(page) if not known_data(text)} - data
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.locator(".gm-test").wait_for()
    assert not {text for text in leftovers(page) if not known_data(text)} - data


def known_data(text):
    given = {name for name, *_rest in COLLEAGUES} | {"Sonamu mail", "Sonamu texts"}
    given |= set(Item.objects.values_list("name", flat=True)) | set(
        Team.objects.values_list("name", flat=True)
    )
    for attributes in Profile.objects.values_list("attributes", flat=True):
        given |= {
            attributes["first_name"],
            attributes["city"],
            f"{attributes['first_name']} {attributes['last_name']}",
        }
    return text in given


def test_keyboard_alone_is_enough(hands, draft):
    hands.sign_in("seoyeon", at(draft))
    page, keys = hands.page, hands.page.keyboard
    page.locator(".gm-board").wait_for()
    keys.press("Tab")
    keys.press("Tab")
    expect(page.get_by_role("button", name="Skip to the outline")).to_be_focused()
    keys.press("Enter")
    outline = page.get_by_role("region", name="Outline")
    expect(outline).to_be_visible()
    expect(outline.get_by_role("button", name=re.compile("^Cart reminder"))).to_be_visible()
    outline.get_by_role("button", name=re.compile("^Cart reminder")).focus()
    before = len(draft.draft["steps"])

    keys.press("a")
    keys.type("wait until")
    keys.press("Enter")
    added = outline.get_by_role("button", name=re.compile("^Wait until"))
    expect(added).to_be_focused()
    hands.saved()
    draft.refresh_from_db()
    assert len(draft.draft["steps"]) == before + 1
    keys.press("Delete")
    expect(added).to_have_count(0)
    keys.press("Control+z")
    expect(added).to_have_count(1)
    keys.press("Control+z")
    expect(added).to_have_count(0)
    hands.saved()
    keys.press("o")
    expect(page.get_by_role("region", name="Journey canvas")).to_be_visible()
    draft.refresh_from_db()
    assert len(draft.draft["steps"]) == before


def test_publishing_says_what_is_missing_and_at_which_step(hands, draft):
    draft.draft["steps"]["m2"]["settings"]["content"] = ""
    del draft.draft["steps"]["m1"]["next"]["next"]
    draft.save()
    hands.sign_in("emily", at(draft))
    hands.page.get_by_role("button", name="Publish", exact=True).click()
    dialog = hands.page.get_by_role("dialog", name="Not ready to publish")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_role("button", name="Publish")).to_have_count(0)
    dialog.get_by_role("listitem").filter(has_text="Cart reminder").get_by_role("button").click()
    expect(hands.inspector).to_contain_text("Cart reminder")
    assert not Version.objects.filter(journey=draft).exists()


def shaking_press(hands, name):
    """A press during which the hand slips by two pixels."""
    key = hands.key_of(name)
    (x, y, width, height), _ = hands.still(key, key)
    hands.page.mouse.move(x + width / 2, y + height / 2)
    hands.page.mouse.down()
    hands.page.mouse.move(x + width / 2 + 2, y + height / 2 + 1)
    hands.page.mouse.up()


def test_viewer_looks_and_changes_nothing(hands, draft):
    hands.sign_in("doyun", at(draft))
    expect(hands.card("Cart reminder")).to_be_visible()
    hands.card("Cart reminder").click()
    expect(hands.inspector).to_be_visible()
    assert hands.inspector.locator("input, select, textarea").count() == 0
    for name in ("Undo", "Publish", "Tidy up"):
        expect(hands.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    hands.page.keyboard.press("Escape")
    expect(hands.inspector).to_have_count(0)
    shaking_press(hands, "Mail or text?")
    expect(hands.inspector).to_contain_text("Mail or text?")
    hands.page.keyboard.press("Escape")
    hands.page.keyboard.press("Delete")
    hands.page.keyboard.press("a")
    expect(hands.page.get_by_role("dialog")).to_have_count(0)
    expect(hands.card("Cart reminder")).to_be_visible()
    expect(hands.palette).to_have_count(0)
