"""Texts through Twilio's Messages API, or any gateway that speaks it.

https://www.twilio.com/docs/messaging/api/message-resource and /docs/api/errors; signatures of callbacks:
https://www.twilio.com/docs/usage/security#validating-requests
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import phonenumbers
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from channels.adapters.base import (
    AccountSettings,
    Adapter,
    BadReport,
    DeliveryError,
    Outgoing,
    Receipt,
    Report,
    TextMessage,
)
from channels.adapters.forms import AccountForm
from channels.adapters.registry import adapters
from channels.media import Medium
from lib.http import Refused, connection

TIMEOUT = 15
TWILIO = "https://api.twilio.com"
# Codes that say the number itself is no good, or that its owner answered STOP: never write there again.
HARD_BOUNCES = frozenset({21211, 21214, 21217, 21610, 21614, 30005})
LIMITED = frozenset({20429, 14107, 30001, 63018})
LATER = frozenset({404, 408, 425, 429})  # 404: the account is wrong, not the message
STATES = {"delivered": "delivered", "read": "delivered", "undelivered": "failed", "failed": "failed"}


class SmsForm(AccountForm):
    url = forms.URLField(
        label=_("Address of the gateway"),
        initial=TWILIO,
        assume_scheme="https",
        help_text=_("Twilio, or a gateway that speaks the same language."),
    )
    account_sid = forms.CharField(label=_("Account SID"), max_length=64)
    auth_token = forms.CharField(label=_("Auth token"), max_length=200, widget=forms.PasswordInput())
    sender = forms.CharField(
        label=_("Sender"),
        max_length=64,
        help_text=_("A number such as +8215881234, a name, or a messaging service (MG…)."),
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country of numbers without one"),
        initial="KR",
        help_text=_("Two letters, such as KR: how 010-1234-5678 is read."),
    )


@adapters.register
class SmsHttp(Adapter[TextMessage]):
    kind, label, medium = "twilio", _("SMS (Twilio and compatible)"), Medium.SMS
    description = _("Twilio’s Messages API, or a gateway that speaks it.")
    form_class = SmsForm
    record_every = 1  # the API has no idempotency key for messages

    def content(self, data: Mapping[str, Any], *, unsubscribe_url: str, callback_url: str) -> TextMessage:
        return TextMessage(body=str(data.get("body") or ""), callback_url=callback_url)

    def send(self, account: AccountSettings, batch: Sequence[Outgoing[TextMessage]]) -> Iterator[Receipt]:
        gateway = Gateway(account)
        stopped: DeliveryError | None = None  # the gateway is down or asks us to slow down: the rest waits
        try:
            for outgoing in batch:
                if stopped is None:
                    try:
                        provider_id = gateway.send(outgoing)
                    except DeliveryError as error:
                        if error.retry_after is not None or isinstance(error, Unreachable):
                            stopped = error
                        yield Receipt(outgoing.id, error=error)
                    else:
                        yield Receipt(outgoing.id, provider_id=provider_id)
                else:
                    yield Receipt(outgoing.id, error=stopped)
        finally:
            gateway.close()

    def read_reports(
        self, account: AccountSettings, request: HttpRequest, url: str, now: datetime
    ) -> list[Report]:
        given = request.headers.get("X-Twilio-Signature", "")
        if not hmac.compare_digest(
            given.encode(), signature(account.text("auth_token"), url, request.POST.dict()).encode()
        ):
            raise BadReport("The signature is wrong.")
        kind = STATES.get(request.POST.get("MessageStatus", "").lower())
        key = request.GET.get("message", "")
        if kind is None or not key:
            return []
        code = request.POST.get("ErrorCode", "")
        reason = code and f"{code} {request.POST.get('ErrorMessage', '')}".strip()
        return [
            Report(
                key=key,
                kind=kind,
                at=now,
                reason=reason,
                hard_bounce=code.isdigit() and int(code) in HARD_BOUNCES,
                data={"code": code} if code else {},
            )
        ]


class Unreachable(DeliveryError):
    """No answer at all: no use in asking for the next."""


class Gateway:
    """One connection, kept open over a batch and made anew when the gateway closed it."""

    def __init__(self, account: AccountSettings) -> None:
        url = urlsplit(account.text("url", TWILIO))
        self.account = account
        self.host = url.hostname or ""
        self.connection: http.client.HTTPConnection | None = None
        sid = account.text("account_sid")
        self.path = f"{url.path.rstrip('/')}/2010-04-01/Accounts/{quote(sid, safe='')}/Messages.json"
        token = base64.b64encode(f"{sid}:{account.text('auth_token')}".encode()).decode()
        self.headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    def send(self, outgoing: Outgoing[TextMessage]) -> str:
        """The provider's id of the message. DeliveryError."""
        sender = self.account.text("sender")
        form = {
            "To": e164(outgoing.address, self.account.text("country", "KR")),
            "MessagingServiceSid" if sender.startswith("MG") and len(sender) == 34 else "From": sender,
            "Body": outgoing.content.body,
        }
        if outgoing.content.callback_url and self._can_reach(outgoing.content.callback_url):
            form["StatusCallback"] = outgoing.content.callback_url
        try:
            status, retry_after, answer = self._post(urlencode(form))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            words = gettext_noop("The gateway can’t be reached.")
            if isinstance(error, TimeoutError):
                words = gettext_noop("The gateway did not answer in time.")
            elif isinstance(error, Refused):
                words = str(error)
            raise Unreachable(words, permanent=False) from error
        if status in (200, 201):
            return str(answer.get("sid") or "")
        raise _refused(status, retry_after, answer)

    def _post(self, body: str) -> tuple[int, str, Mapping[str, Any]]:
        reused = self.connection is not None
        try:
            response = self._request(body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if not reused:
                raise
            self.close()  # an idle connection that the gateway had closed before it read anything
            response = self._request(body)
        raw = response.read(100_000)
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = {}
        return (
            response.status,
            response.getheader("Retry-After", ""),
            answer if isinstance(answer, dict) else {},
        )

    def _request(self, body: str) -> http.client.HTTPResponse:
        if self.connection is None:
            self.connection = connection(self.account.text("url", TWILIO), timeout=TIMEOUT)
        self.connection.request("POST", self.path, body, self.headers)
        return self.connection.getresponse()

    def _can_reach(self, callback_url: str) -> bool:
        """A gateway out in the world refuses a message whose callback points to somebody's own machine."""
        return _is_local(self.host) or not _is_local(urlsplit(callback_url).hostname or "")

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def e164(address: str, country: str) -> str:
    """+821012345678 from what people write. DeliveryError where it is no number."""
    try:
        number = phonenumbers.parse(address, country.upper())
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise DeliveryError(gettext_noop("This is no phone number."), permanent=True, hard_bounce=True)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature: the address and the sorted form, run together, under HMAC-SHA1."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _refused(status: int, retry_after: str, answer: Mapping[str, Any]) -> DeliveryError:
    raw = answer.get("code")
    code = raw if isinstance(raw, int) else 0
    if status == 429 or code in LIMITED:
        seconds = int(retry_after) if retry_after.isdigit() else 1
        return DeliveryError(
            gettext_noop("The gateway asks to send slower."),
            permanent=False,
            retry_after=timedelta(seconds=min(seconds, 3600)),
        )
    if status in (401, 403):
        return DeliveryError(gettext_noop("The gateway refused the account or its token."), permanent=False)
    # Their sentences name the number: the code alone is kept, it is documented.
    return DeliveryError(
        str(code or status),
        permanent=400 <= status < 500 and status not in LATER,
        hard_bounce=code in HARD_BOUNCES,
    )


def _is_local(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local")) or "." not in host
