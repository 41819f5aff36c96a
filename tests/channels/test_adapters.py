"""What every adapter keeps to, whoever wrote it."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.utils import translation

from channels.adapters.base import AccountSettings, EmailMessage, Outgoing, secret_fields
from channels.adapters.forms import COMMON
from channels.adapters.registry import adapters, of_medium, offered
from channels.mime import build

ROOT = Path(__file__).resolve().parents[2]
SHOP = AccountSettings("x", {"from_name": "길목", "from_address": "hello@shop.example"})


@pytest.mark.parametrize("adapter", list(adapters), ids=lambda adapter: adapter.kind)
def test_adapter_is_complete(adapter):
    form = adapter.form_class()

    assert adapters.get(adapter.kind) is adapter
    assert adapter in of_medium(adapter.medium)
    assert str(adapter.label)
    assert str(adapter.description)
    assert (ROOT / "static" / "icons" / f"{adapter.medium.icon}.svg").exists()
    assert set(form.fields) >= COMMON
    assert not set(secret_fields(adapter.form_class)) & COMMON
    assert adapter.record_every >= 1
    assert adapter.content({}, unsubscribe_url="", callback_url="")


def test_every_medium_that_is_offered_has_an_adapter_and_says_so_in_korean():
    assert set(offered()) == {adapter.medium for adapter in adapters}
    with translation.override("ko"):
        for medium in offered():
            assert of_medium(medium)
            assert str(medium.label)


def written(**content):
    given = {"subject": "s", "html": "", "text": "", **content}
    raw = build(
        SHOP,
        Outgoing(1, "key", "a@example.com", EmailMessage(**given)),
        "a@example.com",
        "<key@shop.example>",
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    return raw, message_from_bytes(raw, policy=policy.default)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "a = b\n.\n..\n.hidden\n",
        "한국어 " * 500,
        "x" * 5000,
        "trailing  \nspaces\t\n",
        "\r\nmixed\rends\n",
        "💐\u2028é",
    ],
)
def test_bodies_arrive_as_they_were(text):
    _raw, mail = written(html=f"<p>{text}</p>", text=text)

    plain, html = mail.iter_parts()
    straight = text.replace("\r\n", "\n").replace("\r", "\n")
    assert plain.get_content().replace("\r\n", "\n") == straight
    assert html.get_content().replace("\r\n", "\n") == f"<p>{straight}</p>"
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


@pytest.mark.parametrize(
    "subject", ["plain", "한국어 제목 " * 40, "long " * 300, "emoji 💐", "=?utf-8?q?fake?=x é"]
)
def test_subjects_arrive_as_they_were(subject):
    _raw, mail = written(subject=subject, text="x")

    assert mail["Subject"] == subject.strip()
    assert mail["From"].addresses[0].display_name == "길목"
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: x@y.z", "a\nBcc: x@y.z", "a\u2028Bcc: x@y.z", "a\x00\x0bBcc: x@y.z", "\x85Bcc: x"]
)
def test_no_text_becomes_a_header(evil):
    raw, mail = written(subject=evil, text="x", unsubscribe_url="https://a.example/\r\nBcc: x@y.z")

    assert mail["Bcc"] is None
    assert b"\r\nBcc" not in raw
