"""What the adapters of push messages have in common. Each sends to one device at a time; that a message goes to all of
a person's devices is not their business (channels.devices)."""

import http.client
import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from channels.adapters.base import AccountSettings, Adapter, DeliveryError, Outgoing, Receipt
from channels.media import Medium
from lib.http import Refused, connection, limit
from profiles.models import Device

TIMEOUT = 5
LONGEST_PAUSE = 3600


@dataclass(frozen=True, slots=True)
class PushMessage:
    """`url` is where a tap leads; `click` is the same by way of us, empty where it is no web address; whoever gets
    `opened` is told that the message was opened. `preferences` is the way out, and `choose` what a button there says.
    `keys`: the device's own, of a browser."""

    title: str
    body: str
    url: str = ""
    image: str = ""
    click: str = ""
    opened: str = ""
    preferences: str = ""
    choose: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


class Unreachable(DeliveryError):
    """No answer at all: no use in asking for the next."""


class PushAdapter(Adapter[PushMessage]):
    medium = Medium.PUSH
    record_every = 1

    @abstractmethod
    def takes(self, account: AccountSettings, device: Device) -> bool:
        """Whether this account can reach the device."""

    @abstractmethod
    def sender(self, account: AccountSettings) -> Callable[[Outgoing[PushMessage], "Lines"], str]:
        """What sends one message and returns the provider's id of it, or raises DeliveryError; `hard_bounce`: the
        device is gone."""

    def content(self, data: Mapping[str, Any], *, unsubscribe_url: str, callback_url: str) -> PushMessage:
        def part(name: str) -> str:
            return str(data.get(name) or "")

        return PushMessage(
            title=part("title"),
            body=part("body"),
            url=part("url"),
            image=part("image"),
            click=part("click"),
            opened=part("opened"),
            preferences=unsubscribe_url,
            choose=part("choose"),
        )

    def send(self, account: AccountSettings, batch: Sequence[Outgoing[PushMessage]]) -> Iterator[Receipt]:
        send, lines = self.sender(account), Lines()
        try:
            for outgoing in batch:
                try:
                    yield Receipt(outgoing.id, provider_id=send(outgoing, lines))
                except DeliveryError as error:
                    yield Receipt(outgoing.id, error=error)
        finally:
            lines.close()


class Lines:
    """One connection a host, kept open over a batch. A host that does not answer, or asks us to slow down, is left
    alone for the rest of it."""

    def __init__(self) -> None:
        self.open: dict[str, http.client.HTTPConnection] = {}
        self.stopped: dict[str, DeliveryError] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """(status, headers in lower case, body). Unreachable."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host in self.stopped:
            raise self.stopped[host]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        reused = host in self.open
        try:
            try:
                return self._ask(host, target, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not reused:
                    raise
                self._hang_up(host)  # an idle connection that was closed before anything was read
                return self._ask(host, target, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._hang_up(host)
            raise self.stop(url, Unreachable(_said(error), permanent=False)) from error

    def stop(self, url: str, error: DeliveryError) -> DeliveryError:
        """Nothing more goes to this host in this batch; all of it fails as this one did."""
        parts = urlsplit(url)
        self.stopped[f"{parts.scheme}://{parts.netloc}"] = error
        return error

    def close(self) -> None:
        for host in list(self.open):
            self._hang_up(host)

    def _ask(
        self, host: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        if host not in self.open:
            self.open[host] = connection(host, timeout=TIMEOUT)
        link = self.open[host]
        limit(link, TIMEOUT)
        link.request("POST", target, body, dict(headers))
        response = link.getresponse()
        content = response.read(100_000)
        if not response.isclosed():
            self._hang_up(host)  # more than we care to read
        return response.status, {name.lower(): value for name, value in response.getheaders()}, content

    def _hang_up(self, host: str) -> None:
        if link := self.open.pop(host, None):
            link.close()


def pause(headers: Mapping[str, str], default: int) -> timedelta:
    """What Retry-After asks for, in seconds; a date is not understood."""
    given = headers.get("retry-after", "").strip()
    seconds = int(given) if given.isascii() and given.isdigit() else default
    return timedelta(seconds=min(max(seconds, 1), LONGEST_PAUSE))


def slower(headers: Mapping[str, str], default: int) -> DeliveryError:
    return DeliveryError(
        gettext_noop("The push service asks to send slower."),
        permanent=False,
        retry_after=pause(headers, default),
    )


def gone() -> DeliveryError:
    return DeliveryError(
        gettext_noop("The device does not take messages any more."), permanent=True, hard_bounce=True
    )


def fitting(parts: Mapping[str, Any], room: int) -> bytes:
    """The parts as JSON of at most `room` bytes: the picture is given up first, then the end of the body."""
    found = {name: value for name, value in parts.items() if value}
    for attempt in range(3):
        raw = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
        over = len(raw) - room
        if over <= 0:
            return raw
        if attempt == 0 and "image" in found:
            del found["image"]
        elif "body" in found:
            found["body"] = _shortened(str(found["body"]), over)
    raise DeliveryError(gettext_noop("The message is too long for a push message."), permanent=True)


def _shortened(text: str, over: int) -> str:
    """Some bytes less: a quote or a line end takes two."""
    kept = text.encode()[: -(over + 16)].decode(errors="ignore") if over + 16 < len(text.encode()) else ""
    return kept + "…" if kept else ""


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return gettext_noop("The push service did not answer in time.")
    if isinstance(error, Refused):
        return gettext_noop("The push service’s address may not be called.")
    return gettext_noop("The push service can’t be reached.")
