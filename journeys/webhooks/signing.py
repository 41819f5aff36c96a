"""Standard Webhooks (https://www.standardwebhooks.com): the receiver checks that a call is ours and whole."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime

PREFIX = "whsec_"


def headers(id_: str, at: datetime, body: bytes, secret: str | None) -> dict[str, str]:
    """webhook-id, webhook-timestamp and, with a secret, webhook-signature."""
    stamp = str(int(at.timestamp()))
    found = {"webhook-id": id_, "webhook-timestamp": stamp}
    if secret:
        found["webhook-signature"] = sign(id_, stamp, body, secret)
    return found


def sign(id_: str, stamp: str, body: bytes, secret: str) -> str:
    digest = hmac.new(key(secret), f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def key(secret: str) -> bytes:
    """The bytes of `whsec_...`; any other text is its own key."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def fresh() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
