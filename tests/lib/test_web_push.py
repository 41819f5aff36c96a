"""RFC 8291, appendix A: the same keys and salt give the same bytes."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lib import web_push

BROWSER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_specification():
    private = ec.derive_private_key(int.from_bytes(web_push.unpack(SENDER), "big"), ec.SECP256R1())

    body = web_push.encrypt(
        b"When I grow up, I want to be a watermelon",
        BROWSER,
        AUTH,
        salt=web_push.unpack("DGv6ra1nlYgDCS1FRnbzlw"),
        private_key=private,
    )

    assert web_push.pack(body) == BODY


def test_what_fills_the_room_makes_one_record():
    assert len(web_push.encrypt(b"x" * web_push.ROOM, BROWSER, AUTH)) == web_push.RECORD

    with pytest.raises(ValueError, match="room"):
        web_push.encrypt(b"x" * (web_push.ROOM + 1), BROWSER, AUTH)


@pytest.mark.parametrize("key", ["", "x", "!!", "None", web_push.pack(b"\x04" + b"\x01" * 64)])
def test_keys_that_are_none(key):
    with pytest.raises(web_push.BadKeys):
        web_push.encrypt(b"Hi", key, AUTH)


def test_the_proof_names_the_service_its_end_and_a_contact():
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    key = web_push.new_private_key()

    header = web_push.authorization("https://push.example:8443/send/1", key, "mailto:a@shop.example", now)

    token, shown = header.removeprefix("vapid t=").split(", k=")
    assert shown == web_push.public_key(key)
    assert json.loads(web_push.unpack(token.split(".")[1])) == {
        "aud": "https://push.example:8443",
        "exp": int(now.timestamp()) + 12 * 3600,
        "sub": "mailto:a@shop.example",
    }
