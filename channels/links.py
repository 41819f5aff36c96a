"""Addresses that the world gets: signed, short, good for ever, telling nothing of our ids but a message's public one.

A token is base64url(message id, and for a click the target), a dot, and a signature with a salt of its own purpose: a
click's token opens no unsubscribe page.
"""

import base64
import binascii
import html as html_text
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import translation
from django.utils.translation import pgettext

_LINK = re.compile(
    r"""(<a(?:rea)?\s(?:[^>"']|"[^"]*"|'[^']*')*?(?<![\w-])href\s*=\s*)("[^"]*"|'[^']*'|[^\s>"']+)""",
    re.IGNORECASE,
)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


class BadToken(ValueError):
    """Not a token of ours, or one for another purpose."""


def _signer(purpose: str) -> Signer:
    return Signer(sep=".", salt=f"channels.{purpose}")


def _seal(purpose: str, payload: bytes) -> str:
    return _signer(purpose).sign(base64.urlsafe_b64encode(payload).rstrip(b"=").decode())


def _open(purpose: str, token: str) -> bytes:
    try:
        packed = _signer(purpose).unsign(token)
        return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except (BadSignature, binascii.Error, ValueError) as error:
        raise BadToken(purpose) from error


def _url(route: str, token: str) -> str:
    return settings.BASE_URL.rstrip("/") + reverse(route, args=[token])


def open_url(message: UUID) -> str:
    return _url("channels:open", _seal("open", message.bytes))


def click_url(message: UUID, target: str) -> str:
    return _url("channels:click", _seal("click", message.bytes + target.encode()))


def unsubscribe_url(message: UUID) -> str:
    return _url("channels:preferences", _seal("unsubscribe", message.bytes))


def view_url(message: UUID) -> str:
    return _url("channels:view", _seal("view", message.bytes))


def read(purpose: str, token: str) -> UUID:
    """The message of a token: purpose open, unsubscribe or view. BadToken."""
    payload = _open(purpose, token)
    if len(payload) != 16:
        raise BadToken(purpose)
    return UUID(bytes=payload)


def read_click(token: str) -> tuple[UUID, str]:
    """The message and the target of a click. BadToken, also where the target is no web address."""
    payload = _open("click", token)
    try:
        target = payload[16:].decode()
    except UnicodeDecodeError as error:
        raise BadToken("click") from error
    if not is_web(target):
        raise BadToken("click")
    return UUID(bytes=payload[:16]), target


def is_web(target: str) -> bool:
    return target.lower().startswith(("http://", "https://")) and not re.search(r"[\x00-\x20\x7f]", target)


def for_push(data: Mapping[str, Any], message: UUID, locale: str) -> dict[str, Any]:
    """What was rendered, with the links that tell us what became of it, and the words of the way out in her language.
    An app's own address (shop://cart) stays."""
    url = str(data.get("url") or "").strip()
    click = click_url(message, url) if is_web(url) else ""
    with translation.override("ko" if locale.lower().startswith("ko") else "en"):
        choose = pgettext("button of a notification", "What I get")
    return {**data, "url": url, "click": click, "opened": open_url(message), "choose": choose}


def for_social(data: Mapping[str, Any], message: UUID) -> dict[str, Any]:
    """What was rendered, its buttons by way of us where they lead to a web page."""
    rows = [
        {**row, "url": click_url(message, row["url"])} if is_web(str(row.get("url") or "")) else row
        for row in data.get("actions") or []
    ]
    return {**data, "actions": rows}


def track_clicks(html: str, message: UUID) -> str:
    """Every web link of the mail goes through us; mailto:, tel:, anchors and our own addresses stay as they are."""
    ours = (unsubscribe_url(message), view_url(message))
    tracked: dict[str, str] = {}

    def through_us(match: re.Match[str]) -> str:
        written = match[2].strip("\"'")
        target = html_text.unescape(written).strip()
        if not is_web(target) or target.startswith(ours):
            return match[0]
        if target not in tracked:
            tracked[target] = click_url(message, target)
        return f'{match[1]}"{tracked[target]}"'

    return _LINK.sub(through_us, html)


def add_pixel(html: str, message: UUID) -> str:
    """The mail with the picture whose loading tells us that it was opened, as the last thing of its body."""
    pixel = f'<img src="{open_url(message)}" width="1" height="1" alt="" style="display:block;border:0">'
    ends = list(_BODY_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + pixel + html[at:]
