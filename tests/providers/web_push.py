"""A browser's push service (RFC 8030), and the browsers themselves: they hold their keys and read what comes.

The reading follows RFC 8291 from the receiver's side, and the sender's proof is checked as RFC 8292 has it; nothing
here is shared with the code that sends.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.providers.serving import Answer, serving


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, by hand: one block is enough."""
    drawn = hmac.new(salt, material, hashlib.sha256).digest()
    return hmac.new(drawn, info + b"\x01", hashlib.sha256).digest()[:length]


class Browser:
    """One subscription."""

    def __init__(self, endpoint: str, key: str = "") -> None:
        self.endpoint, self.application_key = endpoint, key
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.inbox: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def subscription(self) -> dict[str, Any]:
        keys = {"p256dh": packed(point(self.private.public_key())), "auth": packed(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        salt, length = body[:16], body[20]
        sender = body[21 : 21 + length]
        shared = self.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        own = point(self.private.public_key())
        material = hkdf(self.auth, shared, b"WebPush: info\x00" + own + sender, 32)
        key = hkdf(salt, material, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = hkdf(salt, material, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(key).decrypt(nonce, body[21 + length :], None)
        plain, mark, _padding = padded.rpartition(b"\x02")
        assert mark
        found: dict[str, Any] = json.loads(plain)
        return found


@dataclass
class PushService:
    url: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)
    connections: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)  # by path: what comes instead
    allowance: int | None = None  # so many more, then 429
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def browser(self, key: str = "") -> Browser:
        """`key`: only who signs with it may send there, as with a real subscription."""
        made = Browser(f"{self.url}/send/{packed(os.urandom(12))}", key)
        self.browsers[made.endpoint.removeprefix(self.url)] = made
        return made

    def unsubscribed(self, browser: Browser, status: int = 410) -> None:
        self.answers[browser.endpoint.removeprefix(self.url)] = (status, {}, b"")

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path in self.answers:
            return self.answers[path]
        browser = self.browsers.get(path)
        if method != "POST" or browser is None:
            return 404, {}, b""
        if "ttl" not in headers or headers.get("content-encoding") != "aes128gcm":
            return 400, {}, b"TTL and Content-Encoding are needed"
        if len(body) > 4096:
            return 413, {}, b""
        if not self._signed(headers.get("authorization", ""), browser):
            return 403, {}, b""
        if self.allowance is not None and self.allowance <= 0:
            return 429, {"Retry-After": "9"}, b""
        if self.allowance is not None:
            self.allowance -= 1
        browser.inbox.append(browser.read(body))
        browser.headers.append(headers)
        return 201, {"Location": f"{self.url}/message/{next(self.numbers)}"}, b""

    def _signed(self, authorization: str, browser: Browser) -> bool:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or (browser.application_key and parts["k"] != browser.application_key):
            return False
        head, claims, signature = parts["t"].split(".")
        raw = unpacked(signature)
        assert len(raw) == 64
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(parts["k"]))
        numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(
            utils.encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
        )
        told = json.loads(unpacked(claims))
        lasts = told["exp"] - time.time()
        return (
            json.loads(unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
            and told["aud"] == self.url
            and 0 < lasts <= 24 * 3600
            and told["sub"].startswith(("mailto:", "https:"))
        )


@contextmanager
def push_service() -> Iterator[PushService]:
    service = PushService()

    def connected() -> None:
        service.connections += 1

    with serving(service.take, connected) as url:
        service.url = url
        yield service
