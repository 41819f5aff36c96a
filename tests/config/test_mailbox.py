import smtplib
from email.message import EmailMessage
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from config.embedded.mailbox import Mailbox
from config.embedded.mailbox.store import Store


def letter(
    to="mina@example.com", subject="안녕하세요", html="<p>Hi <a href='https://shop.example/'>shop</a></p>"
):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Gilmok <hello@gilmok.example>", to, subject
    message.set_content("Hi in text")
    message.add_alternative(html, subtype="html")
    return message


def send(mailbox, message):
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, local_hostname="test") as smtp:
        smtp.send_message(message)


def page(mailbox, path="", language="en"):
    with urlopen(Request(mailbox.url + path, headers={"Accept-Language": language})) as answer:
        return answer.read().decode()


def test_a_mail_is_kept_whole(mailbox):
    send(mailbox, letter())
    (message,) = mailbox.wait_for(1, to="mina@example.com")
    assert message["subject"] == "안녕하세요"
    assert message["to"] == "mina@example.com"
    assert message["headers"]["From"] == "Gilmok <hello@gilmok.example>"
    assert "shop.example" in message["html"]
    assert message["text"].strip() == "Hi in text"


def test_messages_are_found_by_recipient_and_subject(mailbox):
    send(mailbox, letter("a@example.com", "One"))
    send(mailbox, letter("b@example.com", "Two"))
    assert [m["subject"] for m in mailbox.messages()] == ["Two", "One"]
    assert [m["subject"] for m in mailbox.messages(to="A@example")] == ["One"]
    assert mailbox.count(subject="two") == 1


@pytest.mark.parametrize(("domain", "code"), [("refuse.example", 550), ("later.example", 451)])
def test_two_domains_refuse(mailbox, domain, code):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailbox, letter(f"who@{domain}"))
    assert refused.value.recipients[f"who@{domain}"][0] == code
    assert mailbox.count() == 0


def test_the_inbox_page_escapes_what_it_shows(mailbox):
    send(mailbox, letter(subject="<script>alert(1)</script>"))
    listed = page(mailbox, language="ko-KR")
    assert "<script>" not in listed
    assert "메시지 1개" in listed


def test_the_mail_page_shows_links_headers_and_a_sandboxed_frame(mailbox):
    send(mailbox, letter())
    (message,) = mailbox.messages()
    shown = page(mailbox, message["id"])
    assert '<iframe sandbox="' in shown
    assert "https://shop.example/" in shown
    assert "Hi in text" in shown


def test_it_is_an_sms_gateway_too(mailbox):
    url = mailbox.url + "2010-04-01/Accounts/AC1/Messages.json"
    body = urlencode({"To": "+821012345678", "From": "+8215881234", "Body": "길목에서 알려드려요"}).encode()
    with urlopen(Request(url, body)) as answer:
        assert answer.status == 201
    (message,) = mailbox.messages(to="+8210")
    assert (message["medium"], message["text"]) == ("sms", "길목에서 알려드려요")


def test_mails_are_there_after_a_restart(tmp_path):
    with Mailbox(tmp_path) as first:
        send(first, letter(subject="Kept"))
    with Mailbox(tmp_path) as second:
        assert [m["subject"] for m in second.messages()] == ["Kept"]


def test_ten_thousand_mails_are_searched_at_once(tmp_path):
    store = Store(tmp_path)
    raw = letter().as_bytes()
    for number in range(10_000):
        store.add(raw, [f"p{number}@example.com"], "a@example.com")
    assert [entry.to for entry in store.find(to="p9999@")] == ["p9999@example.com"]


def test_a_half_written_index_line_is_skipped(tmp_path):
    store = Store(tmp_path)
    store.add(letter().as_bytes(), ["a@example.com"], "")
    store.lines.write('{"id": "000002", "to"')
    store.lines.flush()
    assert len(Store(tmp_path).entries) == 1
