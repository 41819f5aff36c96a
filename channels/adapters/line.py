"""Messages to friends of a LINE official account.

https://developers.line.biz/en/reference/messaging-api/ (send push message, retry of failed requests, webhook events)
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from channels.adapters.base import (
    AccountSettings,
    BadReport,
    DeliveryError,
    Outgoing,
    Report,
    Signal,
)
from channels.adapters.forms import AccountForm
from channels.adapters.registry import adapters
from channels.adapters.social import Answer, Line, SocialAdapter, SocialMessage, shortened

API = "https://api.line.me"
# What LINE takes: characters of a text, of what stands in the list of chats, of a button; letters of an address.
TEXT, PREVIEW, LABEL, ADDRESS = 5000, 400, 40, 1000
MONTH = timedelta(hours=1)  # a plan's messages of the month are used up: look again now and then
NO_SUCH_PERSON = ("'to'", "failed to send messages")
BUTTONS = frozenset(map(str, range(10)))
_ADDRESS = re.compile(r"[!-~]{1,100}")
SAYS = {"follow": "followed", "unfollow": "unfollowed", "message": "replied", "postback": "clicked"}


class LineForm(AccountForm):
    access_token = forms.CharField(
        label=_("Channel access token"),
        max_length=400,
        widget=forms.PasswordInput(),
        help_text=_("LINE Developers, Messaging API, long-lived token."),
    )
    channel_secret = forms.CharField(
        label=_("Channel secret"),
        max_length=100,
        widget=forms.PasswordInput(),
        help_text=_("LINE Developers, Basic settings. It proves that a callback is LINE’s own."),
    )
    track = forms.BooleanField(label=_("Count clicks on buttons"), required=False, initial=True)
    follow_consents = forms.BooleanField(
        label=_("Who adds the account as a friend agrees to messages there"),
        required=False,
        help_text=_("Only if you say so where people add it. Whoever withdrew it stays withdrawn."),
    )
    url = forms.URLField(label=_("Address of the API"), initial=API, assume_scheme="https")


@adapters.register
class LineMessaging(SocialAdapter):
    kind, label = "line", _("LINE")
    description = _("Messages to the friends of a LINE official account.")
    form_class = LineForm
    setup_template = "channels/setup_line.html"
    callback_status = 200  # LINE takes nothing else for a yes
    record_every = 10  # a retry key makes it safe

    def post(self, account: AccountSettings, outgoing: Outgoing[SocialMessage], line: Line) -> str:
        headers = _headers(account) | {"X-Line-Retry-Key": outgoing.key}
        body = {"to": outgoing.address, "messages": [put(outgoing.content, outgoing.key)]}
        answer = line.ask("POST", _url(account, "/v2/bot/message/push"), headers, body)
        if answer.status in (200, 409):  # 409: this retry key was accepted before
            sent = answer.json.get("sentMessages")
            first = sent[0] if isinstance(sent, list) and sent and isinstance(sent[0], dict) else {}
            return str(first.get("id") or answer.headers.get("x-line-request-id", ""))[:100]
        raise _refused(answer)

    def check(self, account: AccountSettings) -> bool:
        line = Line()
        try:
            answer = line.ask("GET", _url(account, "/v2/bot/info"), _headers(account))
        finally:
            line.close()
        if answer.status != 200:
            raise _refused(answer)
        return True

    def read_reports(
        self, account: AccountSettings, request: HttpRequest, url: str, now: datetime
    ) -> Sequence[Report | Signal]:
        given = request.headers.get("x-line-signature", "")
        if not hmac.compare_digest(
            given.encode(), signature(account.text("channel_secret"), request.body).encode()
        ):
            raise BadReport("The signature is wrong.")
        try:
            events = json.loads(request.body)["events"]
            found = [_signal(event, now) for event in events if isinstance(event, dict)]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadReport("This is no callback of LINE.") from error
        return [signal for signal in found if signal is not None]


def put(message: SocialMessage, key: str) -> dict[str, Any]:
    """One message object: words alone as a text, anything more as a card (flex message)."""
    if not (message.title or message.image or message.buttons):
        return {"type": "text", "text": shortened(message.body, TEXT)}
    words: list[dict[str, Any]] = []
    if message.title:
        words.append({"type": "text", "text": message.title, "weight": "bold", "size": "lg", "wrap": True})
    if message.body:
        words.append({"type": "text", "text": shortened(message.body, TEXT), "size": "md", "wrap": True})
    bubble: dict[str, Any] = {"type": "bubble"}
    if message.image:
        bubble["hero"] = {
            "type": "image", "url": message.image, "size": "full", "aspectRatio": "20:13", "aspectMode": "cover",
        }  # fmt: skip
    if words:
        bubble["body"] = {"type": "box", "layout": "vertical", "spacing": "sm", "contents": words}
    if message.buttons:
        bubble["footer"] = {
            "type": "box",
            "layout": "vertical",
            "spacing": "sm",
            "contents": [
                {"type": "button", "height": "sm", "style": "link", "action": _action(button, number, key)}
                for number, button in enumerate(message.buttons)
            ],
        }
    preview = " ".join(part for part in (message.title, message.body) if part) or message.buttons[0].label
    return {"type": "flex", "altText": shortened(preview, PREVIEW), "contents": bubble}


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _action(button: Any, number: int, key: str) -> dict[str, str]:
    label = shortened(button.label, LABEL)
    if len(button.url) <= ADDRESS and button.url.lower().startswith(
        ("http://", "https://", "line://", "tel:")
    ):
        return {"type": "uri", "label": label, "uri": button.url}
    data = urlencode({"message": key, "button": number})
    return {"type": "postback", "label": label, "data": data, "displayText": label}


def _signal(event: Mapping[str, Any], now: datetime) -> Signal | None:
    """What a webhook event says of one person; None for those of groups and of things we do not follow."""
    source = event.get("source")
    kind = SAYS.get(str(event.get("type")))
    if kind is None or not isinstance(source, dict) or source.get("type") != "user":
        return None
    if event.get("mode") == "standby":  # somebody else has the conversation
        return None
    address = source.get("userId")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        return None
    at = now
    stamp = event.get("timestamp")
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        at = min(datetime.fromtimestamp(max(stamp, 0) / 1000, UTC), now) if stamp < 10**14 else now
    message = event.get("message") if isinstance(event.get("message"), dict) else {}
    postback = event.get("postback") if isinstance(event.get("postback"), dict) else {}
    asked = dict(parse_qsl(str((postback or {}).get("data") or "")[:500]))
    return Signal(
        kind=kind,
        address=address,
        at=at,
        id=_text(event.get("webhookEventId"))[:100],
        text=_text((message or {}).get("text"))[:1000],
        message=asked.get("message", ""),
        button=int(asked["button"]) if asked.get("button") in BUTTONS else None,
    )


def _text(value: Any) -> str:
    """What can be stored of it: no NUL, no half of a character."""
    text = value if isinstance(value, str) else ""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def _headers(account: AccountSettings) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {account.text('access_token')}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


def _url(account: AccountSettings, path: str) -> str:
    return account.text("url", API).rstrip("/") + path


def _refused(answer: Answer) -> DeliveryError:
    words = str(answer.json.get("message") or "")[:200]
    if answer.status == 429 and "monthly limit" in words:
        return DeliveryError(
            gettext_noop("LINE’s messages of this month are used up."), permanent=False, retry_after=MONTH
        )
    if answer.status == 429:
        return DeliveryError(
            gettext_noop("LINE asks to send slower."), permanent=False, retry_after=answer.pause(2)
        )
    if answer.status in (401, 403):
        return DeliveryError(gettext_noop("LINE refused the channel access token."), permanent=False)
    if answer.status >= 500 or answer.status in (404, 408):
        pause = answer.pause(30) if "retry-after" in answer.headers else None
        return DeliveryError(f"LINE {answer.status}", permanent=False, retry_after=pause)
    details = answer.json.get("details")
    if isinstance(details, list):
        said = [f"{one.get('property')}: {one.get('message')}" for one in details if isinstance(one, dict)]
        words = "; ".join([words, *said])[:300]
    gone = any(mark in words.lower() for mark in NO_SUCH_PERSON)
    return DeliveryError(words or f"LINE {answer.status}", permanent=True, hard_bounce=gone)
