"""What the world does with a message: opens, clicks, views. Tokens decide; forged ones lead nowhere."""

import pytest
from django.db import DatabaseError

from channels import happened, links
from channels.models import Message, MessageBody, MessageEvent
from tests.factories.channels import make_message, make_person
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def message():
    return make_message(make_person(make_workspace(), locale="ko"), locale="ko")


def path(url):
    return url.removeprefix("http://127.0.0.1:8000")


def events():
    return list(MessageEvent.objects.order_by("id").values_list("kind", "data"))


def test_opening_is_noted_first_and_every_time(client, message):
    pixel = path(links.open_url(message.public_id))

    response = client.get(pixel)
    message.refresh_from_db()
    first = message.opened_at
    client.get(pixel)

    assert (response.status_code, response["Content-Type"], response.content[:6]) == (
        200,
        "image/gif",
        b"GIF89a",
    )
    assert "no-store" in response["Cache-Control"]
    message.refresh_from_db()
    assert first is not None
    assert message.opened_at == first
    assert events() == [("opened", {}), ("opened", {})]


def test_click_goes_on_and_means_opened_too(client, message):
    target = "https://shop.example/장바구니?a=1&b=2#x"

    response = client.get(path(links.click_url(message.public_id, target)))

    assert response.status_code == 302
    assert response["Location"] == "https://shop.example/%EC%9E%A5%EB%B0%94%EA%B5%AC%EB%8B%88?a=1&b=2#x"
    message.refresh_from_db()
    assert message.clicked_at == message.opened_at is not None
    assert events() == [("clicked", {"url": target})]


def test_head_requests_of_scanners_count_nothing(client, message):
    assert client.head(path(links.click_url(message.public_id, "https://a.example/"))).status_code == 302
    assert client.head(path(links.open_url(message.public_id))).status_code == 200
    assert events() == []


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "ftp://a.example", "//a.example", "https://a b", "mailto:a@b.c"]
)
def test_signed_target_that_is_no_web_address(client, message, target):
    assert client.get(path(links.click_url(message.public_id, target))).status_code == 404


def test_forged_tokens_lead_nowhere(client, message):
    good = links.click_url(message.public_id, "https://shop.example/")
    payload, signature = path(good).removeprefix("/t/c/").split(".")
    other = (
        path(links.click_url(message.public_id, "https://evil.example/")).removeprefix("/t/c/").split(".")[0]
    )
    unsubscribe = path(links.unsubscribe_url(message.public_id)).removeprefix("/u/")

    for token in (
        f"{other}.{signature}",
        payload,
        f"{payload}.",
        "x",
        "..",
        "%00",
        "é",
        unsubscribe,
        "a" * 5000,
    ):
        for prefix in ("/t/o/", "/t/c/", "/w/"):
            response = client.get(prefix + token)
            assert response.status_code == 404, prefix + token
    assert client.get(path(links.open_url(message.public_id)).replace("/t/o/", "/u/")).status_code == 404
    assert events() == []


def test_click_of_a_message_that_is_gone_still_goes_on(client, message):
    link = path(links.click_url(message.public_id, "https://shop.example/"))
    Message.objects.all().delete()

    assert client.get(link)["Location"] == "https://shop.example/"


def test_view_in_a_browser_is_sandboxed(client, message):
    html = '<p>안녕 <a href="https://shop.example/">보기</a><script>alert(1)</script></p>'
    MessageBody.objects.create(message=message, data={"subject": "s", "html": html, "text": "t"})

    response = client.get(path(links.view_url(message.public_id)))

    assert response.status_code == 200
    assert response["Content-Security-Policy"].startswith("sandbox ")
    assert "script" not in response["Content-Security-Policy"]
    assert "/t/c/" in response.content.decode()
    assert events() == []


def test_view_of_a_text(client, message):
    MessageBody.objects.create(message=message, data={"body": "<b>안녕</b>"})

    response = client.get(path(links.view_url(message.public_id)))

    assert (response["Content-Type"], response.content.decode()) == (
        "text/plain; charset=utf-8",
        "<b>안녕</b>",
    )


def test_view_of_what_was_never_sent(client, message):
    assert client.get(path(links.view_url(message.public_id))).status_code == 404


@pytest.mark.parametrize("url_of", [links.open_url, lambda id_: links.click_url(id_, "https://a.example/")])
def test_what_no_journey_could_hear_of_is_not_noted_either(client, message, monkeypatch, url_of):
    """As if the process had died between the note and the person's event: both or neither."""

    def dies(*_args):
        raise DatabaseError("gone")

    monkeypatch.setattr(happened, "_tell", dies)
    assert client.get(path(url_of(message.public_id))).status_code in (200, 302)
    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at, events()) == (None, None, [])
