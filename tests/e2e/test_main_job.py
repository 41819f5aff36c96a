"""The main job: a journey is drawn, tested, published; a customer walks it and gets her mail."""

import base64
import json
import re
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from channels.models import Message
from journeys.engine import advance
from journeys.models import Enrolment, Finished, Journey
from lib import clock
from tests.factories.channels import make_person

pytestmark = pytest.mark.django_db(transaction=True)


def track(shop, person, event, **properties):
    """As the web shop's server does it."""
    body = {"userId": person.external_id, "event": event, "properties": properties}
    key = base64.b64encode(f"{shop.write_key}:".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {key}"}
    with urlopen(Request(shop.url + "/v1/track", json.dumps(body).encode(), headers), timeout=30) as answer:
        assert answer.status == 200


@pytest.fixture
def yujin(shop):
    return make_person(
        shop.workspace,
        consents={"email": {"offers": "granted"}},
        first_name="Yujin",
        last_name="Kim",
        email="yujin@shop.example",
        locale="en",
        plan="vip",
    )


def draw_cart_rescue(hands):
    """From an empty canvas to a journey without problems."""
    hands.new_journey("Cart rescue")
    hands.page.locator(".gm-hint").get_by_role("button", name="Event").click()
    hands.write("When the customer does", "cart_updated")
    hands.add("Send email", name="Cart mail")
    hands.pick("Content", "Cart reminder")
    hands.add("End")

    hands.drag_onto_road("Wait", "Cart mail", "End", name="A day to think")
    hands.write("Number", "1")
    hands.pick("Unit", "days")

    hands.insert_on_road("Branch", "Event", "Cart mail", name="Worth a mail?")
    hands.write("Name of the way", "VIP")
    hands.write("attribute", "plan")
    hands.pick("how to compare", "is")
    hands.write("value", "vip")
    expect(hands.card("Worth a mail?")).to_have_attribute("aria-label", re.compile("plan is vip"))

    # What is still open is in the list of problems, with its way out.
    hands.saved()
    hands.page.get_by_role("button", name=re.compile("^Check: 1")).click()
    hands.page.get_by_role("complementary", name="Check").get_by_role("button", name="Fix").click()
    hands.choose("End")
    hands.no_problems()


def test_from_an_empty_canvas_to_her_inbox(hands, another, shop, yujin, mailbox, celery_workers):
    celery_workers.beat()
    hands.sign_in("seoyeon")
    draw_cart_rescue(hands)
    page = hands.page

    # Tested with a real customer: the path, the reasons, and the mail as she gets it.
    page.get_by_role("button", name="Test with a customer").click()
    page.get_by_label("Find a person by name, email or phone").fill("Yujin Kim")
    page.get_by_role("list", name="People").get_by_role("button", name=re.compile("Yujin Kim")).first.click()
    panel = page.get_by_role("complementary", name="Test with a customer")
    start = panel.get_by_label("Start").input_value()
    panel.get_by_role("button", name="Run the test").click()
    expect(panel.get_by_role("heading", name="Yujin Kim")).to_be_visible()
    expect(panel).to_contain_text(f", {start[11:16]}")
    for name in ("Event", "Worth a mail?", "Cart mail", "A day to think", "End"):
        expect(hands.step(name)).to_have_class(re.compile("is-lit"))
    expect(panel).to_contain_text("plan is vip")
    previews = page.get_by_role("complementary", name="Message previews")
    expect(previews).to_contain_text("Yujin, we kept your cart")
    expect(previews.frame_locator("iframe").get_by_text("What you chose is still here")).to_be_attached()
    assert Message.objects.count() == 0
    page.get_by_role("button", name="End test").click()

    # She may build, but not publish; the approver may.
    expect(page.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    journey = Journey.objects.get(name="Cart rescue")
    emily = another()
    emily.sign_in("emily", f"/journeys/{journey.public_id}/")
    emily.publish()

    # A web shop's event: the count moves by itself, and the mail is there.
    track(shop, yujin, "cart_updated", value=89000, items=2)
    waiting = emily.step("A day to think").get_by_role("button", name="1 waiting now")
    expect(waiting).to_be_visible()
    (mail,) = mailbox.wait_for(1, to="yujin@shop.example")
    assert mail["subject"] == "Yujin, we kept your cart"
    assert "₩89,000" in mail["html"]

    # The people behind the count, and her whole story on one page.
    waiting.click()
    pane = emily.page.get_by_role("complementary", name="People waiting now")
    pane.get_by_role("link", name="Yujin Kim").click()
    emily.page.wait_for_url("**/people/*/")
    timeline = emily.page.locator("#timeline-entries")
    for words in ("Changed the cart", "Entered Cart rescue", "Worth a mail?", "Yujin, we kept your cart"):
        expect(timeline).to_contain_text(words)
    emily.page.get_by_text("Why here?").click()
    expect(emily.page.locator("[aria-labelledby=person-journeys]")).to_contain_text("plan is vip")

    # Someone else is no VIP: she goes the other way and gets nothing.
    other = make_person(shop.workspace, first_name="Olivia", last_name="Reed", plan="basic")
    emily.open(f"/journeys/{journey.public_id}/")
    track(shop, other, "cart_updated", value=89000, items=2)
    expect(emily.step("Worth a mail?").get_by_role("button", name="2 entered")).to_be_visible()
    expect(emily.step("End").get_by_role("button", name="1 entered")).to_be_visible()
    assert mailbox.count() == 1

    # Paused, nobody moves though her day is over; resumed, she goes on once.
    emily.change("Pause", "Paused. Nothing is sent.")
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    assert advance.advance_due(tomorrow) == 0
    assert Enrolment.objects.get(profile_id=yujin.pk).step == hands.key_of("A day to think")
    Enrolment.objects.filter(profile_id=yujin.pk).update(frozen_due=clock.now())
    emily.change("Resume", "Resumed")
    expect(emily.step("End").get_by_role("button", name="2 entered")).to_be_visible()
    expect(waiting).to_have_count(0)
    assert not Enrolment.objects.filter(journey_id=journey.pk).exists()
    assert Finished.objects.filter(journey_id=journey.pk).count() == 2
    assert mailbox.count() == 1
