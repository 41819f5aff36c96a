"""The calls of a workspace as they arrive, while somebody watches.

Whoever looks at the page keeps a row of profiles_watch alive (`watch`, a few seconds each time it asks). The processes
that take calls in remember the last ones of the past second anyway; when they write their figures and find that
somebody watches, they write those too. A ring: the newest of a workspace, for some minutes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.models import LiveCall, Watch

MOST = 100  # of a process and second
RING = 500  # of a workspace
KEPT_FOR = timedelta(minutes=10)
WATCHED_FOR = timedelta(seconds=15)
LONGEST = 33_000

_WATCH = """
insert into profiles_watch (workspace_id, until) values (%s, %s)
on conflict (workspace_id) do update set until = excluded.until
"""
_WRITE = """
insert into profiles_livecall (workspace_id, source_id, at, kind, event, who, answer, reason, body)
select w, s, a, k, e, o, r, y, b from jsonb_to_recordset(%s::jsonb)
    as x(w bigint, s bigint, a timestamptz, k text, e text, o text, r text, y text, b text)
"""
_TRIM = """
delete from profiles_livecall c where c.at < %(oldest)s or c.id <= (
    select id from profiles_livecall n where n.workspace_id = c.workspace_id order by id desc offset %(ring)s limit 1
)
"""

# A name stands in a call as a JSON string of its own; what was refused is kept with them, masked but for ids.
_FORGET = (
    """delete from profiles_livecall c using unnest(%(names)s::text[]) n
       where c.workspace_id = %(workspace)s
       and (lower(c.who) = lower(n) or strpos(lower(c.body), lower(to_jsonb(n)::text)) > 0)""",
    """delete from profiles_refusedsample c using unnest(%(names)s::text[]) n
       where c.workspace_id = %(workspace)s and strpos(lower(c.sample), lower(to_jsonb(n)::text)) > 0""",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """answer: taken, known, or the reason against it; a refused one has its masked sample and no call."""

    workspace_id: int
    source_id: int
    at: datetime
    call: Call | None
    answer: str
    sample: str = ""


def watch(workspace_id: int, now: datetime) -> None:
    """Somebody looks, and will ask again."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCH, [workspace_id, now + WATCHED_FOR])


def write(cursor: CursorWrapper, entries: Iterable[Entry], now: datetime) -> None:
    """Keeps those of workspaces that somebody watches."""
    entries = list(entries)
    asked = list({entry.workspace_id for entry in entries})
    cursor.execute(
        "select workspace_id from profiles_watch where workspace_id = any(%s) and until > %s", [asked, now]
    )
    watched = {workspace_id for (workspace_id,) in cursor.fetchall()}
    rows = [_row(entry) for entry in entries if entry.workspace_id in watched]
    if rows:
        cursor.execute(_WRITE, [msgspec.json.encode(rows).decode()])


def newest(workspace_id: int, after: int, most: int = 100) -> list[LiveCall]:
    """The newest first; `after`: only those that came since that id."""
    return list(LiveCall.objects.filter(workspace_id=workspace_id, pk__gt=after).order_by("-pk")[:most])


def trim(now: datetime) -> None:
    """By the clock; nothing to do where nobody watched."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIM, {"oldest": now - KEPT_FOR, "ring": RING})
    Watch.objects.filter(until__lt=now - KEPT_FOR).delete()


def forget(cursor: CursorWrapper, workspace_id: int, names: Sequence[str]) -> None:
    """The calls, and samples of refused ones, that name somebody who is erased."""
    for statement in _FORGET if names else ():
        cursor.execute(statement, {"workspace": workspace_id, "names": list(names)})


def body(call: Call) -> dict[str, Any]:
    """The call as it was understood, in the words of the tracking spec."""
    given: dict[str, Any] = {
        "type": call.event if call.event in ("page", "screen", "group") else call.kind,
        "event": call.event,
        "userId": call.user_id,
        "anonymousId": call.anonymous_id,
        "previousId": call.previous_id,
        "email": call.email,
        "phone": call.phone,
        "timestamp": call.ts.isoformat(),
        "messageId": call.message_id,
        "traits": call.traits or None,
        "consents": call.consents or None,
        "properties": call.properties or None,
        "context": call.context or None,
    }
    return {key: value for key, value in given.items() if value is not None}


def pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _row(entry: Entry) -> dict[str, Any]:
    base = {"w": entry.workspace_id, "s": entry.source_id, "a": entry.at}
    call = entry.call
    if call is None:
        return {**base, "k": "", "e": "", "o": "", "r": "refused", "y": entry.answer, "b": entry.sample}
    text = msgspec.json.encode(body(call)).decode()[:LONGEST]
    who = call.user_id or call.email or call.phone or call.anonymous_id or ""
    kind = call.event if call.event in ("page", "screen", "group") else call.kind
    return {**base, "k": kind, "e": call.event or "", "o": who, "r": entry.answer, "y": "", "b": text}
