"""The editor as a writer meets it: words, tokens, languages, a person, a fault, a conflict."""

import pytest
from playwright.sync_api import expect

from content import editing
from content.models import Item
from tests.factories.channels import NOW, make_person
from tests.factories.content import make_content
from tests.factories.workspaces import PASSWORD, make_user, make_workspace
from workspaces.actor import actor_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def writer(page, live_server):
    workspace = make_workspace()
    user = make_user(workspace, "marketer", ("email",))
    page.goto(f"{live_server.url}/login/")
    page.fill("[name=username]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_url(f"{live_server.url}/")
    return actor_of(user)


def open_editor(page, live_server, item):
    page.goto(f"{live_server.url}/content/{item.public_id}/")
    expect(page.frame_locator("[data-preview]").get_by_text("Hello")).to_be_visible()


def test_writing_is_shown_and_saved_by_itself(page, live_server, writer):
    item = make_content(writer)
    open_editor(page, live_server, item)
    page.fill("[data-field=subject]", "News for ")
    page.get_by_role("button", name="First name").first.click()
    page.fill("#token-fallback", "you")
    page.get_by_role("button", name="Insert").click()
    expect(page.locator("[data-field=subject]")).to_have_value(
        "News for {{ person.first_name | default: 'you' }}"
    )
    expect(page.locator("[data-inbox-line]")).to_contain_text("News for you")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("<p>안녕하세요")
    expect(page.frame_locator("[data-preview]").get_by_text("안녕하세요")).to_be_visible()
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    words = Item.objects.get().variants.get().data
    assert words["subject"] == "News for {{ person.first_name | default: 'you' }}"
    assert words["body"].rstrip("\n").endswith("<p>안녕하세요</p>")


def test_a_second_language_and_a_person_who_reads_it(page, live_server, writer):
    item = make_content(writer)
    make_person(writer.workspace, first_name="유진", last_name="정", locale="ko-KR")
    open_editor(page, live_server, item)
    page.get_by_label("Languages: add or remove").click()
    page.get_by_role("button", name="+ 한국어").click()
    page.fill("[data-field=subject]", "{{ person.first_name }}님, 안녕하세요")
    page.get_by_role("tab", name="English").click()
    expect(page.locator("[data-field=subject]")).to_have_value(
        "Hello {{ person.first_name | default: 'friend' }}"
    )
    page.get_by_role("button", name="Nobody in particular").click()
    page.get_by_role("button", name="정유진").click()
    expect(page.get_by_role("tab", name="한국어")).to_have_attribute("aria-selected", "true")
    expect(page.locator("[data-inbox-line]")).to_contain_text("유진님, 안녕하세요")


def test_a_fault_is_told_with_its_line_and_leads_there(page, live_server, writer):
    item = make_content(writer)
    open_editor(page, live_server, item)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("{% for i in (1..99999999) %}a")
    expect(page.locator("[data-preview-error]")).to_contain_text("“{% for %}” isn’t closed")
    page.get_by_role("tab", name="Check").click()
    page.get_by_role("button", name="“{% for %}” isn’t closed").click()
    expect(page.locator(".cm-editor")).to_be_visible()


def test_two_writers_and_no_words_lost(page, live_server, writer):
    item = make_content(writer)
    open_editor(page, live_server, item)
    editing.change(writer, item, 1, editing.Changes(name="Theirs"), NOW)
    page.fill("[data-field=subject]", "Mine")
    note = page.get_by_role("alert").filter(has_text="Somebody else saved this meanwhile")
    expect(note).to_be_visible()
    expect(page.locator("[data-field=subject]")).to_have_value("Mine")
    note.get_by_role("button", name="Save mine").click()
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    assert Item.objects.get().variants.get().data["subject"] == "Mine"


def test_a_text_message_counts_its_parts(page, live_server, writer):
    item = make_content(writer, medium="sms", variants={"en": {"body": "Hello"}})
    open_editor(page, live_server, item)
    expect(page.locator("[data-sms-length]")).to_have_text("5 of 160 characters")
    page.fill("[data-field=body]", "가" * 71)
    expect(page.locator("[data-sms-parts]")).to_have_text("2 messages in one")
    expect(page.locator("[data-sms-length]")).to_have_text("71 of 134 characters")


def test_buttons_come_and_go_row_by_row(page, live_server, writer):
    variants = {"en": {"title": "", "body": "Hello", "image": "", "actions": []}}
    item = make_content(writer, "Card", slug="card", medium="in_app", variants=variants)
    open_editor(page, live_server, item)
    rows = page.locator("[data-row]:visible")
    expect(rows).to_have_count(0)

    for number, (label, url) in enumerate((("Yes", "https://shop.example/"), ("No", ""))):
        page.get_by_role("button", name="Add a button").click()
        expect(page.locator(f"[data-field='actions.{number}.label']")).to_be_focused()
        page.keyboard.type(label)
        page.fill(f"[data-field='actions.{number}.url']", url)
    expect(page.get_by_role("button", name="Add a button")).to_be_hidden()  # two at most
    preview = page.frame_locator("[data-preview]")
    expect(preview.locator(".go span")).to_have_text(["Yes", "No"])
    expect(page.locator("[data-count='actions.0.label']")).to_have_text("3 of about 20")

    page.get_by_role("button", name="Remove Button 1").click()
    expect(rows).to_have_count(1)
    expect(page.locator("[data-field='actions.0.label']")).to_have_value("No")
    page.fill("[data-field='actions.0.url']", "javascript:alert(1)")
    expect(page.locator("[data-check-count]")).to_have_text("1")
    page.get_by_role("tab", name="Check").click()
    page.get_by_role("button", name="This is no web address").click()
    expect(page.locator("[data-field='actions.0.url']")).to_be_focused()
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    (kept,) = Item.objects.get().variants.get().data["actions"]
    assert kept == {"label": "No", "url": "javascript:alert(1)"}


def test_each_language_has_its_own_buttons(page, live_server, writer):
    actions = [{"label": "Yes", "url": ""}]
    variants = {"en": {"title": "", "body": "Hello", "image": "", "actions": actions}}
    item = make_content(writer, "Card", slug="card", medium="social", variants=variants)
    open_editor(page, live_server, item)
    page.get_by_label("Languages: add or remove").click()
    page.get_by_role("button", name="+ 한국어").click()
    page.fill("[data-field='actions.0.label']", "네")
    page.get_by_role("tab", name="English").click()
    expect(page.locator("[data-field='actions.0.label']")).to_have_value("Yes")
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    kept = {one.locale: one.data["actions"][0]["label"] for one in Item.objects.get().variants.all()}
    assert kept == {"en": "Yes", "ko": "네"}
