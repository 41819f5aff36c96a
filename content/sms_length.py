"""How the networks count a text message (GSM 03.38): 160 characters of the Latin set, or 70 of any other; a longer one
travels in parts of 153 or 67, each charged."""

from __future__ import annotations

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Length:
    """`units` of `room` in the parts so far; `latin`: whether the Latin set is enough."""

    units: int
    parts: int
    room: int
    latin: bool


def length_of(text: str) -> Length:
    latin = all(char in BASIC or char in DOUBLE for char in text)
    if latin:
        units, one, more = sum(2 if char in DOUBLE else 1 for char in text), 160, 153
    else:
        units, one, more = len(text.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    parts = 1 if units <= one else -(-units // more)
    return Length(units, parts, one if parts == 1 else parts * more, latin)
