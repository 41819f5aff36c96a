"""What became of messages, written down in bulk: each statement settles a whole list."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from channels.models import Message


@dataclass(frozen=True, slots=True)
class Result:
    """state created: tried again at `due_at`. `attempts` replaces the message's own count."""

    id: int
    state: str
    attempts: int
    reason: str = ""
    error: str = ""
    provider_id: str = ""
    sent_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """A row of message_event to be."""

    message: Message
    kind: str
    at: datetime
    data: dict[str, Any]


# Only a message that is still open is settled: a report of the provider may have been faster, and a journey that was
# stopped may have taken it back.
_SETTLE = """
    update channels_message m set
        state = r.state, reason = r.reason, error = r.error, attempts = r.attempts, claimed_until = null,
        provider_id = case when r.provider_id = '' then m.provider_id else r.provider_id end,
        sent_at = coalesce(r.sent_at, m.sent_at), due_at = coalesce(r.due_at, m.due_at)
    from jsonb_to_recordset(%s::jsonb) r(
        id bigint, state text, attempts smallint, reason text, error text, provider_id text,
        sent_at timestamptz, due_at timestamptz)
    where m.id = r.id and m.state = 'created'
"""
# The same for one: adapters without an idempotency key note each message before they send the next.
_SETTLE_ONE = """
    update channels_message set
        state = %(state)s, reason = %(reason)s, error = %(error)s, attempts = %(attempts)s, claimed_until = null,
        provider_id = coalesce(nullif(%(provider_id)s, ''), provider_id),
        sent_at = coalesce(%(sent_at)s, sent_at), due_at = coalesce(%(due_at)s, due_at)
    where id = %(id)s and state = 'created'
"""
_BODIES = """
    insert into channels_messagebody (message_id, data)
    select r.id, r.data from jsonb_to_recordset(%s::jsonb) r(id bigint, data jsonb)
    on conflict (message_id) do update set data = excluded.data
"""
_EVENTS = """
    insert into channels_messageevent (workspace_id, message_id, profile_id, kind, at, data)
    select r.workspace_id, r.message_id, r.profile_id, r.kind, r.at, r.data
    from jsonb_to_recordset(%s::jsonb) r(
        workspace_id bigint, message_id bigint, profile_id bigint, kind text, at timestamptz, data jsonb)
"""
_SUPPRESS = """
    insert into channels_suppression (workspace_id, medium, address, reason, at)
    select distinct m.workspace_id, m.medium, m.address, %(reason)s, %(at)s::timestamptz
    from channels_message m where m.id = any(%(ids)s) and m.address <> ''
    on conflict (workspace_id, medium, address) do nothing
"""


def settle(results: Sequence[Result]) -> None:
    if len(results) == 1:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE_ONE, asdict(results[0]))
    else:
        _run(_SETTLE, results)


def release(messages: Iterable[Message]) -> None:
    """Give back what was claimed and not tried."""
    Message.objects.filter(pk__in=[m.pk for m in messages], state="created").update(
        claimed_until=None, attempts=Greatest(F("attempts") - 1, 0)
    )


def keep_bodies(bodies: Sequence[tuple[int, Any]]) -> None:
    """What is about to be sent, as rendered, by message id."""
    _run(_BODIES, [{"id": id_, "data": data} for id_, data in bodies])


def note(happenings: Sequence[Happening]) -> None:
    _run(
        _EVENTS,
        [
            {
                "workspace_id": one.message.workspace_id,
                "message_id": one.message.pk,
                "profile_id": one.message.profile_id,
                "kind": one.kind,
                "at": one.at,
                "data": one.data,
            }
            for one in happenings
        ],
    )


def suppress(message_ids: Sequence[int], reason: str, at: datetime) -> None:
    """Never write to the addresses of these messages again."""
    with connection.cursor() as cursor:
        cursor.execute(_SUPPRESS, {"ids": list(message_ids), "reason": reason, "at": at})


def _run(sql: str, rows: Sequence[Any]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [msgspec.json.encode(rows).decode()])
