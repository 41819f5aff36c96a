"""What the adapters of messengers have in common. A further network is one file beside `line.py`: its form, how a
message is put into its protocol, what its errors mean, what its callback says.

`kind` is the network's name, and what a source calls it in `context.externalIds`: a person whose `line` id is known is
reached by the adapter `line`.
"""

import http.client
import json
import ssl
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from channels.adapters.base import AccountSettings, Adapter, DeliveryError, Outgoing, Receipt
from channels.media import Medium
from lib.http import Refused, connection

TIMEOUT = 15
LONGEST_PAUSE = 3600


@dataclass(frozen=True, slots=True)
class Button:
    """`url` empty: a click on it is only an answer, which comes by the callback."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class SocialMessage:
    body: str
    title: str = ""
    image: str = ""
    buttons: tuple[Button, ...] = ()


class Unreachable(DeliveryError):
    """No answer at all: no use in asking for the next."""


class SocialAdapter(Adapter[SocialMessage]):
    medium = Medium.SOCIAL

    @abstractmethod
    def post(self, account: AccountSettings, outgoing: Outgoing[SocialMessage], line: "Line") -> str:
        """Hands one message over; the provider's id of it. DeliveryError."""

    def content(self, data: Mapping[str, Any], *, unsubscribe_url: str, callback_url: str) -> SocialMessage:
        def part(name: str) -> str:
            return str(data.get(name) or "")

        buttons = (
            Button(str(row.get("label") or ""), str(row.get("url") or ""))
            for row in data.get("actions") or []
        )
        return SocialMessage(
            part("body"), part("title"), part("image"), tuple(button for button in buttons if button.label)
        )

    def send(self, account: AccountSettings, batch: Sequence[Outgoing[SocialMessage]]) -> Iterator[Receipt]:
        line = Line()
        stopped: DeliveryError | None = None  # they are down or ask us to slow down: the rest waits
        try:
            for outgoing in batch:
                if stopped is not None:
                    yield Receipt(outgoing.id, error=stopped)
                    continue
                try:
                    yield Receipt(outgoing.id, provider_id=self.post(account, outgoing, line))
                except DeliveryError as error:
                    if error.retry_after is not None or isinstance(error, Unreachable):
                        stopped = error
                    yield Receipt(outgoing.id, error=error)
        finally:
            line.close()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    json: Mapping[str, Any]

    def pause(self, default: int) -> timedelta:
        """What Retry-After asks for, in seconds."""
        given = self.headers.get("retry-after", "").strip()
        seconds = int(given) if given.isascii() and given.isdigit() else default
        return timedelta(seconds=min(max(seconds, 1), LONGEST_PAUSE))


class Line:
    """One connection, kept open over a batch and made anew when the other side closed it."""

    def __init__(self) -> None:
        self.host = ""
        self.link: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Unreachable."""
        given = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        reused = self.link is not None
        try:
            try:
                return self._ask(method, url, headers, given)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not reused:
                    raise
                self.close()  # an idle connection that was closed before anything was read
                return self._ask(method, url, headers, given)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(_said(error), permanent=False) from error

    def close(self) -> None:
        if self.link is not None:
            self.link.close()
            self.link = None

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if self.link is None or self.host != host:
            self.close()
            self.host, self.link = host, connection(host, timeout=TIMEOUT)
        self.link.request(method, parts.path or "/", body, dict(headers))
        response = self.link.getresponse()
        raw = response.read(100_000)
        if not response.isclosed():
            self.close()  # more than we care to read
        try:
            found = json.loads(raw)
        except ValueError:
            found = {}
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, found if isinstance(found, dict) else {})


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return gettext_noop("The network did not answer in time.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return gettext_noop("The network’s certificate is not trusted.")
    if isinstance(error, Refused):
        return str(error)
    return gettext_noop("The network can’t be reached.")
