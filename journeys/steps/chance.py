"""Chance that is the same every time: from a hash, so that nobody changes ways when a batch is run again."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b


def fractions(names: Iterable[str], *parts: str) -> Iterator[float]:
    """`fraction(name, *parts)` for each of many names."""
    rest = "".join(f"\x1f{part}" for part in parts)
    for name in names:
        digest = blake2b((name + rest).encode(), digest_size=8).digest()
        yield int.from_bytes(digest, "big") / 2**64


def fraction(*parts: str) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    return next(fractions(parts[:1], *parts[1:]))
