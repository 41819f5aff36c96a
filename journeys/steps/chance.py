"""Chance that is the same every time: from a hash, so that nobody changes ways when a batch is run again."""

from collections.abc import Iterable
from hashlib import blake2b
from struct import unpack

_start = blake2b(digest_size=8).copy  # a copy is quicker than a new one


def fractions(names: Iterable[str], *parts: str) -> list[float]:
    """`fraction(name, *parts)` for each of many names."""
    rest = "".join(f"\x1f{part}" for part in parts)
    digests = []
    for name in names:
        one = _start()
        one.update((name + rest).encode())
        digests.append(one.digest())
    return [number / 2**64 for number in unpack(f">{len(digests)}Q", b"".join(digests))]


def fraction(*parts: str) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    return fractions(parts[:1], *parts[1:])[0]
