"""Who is in which segment, kept fresh for all segments.

    noticing   after each batch of news: the segments that mind it, for the people it is about (index, look, settle)
    due        by the clock: moments at which time alone may move somebody, each written down when she is looked at
    filling    everyone in one statement: a segment that is new, or was changed; and now and then a comparison
    lists      who is put into a list, or taken out, by hand
    following  the changes of segments that start a journey
    sizes      how many, by day

Each look is free of locks; only what differs is looked at once more under the locks of those people, and written. See
`settle` for why that ends right whoever looks at the same person at the same time.
"""

from datetime import datetime

from profiles.membership.due import look_due
from profiles.membership.filling import fill, fill_due, repair
from profiles.membership.following import Change, lock, members, take, track, untrack
from profiles.membership.noticing import minder, notice, refresh
from profiles.membership.settle import CHUNK, owe
from profiles.membership.sizes import fold, sizes_now

__all__ = [
    "CHUNK",
    "Change",
    "fill",
    "fill_due",
    "fold",
    "lock",
    "look_due",
    "members",
    "minder",
    "notice",
    "owe",
    "refresh",
    "repair",
    "sizes_now",
    "sweep",
    "take",
    "track",
    "untrack",
]


def sweep(now: datetime) -> int:
    """All that the clock does; how many crossed."""
    fill_due(now)
    return look_due(now) + repair(now)
