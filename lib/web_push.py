"""What a browser's push service wants: a message that only the browser can read (RFC 8291, with the record of RFC 8188)
and proof of who sends it (VAPID, RFC 8292). Keys and signatures are base64url without padding, as browsers write them.
"""

import base64
import json
import os
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
# The record holds salt (16), size (4), length of the key (1), the key (65), the tag (16) and one byte of padding, too.
ROOM = RECORD - 16 - 4 - 1 - 65 - 16 - 1
CURVE = ec.SECP256R1()


class BadKeys(ValueError):
    """The subscription's keys are none: nobody could read the message."""


def encrypt(
    plain: bytes,
    p256dh: str,
    auth: str,
    *,
    salt: bytes | None = None,
    private_key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body to send, with Content-Encoding aes128gcm. At most ROOM bytes. `salt` and `private_key` are made anew
    for each message; tests give theirs."""
    if len(plain) > ROOM:
        raise ValueError(f"A push message has room for {ROOM} bytes")
    try:
        browser = unpack(p256dh)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, browser)
        secret = unpack(auth)
    except (ValueError, InvalidKey) as error:
        raise BadKeys("These are no keys of a subscription") from error
    salt = salt or os.urandom(16)
    own = private_key or ec.generate_private_key(CURVE)
    point = _point(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    material = _derive(shared, secret, b"WebPush: info\0" + browser + point, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, plain + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(point)]) + point + sealed


def authorization(endpoint: str, private_key: str, subject: str, now: datetime) -> str:
    """The header Authorization for one push service: good for twelve hours. `subject` mailto: or https: tells its
    operators whom to write to."""
    url = urlsplit(endpoint)
    claims = {
        "aud": f"{url.scheme}://{url.netloc}",
        "exp": int((now + timedelta(hours=12)).timestamp()),
        "sub": subject,
    }
    head = {"typ": "JWT", "alg": "ES256"}
    text = ".".join(pack(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    r, s = decode_dss_signature(_private(private_key).sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = pack(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={text}.{signature}, k={public_key(private_key)}"


def new_private_key() -> str:
    value = ec.generate_private_key(CURVE).private_numbers().private_value
    return pack(value.to_bytes(32, "big"))


def public_key(private_key: str) -> str:
    """What a browser subscribes with: applicationServerKey."""
    return pack(_point(_private(private_key).public_key()))


def pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _private(key: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unpack(key), "big"), CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)
