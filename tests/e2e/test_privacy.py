"""Consent and privacy as people meet them: a colleague at a customer's page, a customer on her phone."""

import os
import re

import pytest
from django.urls import reverse

from channels import deliver, links
from channels.models import Message
from lib import clock
from profiles import record_event
from profiles.call import Call
from profiles.models import Consent, ConsentChange, Profile, Topic
from tests.e2e.test_accessible import serious
from tests.factories.channels import make_message
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
ANSWER = {"rating": 4, "comment": "배송이 빨라요"}
SHOTS = os.environ.get("GILMOK_SHOTS")


def shot(page, name, **options):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", **options)


@pytest.fixture
def customer(shop):
    """Somebody with an answer of every kind, and a mail."""
    now = clock.now()
    person = Profile.objects.filter(workspace=shop.workspace, attributes__locale="ko").order_by("pk").first()
    person = person or Profile.objects.filter(workspace=shop.workspace).order_by("pk").first()
    calls = [
        Call("track", now, profile_id=person.pk, event="survey_answered", properties=ANSWER),
        Call("identify", now, profile_id=person.pk, traits={"name_en": "Yujin Jung", "tier": "VIP"},
             consents={"email": {"offers": "granted"}, "sms": {"*": "withdrawn"}}),
    ]  # fmt: skip
    record_event.record(shop.workspace.pk, None, calls, now)
    Consent.objects.filter(profile=person, medium="email", topic="news").delete()
    Consent.objects.filter(profile=person, topic="*", medium="email").delete()
    person.refresh_from_db()
    return person


def test_a_colleague_reads_and_reveals(hands, shop, customer):
    page = hands.page
    hands.sign_in("minjae")
    address = customer.attributes["email"]
    url = f"{shop.url}{reverse('profiles:person', args=[customer.public_id])}"
    for width, scheme in ((1440, "light"), (390, "light"), (1440, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(url)
        assert address not in page.content()
        shot(page, f"person-{width}-{scheme}", full_page=width == 390)
        assert serious(page) == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 1400})
    page.goto(url)

    page.locator("[data-dialog=reveal]").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("She called about her parcel")
    page.keyboard.press("Enter")

    page.wait_for_function("address => document.body.innerText.includes(address)", arg=address)
    page.locator("#consent summary").first.click()
    shot(page, "person-shown")
    assert serious(page) == []
    assert AuditEntry.objects.get(action="person.revealed").detail == {
        "reason": "She called about her parcel"
    }
    page.locator("button[name=hide]").click()
    page.wait_for_function("address => !document.body.innerText.includes(address)", arg=address)


def test_a_customer_chooses_on_her_phone(page, shop, customer):
    message = make_message(customer, locale="ko", created_at=clock.now(), due_at=clock.now())
    page.set_viewport_size({"width": 390, "height": 844})
    link = links.unsubscribe_url(message.public_id)
    page.goto(shop.url + re.sub(r"^https?://[^/]+", "", link))

    assert page.locator("html").get_attribute("lang") == "ko"
    shot(page, "preferences-ko-390", full_page=True)
    assert serious(page) == []
    page.locator("input[value='email:offers']").uncheck()
    page.get_by_role("button", name="저장", exact=True).click()
    page.wait_for_selector("[role=status]")
    assert Consent.objects.get(profile=customer, medium="email", topic="offers").state == "withdrawn"
    proof = ConsentChange.objects.filter(profile_id=customer.pk).latest("pk")
    assert (proof.how, proof.ip, "Chrom" in proof.user_agent) == ("page", "127.0.0.1", True)
    assert "혜택" in proof.wording

    page.locator("input[value='email:offers']").check()
    with page.expect_navigation():
        page.get_by_role("button", name="저장", exact=True).click()
    page.get_by_role("button", name="30일 쉬기").click()
    page.get_by_role("button", name="다시 받기").wait_for()
    shot(page, "preferences-paused-ko-390", full_page=True)
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert serious(page) == []
    customer.refresh_from_db()
    assert customer.attributes["locale"] == "en"


def test_a_yes_is_confirmed_from_the_mailbox(page, shop, customer, mailbox):
    assert Topic.objects.get(workspace=shop.workspace, slug="news").double_opt_in
    address = customer.attributes["email"]
    call = Call("identify", clock.now(), profile_id=customer.pk, consents={"email": {"news": "granted"}})
    record_event.record(shop.workspace.pk, None, [call], clock.now())
    assert not Consent.objects.filter(profile=customer, medium="email", topic="news").exists()
    for waiting in Message.objects.filter(step="double_opt_in"):
        deliver.deliver_batch(waiting.account_id, clock.now())
    mail = mailbox.wait_for(1, to=address)[0]
    link = re.search(r"http://[^/\s]+(/c/\S+)", mail["text"])
    assert link
    page.set_viewport_size({"width": 390, "height": 844})

    page.goto(shop.url + link[1])
    shot(page, "confirm-390", full_page=True)
    assert serious(page) == []
    page.locator("form button").click()

    page.wait_for_function("() => !document.querySelector('form')")
    assert Consent.objects.get(profile=customer, medium="email", topic="news").how == "double opt-in"
    shot(page, "confirmed-390", full_page=True)


def test_the_settings_in_both_languages(hands, shop):
    page = hands.page
    hands.sign_in("minjae")
    for name in ("privacy:consent", "privacy:topic-new", "privacy:rules", "suppressions:list"):
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(shop.url + reverse(name))
            shot(page, f"{name.replace(':', '-')}-{width}", full_page=True)
            assert serious(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
