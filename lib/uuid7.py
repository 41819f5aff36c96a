"""Many UUIDs of version 7 at once: PostgreSQL's uuidv7() asks the kernel for chance anew with every row."""

import os
from datetime import datetime
from struct import Struct, unpack


def bulk(count: int, moment: datetime) -> list[str]:
    """`count` different ids in ascending order: milliseconds of `moment`, a counter of 12 bits that carries into them,
    60 bits of chance (RFC 9562, 6.2 method 1)."""
    start = int(moment.timestamp() * 1000)
    chance = os.urandom(8 * count).hex()
    found = []
    for block in range(0, count, 4096):
        stamp = f"{start + block // 4096:012x}"
        head = f"{stamp[:8]}-{stamp[8:]}-7"
        found += [
            f"{head}{i - block:03x}-8{chance[16 * i : 16 * i + 3]}-{chance[16 * i + 3 : 16 * i + 15]}"
            for i in range(block, min(block + 4096, count))
        ]
    return found


_PARTS = Struct(">6sHQ").pack


def raw(count: int, moment: datetime) -> list[bytes]:
    """The same as 16 bytes each."""
    start = int(moment.timestamp() * 1000)
    chance = unpack(f">{count}Q", os.urandom(8 * count))
    found = []
    for block in range(0, count, 4096):
        head = (start + block // 4096).to_bytes(6, "big")
        found += [
            _PARTS(head, 0x7000 | i, 1 << 63 | bits >> 2)
            for i, bits in enumerate(chance[block : block + 4096])
        ]
    return found
