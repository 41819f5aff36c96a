"""Firebase Cloud Messaging, HTTP v1, with Google's token server beside it, as their documents have them. Tokens
answer in their own way: `token-gone…` UNREGISTERED, `token-bad…` INVALID_ARGUMENT, `token-other…` SENDER_ID_MISMATCH,
`token-ill…` UNAVAILABLE, `token-apns…` THIRD_PARTY_AUTH_ERROR.
"""

import base64
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.providers.serving import Answer, serving

PROJECT, EMAIL = "shop-1234", "push@shop-1234.iam.gserviceaccount.com"
ERRORS = {
    "token-gone": (404, "NOT_FOUND", "UNREGISTERED"),
    "token-other": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "token-ill": (503, "UNAVAILABLE", "UNAVAILABLE"),
    "token-apns": (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
}
KNOWN = {"token", "notification", "data", "android", "apns", "webpush", "fcm_options"}


@lru_cache(maxsize=1)
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_account(url: str) -> str:
    """The file that the Firebase console hands out."""
    pem = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps(
        {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "k1",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "token_uri": f"{url}/token",
        },
        indent=2,
    )


@dataclass
class Fcm:
    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    tokens: list[str] = field(default_factory=list)  # access tokens given out
    allowance: int | None = None
    retry_after: str = "11"
    locked_out: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/token":
            return self._token(body)
        if (method, path) != ("POST", f"/v1/projects/{PROJECT}/messages:send"):
            return answer(404, {"error": {"code": 404, "status": "NOT_FOUND"}})
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "UNAUTHENTICATED", "")
        message = json.loads(body)["message"]
        token = message.get("token", "")
        strange = set(message) - KNOWN
        values = message.get("data", {}).values()
        if (
            strange
            or not all(isinstance(value, str) for value in values)
            or "message_type" in message.get("data", {})
        ):
            return refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field="message.data")
        if token.startswith("token-bad"):
            return refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field="message.token")
        if (
            len(json.dumps([message.get("notification"), message.get("data")], ensure_ascii=False).encode())
            > 4096
        ):
            return refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field="message")
        for start, error in ERRORS.items():
            if token.startswith(start):
                return refusal(*error)
        if self.allowance is not None and self.allowance <= 0:
            status, more, content = refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
            return status, {**more, "Retry-After": self.retry_after}, content
        if self.allowance is not None:
            self.allowance -= 1
        self.sent.append(message)
        return answer(200, {"name": f"projects/{PROJECT}/messages/0:{next(self.numbers)}"})

    def _token(self, body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        head, claims, signature = form["assertion"].split(".")
        key().public_key().verify(
            unpacked(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        told = json.loads(unpacked(claims))
        good = (
            form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            and json.loads(unpacked(head))["alg"] == "RS256"
            and (told["iss"], told["aud"]) == (EMAIL, f"{self.url}/token")
            and told["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
            and told["exp"] - told["iat"] <= 3600
        )
        if self.locked_out or not good:
            return answer(400, {"error": "invalid_grant"})
        token = f"ya29.{next(self.numbers)}"
        self.tokens.append(token)
        return answer(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def refusal(status: int, name: str, code: str, field: str = "") -> Answer:
    details: list[dict[str, Any]] = []
    if code:
        details.append({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    if field:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field, "description": "Invalid"}],
            }
        )
    error = {"code": status, "message": "for +821012345678", "status": name, "details": details}
    return answer(status, {"error": error})


def answer(status: int, body: dict[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextmanager
def fcm_server() -> Iterator[Fcm]:
    fcm = Fcm()

    def connected() -> None:
        fcm.connections += 1

    with serving(fcm.take, connected) as url:
        fcm.url = url
        yield fcm
