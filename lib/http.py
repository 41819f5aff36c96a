"""Calls to addresses that users typed in: never into the network that the product itself stands in.

A name is resolved once, every address is checked, and the connection goes to a checked address: neither a redirect
nor a name server that changes its mind (DNS rebinding) leads inside. settings.HTTP_ALLOWED_HOSTS lists the exceptions
(`gateway.internal` or `gateway.internal:8443`). Proxies of the environment are not used.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

REDIRECTS = {301, 302, 303, 307, 308}
CHUNK = 65536


class Refused(OSError):
    """The address may not be called; the text says why, in words for whoever typed it in."""


class Unknown(Refused):
    """No name server knows the host, now."""


class TooLarge(OSError):
    pass


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    url: str  # after redirects


def connection(url: str, *, timeout: float = 15) -> http.client.HTTPConnection:
    """An http.client connection to the host of `url`, checked when it connects. Refused, OSError.

    `timeout` is for each look at the socket; `fetch` has one for the whole.
    """
    parts = _parts(url)
    host, port = parts.hostname or "", _port(parts)
    if parts.scheme == "https":
        return _SafeHTTPS(host, port, timeout=timeout, context=_trust())
    return _Safe(host, port, timeout=timeout)


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str | bytes] | None = None,
    timeout: float = 15,
    limit: int | None = 2**20,
    redirects: int = 3,
    keep_method: bool = False,
) -> Answer:
    """The whole answer, of at most `limit` bytes, within `timeout` seconds in all, however slowly it trickles.

    `limit` None: the body is left alone. `keep_method`: redirects that would turn a POST into a
    GET, hand its body to another host or leave https are not followed.
    Raises Refused, TooLarge, TimeoutError, any other OSError, or http.client.HTTPException.
    """
    end = time.monotonic() + timeout
    while True:
        parts = _parts(url)
        link = connection(url, timeout=_left(end))
        link.response_class = partial(_Response, end)  # type: ignore[assignment]
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            link.request(method, target, body, dict(headers or {}))  # type: ignore[arg-type]
            response = link.getresponse()
            there = _redirected(url, response, method, keep_method) if redirects else None
            if there is not None:
                redirects -= 1
                if urlsplit(there).netloc != parts.netloc:
                    headers = None  # they may hold a secret meant for the first host only
                if response.status == 303 or (response.status in {301, 302} and method == "POST"):
                    method, body = "GET", None
                url = there
                continue
            content = b"" if limit is None else _read(response, limit)
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, content, url)
        finally:
            link.close()


def check(url: str) -> None:
    """Refused unless `url` may be called now; for forms, so that a mistake shows where it is made."""
    parts = _parts(url)
    _addresses(parts.hostname or "", _port(parts))


def check_literal(url: str) -> None:
    """The same without asking a name server: what is wrong can be seen from the text alone."""
    parts = _parts(url)
    host, port = (parts.hostname or "").rstrip("."), _port(parts)
    if _allowed(host, port):
        return
    try:
        inside = not _outside(
            socket.inet_ntoa(socket.inet_aton(host))
        )  # 0x7f.1 and 2130706433 are addresses, too
    except OSError:
        try:
            inside = not _outside(host)
        except ValueError:
            inside = host == "localhost" or host.endswith(".localhost")
    if inside:
        raise Refused(f"{host} is an address inside the network")


def is_allowed(url: str) -> bool:
    """Whether the operator named the host as one that may be called wherever it lies."""
    parts = _parts(url)
    return _allowed((parts.hostname or "").rstrip("."), _port(parts))


def addresses(host: str, port: int, timeout: float | None = None) -> list[str]:
    """What `host` resolves to, for clients of other protocols; Refused when any of it lies inside."""
    return _addresses(host, port, timeout)


def connected(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to a checked address of `host`, for clients of other protocols. Refused, OSError."""
    return _open(host, port, timeout)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port != 0
    except ValueError as error:
        raise Refused(f"{url!r} is no web address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_right:
        raise Refused(f"{url!r} is no web address")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _redirected(url: str, response: http.client.HTTPResponse, method: str, keep_method: bool) -> str | None:
    """Where the answer sends us, if we go there."""
    location = response.getheader("Location")
    if response.status not in REDIRECTS or not location:
        return None
    there = urljoin(url, location)
    if keep_method:
        before, after = urlsplit(url), urlsplit(there)
        if before.scheme == "https" and after.scheme == "http":
            return None
        if method != "GET" and (response.status not in {307, 308} or after.netloc != before.netloc):
            return None
    return there


def _addresses(host: str, port: int, timeout: float | None = None) -> list[str]:
    """What `host` resolves to; Refused when any of it lies inside."""
    try:
        found = {str(entry[4][0]) for entry in _resolve(host, port, timeout)}
    except (socket.gaierror, UnicodeError) as error:
        raise Unknown(f"{host} is not known") from error
    if not _allowed(host, port) and not all(map(_outside, found)):
        raise Refused(f"{host} is an address inside the network")
    return sorted(found, key=lambda address: ":" in address)


def _resolve(host: str, port: int, timeout: float | None) -> list[Any]:
    """getaddrinfo knows no time limit of ours: a lookup that takes longer is left alone."""
    if timeout is None:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[Any] = []

    def look() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(timeout)
    if not found:
        raise TimeoutError(f"No name server answered for {host} in time")
    if isinstance(found[0], Exception):
        raise found[0]
    answer: list[Any] = found[0]
    return answer


def _allowed(host: str, port: int) -> bool:
    return bool({host, f"{host}:{port}"} & set(settings.HTTP_ALLOWED_HOSTS))


def _outside(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _open(host: str, port: int, timeout: float | None) -> socket.socket:
    end = None if timeout is None else time.monotonic() + timeout
    trouble: OSError = Unknown(f"{host} is not known")
    for address in _addresses(host, port, timeout):
        try:
            return socket.create_connection((address, port), None if end is None else _left(end))
        except OSError as error:
            trouble = error
    raise trouble


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The system's certificates: reading them takes long enough to do it once."""
    return ssl.create_default_context()


def limit(link: http.client.HTTPConnection, seconds: float) -> None:
    """The whole of the next request and its answer has so long, however slowly it trickles; for lines kept open."""
    link.timeout = seconds
    if link.sock is not None:
        link.sock.settimeout(seconds)
    link.response_class = partial(_Response, time.monotonic() + seconds)  # type: ignore[assignment]


class _Safe(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = _open(self.host, self.port, self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _SafeHTTPS(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = _open(self.host, self.port, self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


class _Response(http.client.HTTPResponse):
    """Every read, of the headers too, has only what is left of the whole time."""

    def __init__(self, end: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = BufferedReader(_Timed(sock, end))


class _Timed(RawIOBase):
    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock, self._end = sock, end
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._end))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def _read(response: http.client.HTTPResponse, limit: int) -> bytes:
    content = bytearray()
    while chunk := response.read1(CHUNK):
        content += chunk
        if len(content) > limit:
            raise TooLarge(f"The answer is larger than {limit} bytes")
    return bytes(content)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("No answer in time")
    return left
