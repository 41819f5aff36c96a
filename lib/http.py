"""Calls to addresses that users typed in: never into the network that the product itself stands in.

A name is resolved once, every address is checked, and the connection goes to a checked address: neither a redirect
nor a name server that changes its mind (DNS rebinding) leads inside. settings.HTTP_ALLOWED_HOSTS lists the exceptions
(`gateway.internal` or `gateway.internal:8443`). Proxies of the environment are not used.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

REDIRECTS = {301, 302, 303, 307, 308}
CHUNK = 65536


class Refused(OSError):
    """The address may not be called; the text says why, in words for whoever typed it in."""


class TooLarge(OSError):
    pass


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    url: str  # after redirects


def connection(url: str, *, timeout: float = 15) -> http.client.HTTPConnection:
    """An http.client connection to the host of `url`, checked when it connects. Refused, OSError."""
    parts = _parts(url)
    host, port = parts.hostname or "", _port(parts)
    if parts.scheme == "https":
        return _SafeHTTPS(host, port, timeout=timeout, context=ssl.create_default_context())
    return _Safe(host, port, timeout=timeout)


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 15,
    limit: int = 2**20,
    redirects: int = 3,
) -> Answer:
    """The whole answer, of at most `limit` bytes, within `timeout` seconds in all.

    Raises Refused, TooLarge, TimeoutError, any other OSError, or http.client.HTTPException.
    """
    end = time.monotonic() + timeout
    while True:
        parts = _parts(url)
        link = connection(url, timeout=_left(end))
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            link.request(method, target, body, dict(headers or {}))
            response = link.getresponse()
            location = response.getheader("Location")
            if response.status in REDIRECTS and location and redirects:
                redirects -= 1
                there = urljoin(url, location)
                if urlsplit(there).netloc != parts.netloc:
                    headers = None  # they may hold a secret meant for the first host only
                if response.status == 303 or (response.status in {301, 302} and method == "POST"):
                    method, body = "GET", None
                url = there
                continue
            content = _read(link, response, limit, end)
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, content, url)
        finally:
            link.close()


def check(url: str) -> None:
    """Refused unless `url` may be called now; for forms, so that a mistake shows where it is made."""
    parts = _parts(url)
    _addresses(parts.hostname or "", _port(parts))


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


def _addresses(host: str, port: int) -> list[str]:
    """What `host` resolves to; Refused when any of it lies inside."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (socket.gaierror, UnicodeError) as error:
        raise Refused(f"{host} is not known") from error
    if not {host, f"{host}:{port}"} & set(settings.HTTP_ALLOWED_HOSTS) and not all(map(_outside, found)):
        raise Refused(f"{host} is an address inside the network")
    return sorted(found, key=lambda address: ":" in address)


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
    trouble: OSError = Refused(f"{host} is not known")
    for address in _addresses(host, port):
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            trouble = error
    raise trouble


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


def _read(
    link: http.client.HTTPConnection, response: http.client.HTTPResponse, limit: int, end: float
) -> bytes:
    content = b""
    while True:
        if link.sock:
            link.sock.settimeout(_left(end))
        chunk = response.read1(CHUNK)
        if not chunk:
            return content
        content += chunk
        if len(content) > limit:
            raise TooLarge(f"The answer is larger than {limit} bytes")


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("No answer in time")
    return left
