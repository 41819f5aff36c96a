"""The phones and browsers that take push messages: noted as their apps say who uses them, forgotten as they go.

A call of a source names one in its `context.device`: {"type": "ios" | "android" | "web", "token": ...}, as the Segment
spec has it; a browser's subscription brings its `keys`, too. Who uses it now has it: the token moves to the last person
it was seen at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.models.device import KINDS, Device

TOKEN = re.compile(r"[!-~]{8,2000}")
KEY = re.compile(r"[A-Za-z0-9_-]{16,120}={0,2}")
LONGEST_APP = 120
_OTHER_WORDS = {"iphone os": "ios", "iphone": "ios", "ipados": "ios", "ipad": "ios", "browser": "web"}
# A person's further devices are as good as lost ones; a source that makes tokens up fills nothing but its own table.
MOST = 10

# What trackers send with every call is written where it says something new, or an hour has gone by.
REMEMBER = """
insert into profiles_device as d
    (workspace_id, profile_id, kind, token, keys, app, state, first_seen_at, last_seen_at)
select %(workspace)s, n.profile_id, n.kind, n.token, n.keys, n.app, 'active', n.at, n.at
from jsonb_to_recordset(%(rows)s::jsonb)
    as n(profile_id bigint, kind text, token text, keys jsonb, app text, at timestamptz)
order by n.token
on conflict (workspace_id, token) do update
set profile_id = excluded.profile_id, kind = excluded.kind, app = excluded.app, state = 'active',
    keys = case when excluded.keys = '{}' then d.keys else excluded.keys end,
    last_seen_at = excluded.last_seen_at
where excluded.last_seen_at >= d.last_seen_at and (
    d.profile_id <> excluded.profile_id or d.kind <> excluded.kind or d.app <> excluded.app or d.state <> 'active'
    or (excluded.keys <> '{}' and d.keys <> excluded.keys)
    or excluded.last_seen_at > d.last_seen_at + interval '1 hour'
)
returning new.profile_id, old.profile_id, old.state
"""

_ACTIVE = """
select d.* from unnest(%(ids)s::bigint[]) wanted(id) cross join lateral (
    select * from profiles_device d where d.profile_id = wanted.id and d.state = 'active'
    order by d.last_seen_at desc, d.id desc limit %(most)s
) d
"""

_MOVE = """
update profiles_device d set profile_id = pair.into_id
from unnest(%s::bigint[], %s::bigint[]) pair(from_id, into_id) where d.profile_id = pair.from_id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A device as a call names it."""

    kind: str
    token: str
    keys: Mapping[str, str]
    app: str = ""


def remember(cursor: CursorWrapper, workspace_id: int, rows: Iterable[tuple[Call, int]]) -> set[int]:
    """Notes the devices that a batch's calls name; `rows` are the calls with their people. No statement where none
    does. Returns the people who can be reached otherwise than before."""
    found: dict[str, tuple[datetime, int, Seen]] = {}
    context: Any = None
    seen: Seen | None = None
    for call, profile_id in rows:
        if call.context is not context:  # the calls of a batch often share one
            context = call.context
            seen = of_context(context) if "device" in context else None
        if seen is not None:
            before = found.get(seen.token)
            if before is None or before[0] <= call.ts:
                found[seen.token] = (call.ts, profile_id, seen)
    if not found:
        return set()
    devices = [
        {"profile_id": pk, "kind": one.kind, "token": one.token, "keys": one.keys, "app": one.app, "at": at}
        for at, pk, one in found.values()
    ]
    cursor.execute(REMEMBER, {"workspace": workspace_id, "rows": msgspec.json.encode(devices).decode()})
    changed: set[int] = set()
    for owner, owner_before, state_before in cursor.fetchall():
        if owner != owner_before or state_before != "active":
            changed.update(one for one in (owner, owner_before) if one is not None)
    return changed


def of_context(context: Mapping[str, Any]) -> Seen | None:
    """The device that a call's context names; None where it takes no push messages, or can't be made out."""
    device = context.get("device")
    if not isinstance(device, dict):
        return None
    token = device.get("token")
    kind = _kind(device.get("type")) or _kind(_part(context, "os", "name"))
    if not isinstance(token, str) or not TOKEN.fullmatch(token) or not kind:
        return None
    if token.startswith(("http://", "https://")) and kind != "web":
        return None
    app = device.get("app") or _part(context, "app", "namespace") or _part(context, "app", "name")
    return Seen(kind, token, keys_of(device.get("keys")), str(app or "")[:LONGEST_APP])


def keys_of(given: Any) -> dict[str, str]:
    """The keys of a browser's subscription, or none at all."""
    if not isinstance(given, dict):
        return {}
    keys = {name: given.get(name) for name in ("p256dh", "auth")}
    return (
        {name: str(key).rstrip("=") for name, key in keys.items()}
        if all(isinstance(key, str) and KEY.fullmatch(key) for key in keys.values())
        else {}
    )


def active_of(profile_ids: Sequence[int]) -> dict[int, list[Device]]:
    """The devices that take messages, by person, the one seen last first. One statement."""
    found: dict[int, list[Device]] = {}
    if profile_ids:
        for device in Device.objects.raw(_ACTIVE, {"ids": sorted(set(profile_ids)), "most": MOST}):
            found.setdefault(device.profile_id, []).append(device)
    return found


def gone(device_ids: Sequence[int]) -> None:
    """Their push service does not know them any more."""
    if device_ids:
        Device.objects.filter(pk__in=device_ids, state="active").update(state="gone")


def unregister(workspace_id: int, token: str) -> bool:
    """She wants no messages there any more. False where nothing took any."""
    return bool(
        Device.objects.filter(workspace_id=workspace_id, token=token, state="active").update(state="gone")
    )


def move(sender: Any, pairs: Sequence[tuple[int, int]], **_: Any) -> None:
    """profiles_merged: in its transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])


def erase(sender: Any, profile_ids: Sequence[int], **_: Any) -> None:
    """profile_erased: in its transaction."""
    Device.objects.filter(profile_id__in=profile_ids).delete()


def _kind(text: Any) -> str:
    """web, android or ios; "" for anything else."""
    if not isinstance(text, str):
        return ""
    word = text.strip().lower()
    return word if word in KINDS else _OTHER_WORDS.get(word, "")


def _part(context: Mapping[str, Any], name: str, key: str) -> Any:
    part = context.get(name)
    return part.get(key) if isinstance(part, dict) else None
