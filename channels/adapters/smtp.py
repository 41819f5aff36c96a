"""E-mail through any SMTP server: one connection a batch, one answer a message."""

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email.errors import MessageError
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from channels.adapters.base import AccountSettings, Adapter, DeliveryError, EmailMessage, Outgoing, Receipt
from channels.adapters.forms import AccountForm
from channels.adapters.registry import adapters
from channels.media import Medium
from channels.mime import address_only, ascii_domain, build, one_line

TIMEOUT = 15
SECURITY = [
    ("none", pgettext_lazy("encryption", "None")),
    ("starttls", _("STARTTLS")),
    ("tls", _("TLS from the start")),
]
# Enhanced status codes (RFC 3463) that say the mailbox itself is no good: never write there again.
HARD_BOUNCES = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


class SmtpForm(AccountForm):
    host = forms.CharField(label=_("Server"), max_length=253)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY, initial="starttls")
    user = forms.CharField(label=_("User name"), max_length=254, required=False)
    password = forms.CharField(
        label=_("Password"), max_length=1000, required=False, widget=forms.PasswordInput()
    )
    from_name = forms.CharField(label=_("Sender’s name"), max_length=120, required=False)
    from_address = forms.EmailField(label=_("Sender’s address"))
    reply_to = forms.EmailField(label=_("Answers go to"), required=False)
    track = forms.BooleanField(label=_("Count opens and clicks"), required=False, initial=True)


@adapters.register
class Smtp(Adapter[EmailMessage]):
    kind, label, medium = "smtp", _("Email (SMTP)"), Medium.EMAIL
    description = _("Any mail server that speaks SMTP.")
    form_class = SmtpForm
    record_every = 1  # SMTP knows no idempotency key

    def content(self, data: Mapping[str, Any], *, unsubscribe_url: str, callback_url: str) -> EmailMessage:
        return EmailMessage(
            subject=str(data.get("subject") or ""),
            html=str(data.get("html") or ""),
            text=str(data.get("text") or ""),
            preheader=str(data.get("preheader") or ""),
            unsubscribe_url=unsubscribe_url,
        )

    def check(self, account: AccountSettings) -> bool:
        try:
            server = _connect(account)
        except (smtplib.SMTPException, OSError) as error:
            raise _refused(error) from error
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        return True

    def send(self, account: AccountSettings, batch: Sequence[Outgoing[EmailMessage]]) -> Iterator[Receipt]:
        line = Line(account)
        try:
            for outgoing in batch:
                key = message_id(account, outgoing.key)
                try:
                    line.send(outgoing, key)
                except DeliveryError as error:
                    yield Receipt(outgoing.id, error=error)
                except (UnicodeError, ValueError, MessageError):
                    unwritable = DeliveryError(
                        gettext_noop("The mail can’t be written down."), permanent=True
                    )
                    yield Receipt(outgoing.id, error=unwritable)
                else:
                    yield Receipt(outgoing.id, provider_id=key)
        finally:
            line.close()


class Line:
    """A connection to the server that is made when needed and made again when the server hangs up."""

    def __init__(self, account: AccountSettings) -> None:
        self.account = account
        self.server: smtplib.SMTP | None = None
        self.down: DeliveryError | None = None  # it could not be reached: no second try within the batch

    def send(self, outgoing: Outgoing[EmailMessage], key: str) -> None:
        """DeliveryError, UnicodeError or ValueError where it was not taken."""
        recipient, options = _recipient(outgoing.address)
        content = build(self.account, outgoing, recipient, key)
        used = self.server is not None
        try:
            server = self._open()
            try:
                _envelope(server, self.account, recipient, options)
            except smtplib.SMTPServerDisconnected:
                # Servers hang up after so many mails or so much idling. Nothing was said yet: a new line, once.
                if not used:
                    raise
                self.close()
                server = self._open()
                _envelope(server, self.account, recipient, options)
            code, answer = server.data(content)
            if code != 250:
                raise _answered(code, answer)
        except smtplib.SMTPDataError as error:
            self._reset()
            raise _answered(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _refused(error) from error
        except DeliveryError as error:
            if str(error).startswith("421"):
                self.close()
            else:
                self._reset()
            raise

    def _open(self) -> smtplib.SMTP:
        if self.down is not None:
            raise self.down
        if self.server is None:
            try:
                self.server = _connect(self.account)
            except (smtplib.SMTPException, OSError) as error:
                self.down = _refused(error)
                raise self.down from error
        return self.server

    def _reset(self) -> None:
        if self.server is not None:
            try:
                self.server.rset()
            except (smtplib.SMTPException, OSError):
                self.close()

    def close(self) -> None:
        if self.server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.server.quit()
            self.server.close()
            self.server = None


def message_id(account: AccountSettings, key: str) -> str:
    """The same for every attempt: a mailbox that gets the mail twice can tell."""
    return f"<{key}@{ascii_domain(account.text('from_address').rpartition('@')[2])}>"


def _connect(account: AccountSettings) -> smtplib.SMTP:
    host, port, security = account.text("host"), account.number("port", 25), account.text("security", "none")
    server = (
        smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        if security == "tls"
        else smtplib.SMTP(host, port, timeout=TIMEOUT)
    )
    try:
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if user := account.text("user"):
            server.login(user, account.text("password"))
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _recipient(address: str) -> tuple[str, tuple[str, ...]]:
    """The address as the wire has it, and the options it asks for."""
    local, _at, domain = one_line(address).rpartition("@")
    recipient = f"{local}@{ascii_domain(domain)}"
    return recipient, () if recipient.isascii() else ("SMTPUTF8",)


def _envelope(
    server: smtplib.SMTP, account: AccountSettings, recipient: str, options: tuple[str, ...]
) -> None:
    if options and not server.has_extn("smtputf8"):
        raise DeliveryError(gettext_noop("The mail server takes no such address (SMTPUTF8)."), permanent=True)
    code, answer = server.mail(address_only(account.text("from_address")), options)
    if code == 250:
        code, answer = server.rcpt(recipient)
    if code not in (250, 251, 252):
        raise _answered(code, answer)


def _answered(code: int, answer: bytes | str) -> DeliveryError:
    """What a server said, as a reason. 4xx: later; 5xx: never. The address is cut out of its words."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    shown = " ".join(word for word in words.replace("\n", " ").split() if "@" not in word)[:300]
    enhanced = words.strip().split(" ")[0] if words.strip() else ""
    return DeliveryError(
        f"{code} {shown}".strip(),
        permanent=500 <= code < 600,
        hard_bounce=500 <= code < 600 and enhanced in HARD_BOUNCES,
    )


def _refused(error: Exception) -> DeliveryError:
    """A server that can't be reached or lets us not in: not the message's fault, so never for good."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return DeliveryError(
                gettext_noop("The mail server refused the user name or password."), permanent=False
            )
        case smtplib.SMTPResponseException():
            return DeliveryError(f"The mail server answered {error.smtp_code}.", permanent=False)
        case ssl.SSLCertVerificationError():
            return DeliveryError(
                gettext_noop("The mail server’s certificate is not trusted."), permanent=False
            )
        case smtplib.SMTPNotSupportedError():
            return DeliveryError(
                gettext_noop("The mail server does not offer this encryption or sign-in."), permanent=False
            )
        case ssl.SSLError():
            return DeliveryError(
                gettext_noop("No safe connection to the mail server (TLS)."), permanent=False
            )
        case TimeoutError():
            return DeliveryError(gettext_noop("The mail server did not answer in time."), permanent=False)
    return DeliveryError(gettext_noop("The mail server can’t be reached."), permanent=False)
