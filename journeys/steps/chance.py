"""Chance that is the same every time: from a hash, so that nobody changes ways when a batch is run again."""

from hashlib import blake2b


def fraction(*parts: str) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
