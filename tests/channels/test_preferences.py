"""The way out, for mailboxes and for people."""

import pytest

from channels import links
from channels.models import Message, MessageEvent
from profiles.models import Consent
from tests.factories.channels import make_message, make_person, make_topic
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def workspace():
    workspace = make_workspace("Corner Shop")
    for slug in ("offers", "news"):
        make_topic(workspace, slug)
    make_topic(workspace, "orders", transactional=True)
    return workspace


@pytest.fixture
def person(workspace):
    return make_person(workspace, email="yujin.jung@example.com", consents={"email": {"*": "granted"}})


@pytest.fixture
def page(person):
    message = make_message(person, locale="ko-KR")
    return links.unsubscribe_url(message.public_id).removeprefix("http://127.0.0.1:8000")


def consents():
    return set(Consent.objects.values_list("medium", "topic", "state", "how"))


def test_one_click(client, page):
    client.handler.enforce_csrf_checks = True

    response = client.post(page, ONE_CLICK)

    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert consents() == {("email", "*", "granted", ""), ("email", "offers", "withdrawn", "one-click")}


def test_one_click_twice_changes_nothing_more(client, page):
    client.post(page, ONE_CLICK)
    before = Consent.objects.get(topic="offers")
    client.post(page, ONE_CLICK)

    assert Consent.objects.get(topic="offers").at == before.at
    assert list(MessageEvent.objects.values_list("kind", flat=True)) == ["unsubscribed"]


def test_one_click_as_multipart(client, page):
    body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'

    client.post(page, body, content_type="multipart/form-data; boundary=x")

    assert Consent.objects.get(topic="offers").state == "withdrawn"


def test_looking_changes_nothing(client, page):
    response = client.get(page)
    client.head(page)

    assert response.status_code == 200
    assert consents() == {("email", "*", "granted", "")}
    assert not client.cookies


def test_page_speaks_the_language_of_the_message_and_hides_the_address(client, page):
    html = client.get(page, headers={"Accept-Language": "en"}).content.decode()

    assert 'lang="ko"' in html
    assert "Corner Shop" in html
    assert "yujin.jung@" not in html
    assert "yujin•••@…" in html or "yujin.•••@…" in html or "yujin" in html
    assert 'value="orders"' not in html


def test_unsubscribing_on_the_page(client, page):
    response = client.post(page, {"do": "topic", "wording": "Unsubscribe from Offers"})

    assert (response.status_code, response["Location"]) == (303, f"{page}?done=topic")
    row = Consent.objects.get(topic="offers")
    assert (row.state, row.how, row.wording) == ("withdrawn", "page", "Unsubscribe from Offers")
    assert client.get(response["Location"]).status_code == 200


def test_unsubscribing_from_everything(client, page):
    client.post(page, {"do": "everything"})

    assert {(topic, state) for _m, topic, state, _h in consents()} == {
        ("*", "withdrawn"),
        ("offers", "withdrawn"),
        ("news", "withdrawn"),
    }
    assert MessageEvent.objects.get().data["topics"] == ["*"]


def test_choosing_topics(client, page):
    client.post(page, {"do": "saved", "topic": ["email:news"]})
    assert consents() == {("email", "*", "granted", ""), ("email", "offers", "withdrawn", "page")}

    client.post(page, {"do": "saved", "topic": ["email:news", "email:offers", "email:orders", "made-up"]})
    assert consents() == {("email", "*", "granted", ""), ("email", "offers", "granted", "page")}


def test_coming_back_after_everything(client, page):
    client.post(page, {"do": "everything"})
    client.post(page, {"do": "saved", "topic": ["email:news"]})

    html = client.get(page).content.decode()
    assert html.count(" checked") == 1


def test_post_that_says_nothing(client, page):
    assert client.post(page, {}).status_code == 400
    assert consents() == {("email", "*", "granted", "")}


def test_token_that_is_none_and_person_who_is_gone(client, page, person):
    assert client.get("/u/abc.def").status_code == 404
    assert client.post("/u/abc.def", ONE_CLICK).status_code == 404
    type(person).objects.filter(pk=person.pk).update(erased_at="2026-01-01T00:00:00Z")
    assert client.post(page, ONE_CLICK).status_code == 404
    Message.objects.all().delete()
    assert client.get(page).status_code == 404


def test_the_night_is_a_tick_of_its_own_where_the_company_asks(client, workspace, person):
    message = make_message(person, medium="sms", locale="ko-KR")
    Consent.objects.create(profile=person, medium="sms", topic="*", state="granted", at=message.created_at)
    page = links.unsubscribe_url(message.public_id).removeprefix("http://127.0.0.1:8000")
    assert "night:*" not in client.get(page).content.decode()
    workspace.night_consent = True
    workspace.save()
    html = client.get(page).content.decode()
    assert 'value="night:*"' in html and "밤 9시~아침 8시에도 받기" in html

    wanted = ["sms:offers", "sms:news"]
    client.post(page, {"do": "saved", "topic": [*wanted, "night:*"]})
    agreed = Consent.objects.get(medium="night")
    assert (agreed.topic, agreed.state, agreed.how) == ("*", "granted", "page")
    assert "21" in agreed.wording or "9시" in agreed.wording

    client.post(page, {"do": "saved", "topic": wanted})
    assert Consent.objects.get(medium="night").state == "withdrawn"
    client.post(page, {"do": "saved", "topic": [*wanted, "night:*"]})
    client.post(page, {"do": "everything"})
    assert Consent.objects.get(medium="night").state == "withdrawn"
    assert not any("night" in str(event.data) for event in MessageEvent.objects.all())
