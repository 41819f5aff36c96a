"""A marketer writes a segment as sentences, sees at once who that is, and lets a journey begin with it."""

import os
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from journeys.models import Journey
from lib import clock
from profiles import membership
from profiles.call import Call
from profiles.models import Profile, Segment, SegmentSize
from profiles.record_event import record
from tests.e2e.test_accessible import RULES
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("GILMOK_SHOTS", "")


def shot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def serious(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]


def in_english():
    User.objects.filter(email="minjae@sonamu.example").update(language="en")


def bought(workspace, who, *days):
    now = clock.now()
    calls = [
        Call(kind="track", ts=now - timedelta(days=day, minutes=1), user_id=who, event="bought_tea")
        for day in days
    ]
    return record(workspace.pk, None, calls, now).profile_ids[0]


def test_written_seen_saved_and_used(hands, shop):
    page, workspace = hands.page, shop.workspace
    twice = bought(workspace, "tea-lover", 20, 25)
    bought(workspace, "tea-again", 2, 20, 25)
    bought(workspace, "tea-once", 20)
    in_english()
    hands.sign_in("minjae")
    page.get_by_role("link", name="Segments", exact=True).first.click()
    expect(page.get_by_text("No segments yet")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("link", name="Write the first one").click()
    page.get_by_label("Name of the segment").fill("Tea, but not lately")
    # Bought twice in 30 days ...
    page.get_by_label("what to look at").first.select_option("event")
    page.get_by_label("event", exact=True).first.fill("bought_tea")
    page.get_by_label("event", exact=True).first.press("Tab")
    page.locator("#id_condition-0-how").select_option("at_least")
    page.locator("#id_condition-0-times").fill("2")
    page.locator("#id_condition-0-window").select_option("within")
    page.locator("#id_condition-0-within").fill("30")
    live = page.locator("#live-result")
    expect(live.locator("p.text-3xl")).to_have_text("2")
    # ... but not last week.
    page.get_by_role("button", name="Copy condition 1").click()
    page.locator("#id_condition-1-lead").select_option("not")
    page.locator("#id_condition-1-times").fill("1")
    page.locator("#id_condition-1-within").fill("7")
    expect(live.locator("p.text-3xl")).to_have_text("1")
    expect(page.locator("#id_condition-count-0")).to_have_text("2")
    expect(page.locator("#id_condition-count-1")).to_have_text("1")
    expect(live).to_contain_text("tea-lover")
    expect(live).to_contain_text("bought_tea 2 times in the last 30 days")
    assert serious(page) == []
    shot(page, "editor")
    # By the keyboard: the name again, and save.
    page.get_by_label("Name of the segment").focus()
    page.keyboard.press("End")
    page.keyboard.type("!")
    page.get_by_role("button", name="Save", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tea, but not lately!")
    segment = Segment.objects.get()
    assert segment.condition == {
        "all": [
            {"event": "bought_tea", "op": "at_least", "times": 2, "within": "P30D"},
            {"not": {"event": "bought_tea", "op": "at_least", "times": 1, "within": "P7D"}},
        ]
    }
    assert membership.fill(segment.pk, clock.now())
    assert list(segment.members.values_list("profile_id", flat=True)) == [twice]
    page.get_by_role("button", name="Start a journey").click()
    page.wait_for_url("**/journeys/*/")
    journey = Journey.objects.get(name=segment.name)
    assert journey.draft["triggers"]["t1"]["segment"] == segment.slug
    hands.open("/segments/")
    row = page.get_by_role("row", name="Tea, but not lately!")
    expect(row).to_contain_text("1")
    expect(row).to_contain_text(journey.name)
    assert serious(page) == []
    shot(page, "list")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_on_a_full_page(hands, shop, theme):
    page, workspace, now = hands.page, shop.workspace, clock.now()
    page.emulate_media(color_scheme=theme)
    inner = Segment.objects.create(
        workspace=workspace,
        slug="buyers",
        name="Buyers",
        condition={"event": "order_completed", "op": "at_least", "times": 1, "within": "P90D"},
    )
    staff = Segment.objects.create(
        workspace=workspace, slug="staff", name="Staff and family", kind="list", stale_since=None
    )
    segment = Segment.objects.create(
        workspace=workspace,
        slug="vip",
        name="VIP in the evening",
        description="For the evening mails",
        condition={
            "all": [
                {"event": "order_completed", "op": "gte", "sum": "total", "value": 100000, "within": "P90D"},
                {
                    "any": [
                        {"attribute": "city", "op": "is", "value": "Seoul"},
                        {"segment": "buyers", "op": "in"},
                    ]
                },
                {"not": {"segment": "staff", "op": "in"}},
            ]
        },
    )
    for one in (inner, segment):
        membership.fill(one.pk, now)
        for day in range(60):
            SegmentSize.objects.create(
                segment=one, day=now.date() - timedelta(days=60 - day), size=40 + day + day % 7 * 3
            )
    in_english()
    hands.sign_in("minjae")
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for name, path in (
            ("segment", f"/segments/{segment.public_id}/"),
            ("people", f"/segments/{staff.public_id}/"),
            ("all", "/segments/"),
        ):
            hands.open(path)
            if name == "segment":
                expect(page.locator("#live-result")).to_contain_text("Some of them", timeout=15000)
            assert serious(page) == [], name
            shot(page, f"{name}-{theme}-{width}")
            if SHOTS and theme == "light":
                User.objects.filter(email="minjae@sonamu.example").update(language="ko")
                hands.open(path)
                page.wait_for_timeout(1500)
                shot(page, f"{name}-ko-{width}")
                in_english()
    assert Profile.objects.filter(workspace=workspace).count() > 100
