"""A marketer writes a segment as sentences, sees at once who that is, and lets a journey begin with it."""

import os
from contextlib import contextmanager
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
from workspaces.roles import grant_all

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


class Editor:
    """The sentences on the page, and what comes of them."""

    def __init__(self, page):
        self.page = page
        self.total = page.locator("#live-result p.text-3xl")

    @contextmanager
    def counted(self):
        """Until what comes of the edit is shown: the sentences are answered first, then the counts."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/segments/live/")):
            yield
        expect(self.page.locator("#live-result")).not_to_contain_class("htmx-request")

    def at(self, place):
        return self.page.locator(f"#id_condition-{place}")

    def write(self, place, value):
        with self.counted():
            self.at(place).fill(value)

    def choose(self, place, value):
        with self.counted():
            self.at(place).select_option(value)

    def press(self, name, within=None):
        with self.counted():
            (within or self.page).get_by_role("button", name=name, exact=True).click()

    def group(self, number):
        return self.page.get_by_role("region", name=f"Group {number}")

    def event(self, place, name, times, days):
        """“did ... at least ... times in the last ... days”"""
        self.choose(f"{place}-kind", "event")
        self.write(f"{place}-event", name)
        self.choose(f"{place}-how", "at_least")
        self.write(f"{place}-times", times)
        self.choose(f"{place}-window", "within")
        self.write(f"{place}-within", days)

    def attribute(self, place, name, value):
        self.write(f"{place}-name", name)
        self.write(f"{place}-value", value)


def test_written_seen_saved_and_used(hands, shop):
    page, workspace, editor = hands.page, shop.workspace, Editor(hands.page)
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
    editor.event("0-0", "bought_tea", "2", "30")
    expect(editor.total).to_have_text("2")
    # ... but not last week.
    editor.press("Copy condition 1")
    editor.choose("0-1-lead", "not")
    editor.write("0-1-times", "1")
    editor.write("0-1-within", "7")
    expect(editor.total).to_have_text("1")
    expect(page.locator("#id_condition-count-0-0")).to_have_text("2")
    expect(page.locator("#id_condition-count-0-1")).to_have_text("1")
    live = page.locator("#live-result")
    expect(live).to_contain_text("tea-lover")
    expect(live).to_contain_text("bought_tea 2 times in the last 30 days")
    assert serious(page) == []
    shot(page, "editor")
    # By the keyboard: the name again, and save.
    page.get_by_label("Name of the segment").press("End")
    page.keyboard.type("!")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
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
    row.get_by_role("link").click()
    expect(page.get_by_text("used in 1 journey")).to_be_visible()


def test_groups_are_joined_and_people_left_out(hands, shop):
    page, workspace, editor = hands.page, shop.workspace, Editor(hands.page)
    people = {
        name: Profile.objects.create(workspace=workspace, external_id=name, attributes=known).pk
        for name, known in {
            "a": {"mark": "x", "city": "Jeju"},
            "b": {"mark": "x", "city": "Ulsan"},
            "c": {"mark": "x", "city": "Ulsan", "staff": "yes"},
            "d": {"mark": "x"},
            "e": {"city": "Jeju"},
        }.items()
    }
    in_english()
    hands.sign_in("minjae", "/segments/new/")
    page.get_by_label("Name of the segment").fill("Marked")
    editor.attribute("0-0", "mark", "x")
    expect(editor.total).to_have_text("4")
    # Another group: any of two cities. By the keyboard alone.
    with editor.counted():
        page.get_by_role("button", name="Add a group").press("Enter")
    expect(editor.group(2)).to_contain_text("People who match")
    editor.attribute("1-0", "city", "Jeju")
    expect(editor.total).to_have_text("1")
    editor.press("Add a condition", editor.group(2))
    editor.attribute("1-1", "city", "Ulsan")
    expect(editor.total).to_have_text("3")
    expect(page.locator("#id_condition-count-1-1")).to_have_text("2")
    # The word between the lines turns the match of the group, the word between the groups joins them.
    editor.choose("1-1-lead", "all")
    expect(editor.at("1-match")).to_have_value("all")
    expect(editor.total).to_have_text("0")
    editor.choose("1-match", "any")
    editor.choose("1-join", "any")
    expect(editor.total).to_have_text("5")
    editor.choose("1-join", "all")
    expect(editor.total).to_have_text("3")
    # Some are left out.
    editor.press("Leave people out")
    expect(editor.at("2-join")).to_have_value("not")
    editor.attribute("2-0", "staff", "yes")
    expect(editor.total).to_have_text("2")
    expect(page.locator("#id_condition-count-2-0")).to_have_text("1")
    assert serious(page) == []
    shot(page, "groups")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Marked")
    segment = Segment.objects.get()

    def has(name, value):
        return {"attribute": name, "op": "is", "value": value}

    assert segment.condition == {
        "all": [
            has("mark", "x"),
            {"any": [has("city", "Jeju"), has("city", "Ulsan")]},
            {"not": {"any": [has("staff", "yes")]}},
        ]
    }
    membership.fill(segment.pk, clock.now())
    members = set(segment.members.values_list("profile_id", flat=True))
    assert members == {people["a"], people["b"]}
    # Shown again as it was; a line and a group are taken away.
    page.reload()
    expect(editor.total).to_have_text("2")
    expect(editor.group(3)).to_contain_text("Leave out")
    editor.press("Remove group 3")
    expect(editor.total).to_have_text("3")
    editor.press("Remove condition 2", editor.group(2))
    expect(editor.total).to_have_text("1")
    editor.press("Remove condition 1", editor.group(2))
    expect(editor.group(2)).to_have_count(0)
    expect(editor.total).to_have_text("4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    segment.refresh_from_db()
    assert segment.condition == {"all": [has("mark", "x")]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_on_a_full_page(hands, shop, theme):
    page, workspace, now = hands.page, shop.workspace, clock.now()
    page.emulate_media(color_scheme=theme)
    bought_lately = {"event": "order_completed", "op": "at_least", "times": 1, "within": "P90D"}
    seoul, inside = {"attribute": "city", "op": "is", "value": "Seoul"}, {"segment": "buyers", "op": "in"}
    given = {
        "buyers": ("Buyers", bought_lately),
        "staff": ("Staff and family", {}),
        "vip": (
            "VIP in the evening",
            {
                "all": [
                    {**bought_lately, "where": [{"property": "total", "op": "gte", "value": 10000}]},
                    {"consent": "email", "topic": "offers", "op": "granted"},
                    {"any": [seoul, {"all": [inside, {"not": {"attribute": "plan", "op": "is", "value": "basic"}}]}]},
                    {"not": {"segment": "staff", "op": "in"}},
                ]
            },
        ),
    }  # fmt: skip
    given["old"] = ("An older one", given["vip"][1])
    made = {
        slug: Segment.objects.create(
            workspace=workspace,
            slug=slug,
            name=name,
            condition=condition,
            description="For the evening mails" if slug == "vip" else "",
            team=shop.teams["crm"] if slug == "vip" else None,
            kind="list" if slug == "staff" else "rules",
            stale_since=None if slug == "staff" else now,
            archived_at=now if slug == "old" else None,
        )
        for slug, (name, condition) in given.items()
    }
    grant_all(made.values())
    for one in (made["buyers"], made["vip"]):
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
            ("segment", f"/segments/{made['vip'].public_id}/"),
            ("read", f"/segments/{made['old'].public_id}/"),
            ("people", f"/segments/{made['staff'].public_id}/"),
            ("all", "/segments/"),
        ):
            hands.open(path)
            if name in ("segment", "read"):
                expect(page.locator("#live-result")).to_contain_text("Some of them")
            assert serious(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            shot(page, f"{name}-{theme}-{width}")
            if SHOTS and theme == "light":
                User.objects.filter(email="minjae@sonamu.example").update(language="ko")
                hands.open(path)
                page.wait_for_timeout(1500)
                shot(page, f"{name}-ko-{width}")
                in_english()
