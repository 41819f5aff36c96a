"""A walk is kept as a test; from then on it stands guard. And the last days, run once more."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from journeys import publishing, replaying
from journeys.models import Journey, StoredTest
from lib import clock
from profiles.models import Event
from tests.factories.channels import make_person
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def panel(hands):
    return hands.page.get_by_role("complementary", name="Test with a customer")


def open_test(hands):
    hands.page.get_by_role("button", name="Test with a customer").click()


def test_a_kept_test_guards_publishing(hands, another, panel, draft):
    page = hands.page
    hands.sign_in("seoyeon", f"/journeys/{draft.public_id}/")
    open_test(hands)
    panel.get_by_role("button", name="Made up").click()
    panel.get_by_role("button", name="Run the test").click()
    panel.get_by_role("button", name="Keep as test").click()
    expect(page.get_by_text("Kept. From now on it runs with every change")).to_be_visible()
    test = StoredTest.objects.get()
    path = test.expect["paths"][0]
    panel.get_by_role("button", name="Change", exact=True).click()
    kept = panel.get_by_role("region", name="Kept tests")
    expect(kept.get_by_text("As expected:", exact=True)).to_be_attached()
    expect(kept.get_by_role("button", name=test.name, exact=True)).to_be_visible()

    # The message she would have got is taken out of the journey: the test says so at the step before it.
    sent = next(step for step in path if draft.draft["steps"][step]["kind"].startswith("send_"))
    title = page.locator(f'.gm-board [data-card="{sent}"]').get_attribute("aria-label").split(",")[0]
    page.get_by_role("button", name="End test").click()
    hands.card(title).click()
    page.keyboard.press("Delete")
    hands.saved()
    check = page.get_by_role("button", name=re.compile("^Check: "))
    check.click()
    problems = page.get_by_role("complementary", name="Check")
    expect(problems).to_contain_text(f"Test “{test.name}”: expected ")
    expect(problems).to_contain_text("Blocks publishing")

    # The approver can't publish it, and sees why.
    emily = another()
    emily.sign_in("emily", f"/journeys/{draft.public_id}/")
    emily.page.get_by_role("button", name="Publish", exact=True).click()
    dialog = emily.page.get_by_role("dialog", name="Not ready to publish")
    expect(dialog).to_contain_text(f"Test “{test.name}”: expected ")
    assert Journey.objects.get().state == "draft"

    # Back again, it passes.
    page.keyboard.press("Control+z")
    hands.saved()
    expect(problems).not_to_contain_text("Test “")
    emily.page.reload()
    emily.publish()


def test_ten_customers_at_once_and_a_link_to_one_of_them(hands, shop, panel, draft):
    page = hands.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hands.sign_in("seoyeon", f"/journeys/{draft.public_id}/")
    open_test(hands)
    panel.get_by_role("button", name="Ten at random").click()
    panel.get_by_role("button", name="Run the test").click()
    expect(panel.get_by_role("status")).to_contain_text(re.compile(r"Entered: 10 of 10\. Messages: \d+"))
    rows = panel.get_by_role("table", name="Ten at random").get_by_role("row")
    expect(rows).to_have_count(11)
    name = rows.nth(3).get_by_role("button").inner_text()
    rows.nth(3).get_by_role("button").click()
    expect(panel.get_by_role("heading", name=name)).to_be_focused()
    expect(panel).to_contain_text("Left items in the cart")

    panel.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert name not in link and "%40" not in link  # an id is no name and no address
    starts = panel.locator("h2 + p").inner_text()
    panel.get_by_role("button", name="Back to the ten").click()
    expect(rows).to_have_count(11)

    fresh = type(hands)(page.context.new_page(), hands.url)
    fresh.open(link)
    again = fresh.page.get_by_role("complementary", name="Test with a customer")
    expect(again.get_by_role("heading", name=name)).to_be_visible()
    expect(again.get_by_text(starts)).to_be_visible()
    assert fresh.page.url == f"{hands.url}/journeys/{draft.public_id}/"


def test_keeping_a_test_leaves_the_focus_where_it_is(hands, panel, draft):
    hands.sign_in("seoyeon", f"/journeys/{draft.public_id}/")
    open_test(hands)
    panel.get_by_role("button", name="Made up").click()
    panel.get_by_role("button", name="Run the test").click()
    keep = panel.get_by_role("button", name="Keep as test")
    keep.focus()
    hands.page.keyboard.press("Enter")
    expect(hands.page.get_by_text("Kept. From now on it runs with every change")).to_be_visible()
    expect(keep).to_be_focused()


def test_a_changed_mind_is_kept_too(hands, panel, draft):
    hands.sign_in("seoyeon", f"/journeys/{draft.public_id}/")
    open_test(hands)
    panel.get_by_role("button", name="Made up").click()
    panel.get_by_role("button", name="Run the test").click()
    panel.get_by_role("button", name="Keep as test").click()
    panel.get_by_role("button", name="Change", exact=True).click()
    kept = panel.get_by_role("region", name="Kept tests")
    expect(kept.get_by_text("As expected:", exact=True)).to_be_attached()
    StoredTest.objects.update(expect={"entered": 7})
    kept.get_by_role("button", name="Run all").click()
    expect(kept).to_contain_text("expected entries: 7, got entries: 1")
    kept.locator("summary").click()
    kept.get_by_role("menuitem", name="Expect this from now on").click()
    expect(kept.get_by_text("As expected:", exact=True)).to_be_attached()
    kept.locator("summary").click()
    kept.get_by_role("menuitem", name="Rename").click()
    kept.get_by_label("Name of the test").fill("She gets her mail")
    kept.get_by_label("Name of the test").press("Enter")
    kept.get_by_role("button", name="She gets her mail", exact=True).click()
    expect(panel.get_by_role("heading", name="She gets her mail")).to_be_visible()
    expect(panel).to_contain_text("A kept test")
    panel.get_by_role("button", name="Change", exact=True).click()
    kept.locator("summary").click()
    kept.get_by_role("menuitem", name="Remove").click()
    expect(kept).to_have_count(0)
    assert not StoredTest.objects.exists()


def test_the_last_days_once_more(hands, draft, empty_shop):
    now = clock.now()
    person = make_person(
        empty_shop.workspace, consents={"email": {"offers": "granted"}}, email="a@shop.example"
    )
    event = next(iter(draft.draft["triggers"].values()))["event"]
    for days in (1, 3, 8):
        Event.objects.create(
            workspace_id=empty_shop.workspace.pk, profile_id=person.pk, name=event,
            ts=now - timedelta(days=days), received_at=now, properties={"value": 90_000, "items": 2},
        )  # fmt: skip
    publishing.publish(actor_of(User.objects.get(email="emily@sonamu.example")), draft, now=now)
    hands.sign_in("seoyeon", f"/journeys/{draft.public_id}/")
    open_test(hands)
    hands.page.get_by_role("button", name="The last days").click()
    pane = hands.page.get_by_role("complementary", name="The last days")
    pane.get_by_label("Run again").select_option("7")
    pane.get_by_role("button", name="Run it").click()
    expect(pane.get_by_role("status")).to_contain_text("Waiting for its turn")
    assert replaying.work(clock.now) == 1
    expect(pane).to_contain_text("Run for all 1 people whom it concerns")
    row = pane.get_by_role("row", name=re.compile("^Entered"))
    assert [cell.strip() for cell in row.get_by_role("cell").all_inner_texts()][:2] == ["2", "2"]
    expect(pane).to_contain_text("Live v1")
