"""Which source a write key belongs to. Remembered a few seconds in the process: every call of every browser asks.

A key that was rotated away is good until its period of grace is over. Calls with a key that was good once are noted at
their source, so that somebody sees what still sends with it.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from lib import clock
from profiles import source_notes
from profiles.models import Source

SECONDS = 5.0
MOST = 10_000
SWITCHED_OFF = "the source is switched off"
OLD_KEY = "the write key is an old one"
_known: dict[str, tuple[float, "Owner | None"]] = {}


@dataclass(frozen=True, slots=True)
class Owner:
    source_id: int
    workspace_id: int
    locale: str  # the workspace's
    dead: str = ""  # why the key is good no more


def find(key: str) -> Owner | None:
    """The active source of that key. A key that was changed elsewhere dies within SECONDS."""
    at = time.monotonic()
    remembered = _known.get(key)
    if remembered and remembered[0] > at:
        owner = remembered[1]
    else:
        owner = _find(key, clock.now()) if 0 < len(key) <= 64 and "\0" not in key else None
        if len(_known) > MOST:
            _known.clear()
        if owner:
            _known[key] = (at + SECONDS, owner)
    if owner and owner.dead:
        source_notes.refused(owner.source_id, owner.workspace_id, owner.dead, None, clock.now())
        return None
    return owner


def _find(key: str, now: datetime) -> Owner | None:
    row = (
        Source.objects.filter(Q(write_key=key) | Q(previous_key=key))
        .values_list(
            "id", "workspace_id", "workspace__default_locale", "is_active", "write_key", "previous_key_until"
        )
        .first()
    )
    if row is None:
        return None
    dead = ""
    if not row[3]:
        dead = SWITCHED_OFF
    elif row[4] != key and (row[5] is None or row[5] <= now):
        dead = OLD_KEY
    return Owner(row[0], row[1], row[2], dead)


def forget(**_: object) -> None:
    _known.clear()


post_save.connect(forget, sender=Source, dispatch_uid="write_keys")
post_delete.connect(forget, sender=Source, dispatch_uid="write_keys")
