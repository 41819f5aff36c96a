"""The shell in Chromium: accessible in both themes, usable by keyboard, dialogs and menus as the design says."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.factories.workspaces import PASSWORD, make_user, make_workspace
from workspaces import api_keys
from workspaces.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def world(live_server, page):
    from lib import clock

    workspace = make_workspace()
    owner = make_user(workspace, "owner", ("email",), name="Minjae Choi", language="en")
    make_user(workspace, "viewer", name="Seoyeon Kim")
    api_keys.create(workspace, "Shop", "viewer", [], at=clock.now())
    page.goto(live_server.url + "/login/?next=/team/")
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/team/")
    return owner


def violations(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sign_in_has_no_accessibility_violations(live_server, page, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(live_server.url + "/login/")
    assert page.evaluate("document.documentElement.dataset.theme") == (
        "gilmok-dark" if theme == "dark" else "gilmok"
    )
    assert violations(page) == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_have_no_accessibility_violations(live_server, page, world, theme, width):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/", "/team/", "/settings/api-keys/", "/nothing-here/"):
        page.goto(live_server.url + path)
        assert violations(page) == [], path


def test_control_k_searches_every_list(live_server, page, world):
    page.keyboard.press("Control+k")
    page.keyboard.type("yujin kim")
    link = page.get_by_role("link", name="Find people with")
    assert link.get_attribute("href").endswith("?q=yujin%20kim")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_be_hidden()


def test_theme_is_switched_and_remembered(page, world):
    with page.expect_response("**/preferences/"):
        page.locator(".gm-nav [data-theme-toggle]").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "gilmok-dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "gilmok-dark"


def test_language_is_switched_on_the_same_page(page, world):
    page.locator(".gm-nav [name=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert page.url.endswith("/team/")


def test_a_member_is_changed_in_the_dialog(page, world):
    page.get_by_role("button", name="Change Seoyeon Kim").click()
    page.get_by_role("combobox", name="Role").select_option("marketer")
    page.get_by_role("checkbox", name="Email").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Seoyeon Kim’s place is changed.").wait_for()
    changed = Membership.objects.get(user__name="Seoyeon Kim")
    assert (changed.role, [team.slug for team in changed.teams.all()]) == ("marketer", ["email"])


def test_what_is_pressed_before_the_scripts_are_there_is_done_once_they_are(live_server, page, world):
    late = []
    page.route("**/js/dialogs.js", lambda route: late.append(route))
    with page.expect_request("**/js/dialogs.js"):
        page.goto(live_server.url + "/team/", wait_until="commit")
    page.get_by_role("button", name="Change Seoyeon Kim").click()
    expect(page.get_by_role("combobox", name="Role")).to_have_count(0)
    late[0].continue_()
    expect(page.get_by_role("combobox", name="Role")).to_be_visible()


def test_what_cannot_be_is_said_in_the_dialog(page, world):
    page.get_by_role("button", name="Change Minjae Choi").click()
    page.get_by_role("combobox", name="Role").select_option("viewer")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A workspace needs an owner.").wait_for()


def test_sign_out_from_the_menu_of_ones_name(page, world):
    page.locator(".gm-nav summary").click()
    page.locator(".gm-nav").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/")
