"""Who is this, what did we send her and why: one page answers a marketer."""

import os
import re
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from channels import deliver, reasons
from channels.models import Message
from lib import clock
from profiles import record_event
from profiles.call import Call
from profiles.models import Note, Profile
from tests.e2e.test_accessible import serious
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("GILMOK_SHOTS")


def shot(page, name, **options):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", **options)


@pytest.fixture
def customer(with_journeys, mailbox):
    """She signed up and was welcomed by mail."""
    shop, now = with_journeys, clock.now()
    person = Profile.objects.filter(workspace=shop.workspace, attributes__locale="en").order_by("pk").first()
    named = {"name_ko": "정유진", "first_name": "Yujin", "last_name": "Jung", "phone": "+821012345678"}
    consents = {"email": {"offers": "granted"}, "sms": {"*": "granted"}}
    happened = [
        Call("identify", now, profile_id=person.pk, traits=named, consents=consents),
        Call("track", now, profile_id=person.pk, event="signed_up", properties={"campaign": "friend"}),
    ]
    record_event.record(shop.workspace.pk, None, happened, now)
    waiting = Message.objects.get(profile_id=person.pk, step="m1", medium="email")
    deliver.deliver_batch(waiting.account_id, clock.now())
    mail = mailbox.wait_for(1, to=person.attributes["email"])[0]
    person.refresh_from_db()
    return SimpleNamespace(
        person=person, shop=shop, path=reverse("profiles:person", args=[person.public_id]), mail=mail
    )


def section(page, name):
    return page.get_by_role("region", name=name, exact=True)


def test_who_is_this_what_did_we_send_her_and_why(hands, customer):
    page = hands.page
    clicked = re.search(r"http://[^/\s]+(/t/c/[^\s\"]+)", customer.mail["text"] + customer.mail["html"])
    assert clicked
    assert page.request.get(customer.shop.url + clicked[1], max_redirects=0).status in (302, 303)
    later, her = clock.now(), {"profile_id": customer.person.pk}
    lost = Call("identify", later, **her, traits={"phone": None})
    order = Call(
        "track", later, **her, event="order_completed", properties={"total": 9, "product": "Stone mug"}
    )
    record_event.record(customer.shop.workspace.pk, None, [lost, order], later)
    hands.sign_in("seoyeon")
    hands.open(customer.path)

    # Who
    expect(page.get_by_role("heading", level=1)).to_contain_text("Yujin Jung")
    expect(page.get_by_role("heading", level=1)).to_contain_text("정유진")
    assert customer.person.attributes["email"] not in page.content()

    # What we sent her, what it said, what she did with it
    messages = section(page, "Messages")
    mail = messages.get_by_role("listitem").filter(has_text="Welcome, Yujin")
    expect(mail).to_contain_text("clicked")
    said = mail.get_by_role("link", name="What it said").get_attribute("href")
    assert said
    body = page.context.new_page()
    body.goto(customer.shop.url + urlsplit(said).path)  # of the address that the installation is known by
    expect(body.locator("body")).to_contain_text("Hello Yujin, good to have you")
    body.close()

    # Why
    mail.get_by_text("Why this message?").click()
    expect(mail).to_contain_text("Signed up")
    expect(mail).to_contain_text("Say hello")

    # What she was not sent, and why
    unsent = Message.objects.get(profile_id=customer.person.pk, medium="sms")
    assert unsent.state == "skipped"
    text = messages.get_by_role("listitem").filter(has_text=reasons.of(unsent))
    expect(text).to_contain_text("Thanks for the order")

    # Why she never came into another journey
    journeys = section(page, "Journeys")
    with page.expect_response(lambda answer: "/why-not/" in answer.url):
        journeys.get_by_label("Why not in …?").select_option(label="Win back left carts")
    expect(page.locator("#why-not-answer")).not_to_be_empty()
    shot(page, "person-story")
    assert serious(page) == []


def test_a_note_from_the_page(hands, customer):
    page = hands.page
    hands.sign_in("seoyeon")
    hands.open(customer.path)
    page.get_by_role("button", name="Add a note").click()
    dialog = page.get_by_role("dialog", name="Add a note")
    dialog.get_by_label("Note", exact=True).fill("Only free on weekday evenings, please note it.")
    dialog.get_by_role("button", name="Save note").click()
    timeline = section(page, "Timeline")
    entry = timeline.get_by_role("listitem").filter(has_text="Note by Seoyeon Kim")
    expect(entry).to_contain_text("Only free on weekday evenings")

    with page.expect_response(lambda answer: "kind=note" in answer.url):
        timeline.get_by_role("link", name="Notes").click()
    expect(timeline.get_by_role("listitem")).to_have_count(1)
    shot(page, "person-note")
    entry.get_by_text("Change", exact=True).click()
    entry.get_by_label("Note", exact=True).fill("Free on weekends, too.")
    entry.get_by_role("button", name="Save note").click()
    expect(entry).to_contain_text("Free on weekends, too.")
    assert serious(page) == []
    entry.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog", name="Remove this note?").get_by_role(
        "button", name="Remove", exact=True
    ).click()
    expect(page.get_by_text("The note is gone.")).to_be_visible()
    assert not Note.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="person.note_").count() == 3


def test_her_test_in_a_journey(hands, customer):
    page = hands.page
    hands.sign_in("seoyeon")
    hands.open(customer.path)
    page.get_by_role("button", name="Test in a journey").click()
    dialog = page.get_by_role("dialog", name="Test in a journey")
    dialog.get_by_label("Journey").select_option(label="Win back left carts")
    dialog.get_by_role("button", name="Open the test").click()
    expect(page.locator(".gm-board")).to_be_visible()
    expect(page.get_by_text("Yujin Jung").first).to_be_visible()
    with page.expect_response(lambda answer: "/simulations/" in answer.url):
        page.get_by_role("button", name="Run the test").click()
    shot(page, "person-test")


@pytest.mark.parametrize(("width", "scheme", "who"), [
    (1440, "light", "seoyeon"), (1440, "dark", "seoyeon"), (390, "light", "seoyeon"), (1440, "light", "haeun"),
    (390, "dark", "haeun"),
])  # fmt: skip
def test_it_looks_right(hands, customer, width, scheme, who):
    page = hands.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    hands.sign_in(who)
    hands.open(customer.path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []
    shot(page, f"person-{who}-{width}-{scheme}", full_page=width == 390)
