"""Mail over TLS, from the start and by STARTTLS, to a real server; and the certificates that are refused."""

import smtplib

import pytest

from channels.adapters.base import AccountSettings, DeliveryError, EmailMessage, Outgoing
from channels.adapters.smtp import Smtp
from tests.providers.certificates import Authority
from tests.providers.smtp import mail_server

NOT_TRUSTED = "The mail server’s certificate is not trusted."
BOTH = pytest.mark.parametrize("security", ["starttls", "tls"])


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """Its certificates are trusted, as those of the system are."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made


def account(mailer, security, host="localhost"):
    data = {"host": host, "port": mailer.port, "security": security, "from_address": "hello@shop.example"}
    return AccountSettings("x", data)


def send(settings):
    mail = EmailMessage(subject="Hi", html="<p>Hi</p>", text="Hi")
    (receipt,) = Smtp().send(settings, [Outgoing(1, "k", "ana@example.com", mail)])
    return receipt


def refusal(settings):
    with pytest.raises(DeliveryError) as refused:
        Smtp().check(settings)
    receipt = send(settings)
    assert receipt.error is not None and not receipt.error.permanent
    assert str(receipt.error) == str(refused.value)
    return str(refused.value)


@BOTH
def test_a_mail_goes_over_tls(authority, security):
    with mail_server(security, authority.server("localhost")) as mailer:
        settings = account(mailer, security)
        assert Smtp().check(settings)
        assert send(settings).error is None
        assert [to for to, _mail in mailer.taken] == ["ana@example.com"]


def test_nothing_is_said_in_the_clear_before_starttls(authority):
    with mail_server("starttls", authority.server("localhost")) as mailer:
        with smtplib.SMTP("localhost", mailer.port, timeout=30) as plain:
            plain.ehlo()
            assert plain.docmd("MAIL", "FROM:<a@example.com>")[0] == 530
        assert send(account(mailer, "starttls")).error is None


@BOTH
@pytest.mark.parametrize("names, days", [(("mail.other.example",), 1), (("localhost",), -1)])
def test_a_certificate_of_another_name_or_that_has_run_out_is_refused(authority, security, names, days):
    with mail_server(security, authority.server(*names, days=days)) as mailer:
        assert refusal(account(mailer, security)) == NOT_TRUSTED
        assert mailer.taken == []


@BOTH
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path, security):
    with mail_server(security, Authority(tmp_path).server("localhost")) as mailer:
        assert refusal(account(mailer, security)) == NOT_TRUSTED
        assert mailer.taken == []


def test_a_server_without_starttls_gets_no_mail():
    with mail_server() as mailer:
        assert (
            refusal(account(mailer, "starttls"))
            == "The mail server does not offer this encryption or sign-in."
        )
        assert mailer.taken == []


def test_a_server_that_speaks_no_tls_is_told_apart():
    with mail_server() as mailer:
        assert refusal(account(mailer, "tls")) == "No safe connection to the mail server (TLS)."
