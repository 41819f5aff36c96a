"""Which messages may leave now, and whether they still may: claims with a lease, and the last check before sending."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from channels import caps
from channels.eligibility import CONSENTED
from channels.models import Message
from lib.localtime import first_zone
from profiles import night

LEASE = timedelta(seconds=120)
BATCH = 50

_PENDING = """
    m.state = 'created' and not m.frozen and m.due_at <= %(now)s
    and (m.claimed_until is null or m.claimed_until <= %(now)s)
"""

_ACCOUNTS = f"""
    select a.id from channels_account a
    where a.is_active and exists (select 1 from channels_message m where m.account_id = a.id and {_PENDING})
    union all
    select null where exists (select 1 from channels_message m where m.account_id is null and {_PENDING})
"""

# The row lock lasts for this statement only; what others see from then on is the lease.
_CLAIM = f"""
    with due as (
        select m.id from channels_message m
        where m.account_id = %(account)s and {_PENDING}
        order by m.due_at limit %(limit)s for update skip locked
    )
    update channels_message m set claimed_until = %(lease)s, attempts = m.attempts + 1
    from due where m.id = due.id
    returning m.*
"""

_ADOPT = f"""
    with due as (
        select m.id, a.id account_id from channels_message m
        left join channels_account a on a.workspace_id = m.workspace_id and a.medium = m.medium and a.is_default
        where m.account_id is null and {_PENDING}
        order by m.due_at limit %(limit)s for update of m skip locked
    )
    update channels_message m set
        account_id = due.account_id,
        state = case when due.account_id is null then 'failed' else m.state end,
        reason = case when due.account_id is null then 'no_account' else m.reason end
    from due where m.id = due.id
    returning due.account_id
"""

_CAPPED = caps.reached(
    workspace="workspace",
    person="m.profile_id",
    medium="m.medium",
    now="%(now)s::timestamptz",
    earlier="had.id < m.id",
)
_BY_DAY = "('" + "', '".join(sorted(night.HELD)) + "')"
# What may have changed since the message was made. A test of a channel has no person (profile 0).
_RECHECK = f"""
    select m.id, m.state <> 'created' or m.frozen,
        case
            when m.expires_at <= %(now)s then 'expired'
            when m.profile_id = 0 then null
            when person.id is null or person.erased_at is not null then 'suppressed'
            when exists (
                select 1 from channels_suppression s
                where s.workspace_id = m.workspace_id and s.medium = m.medium and s.address = m.address
            ) then 'suppressed'
            when m.transactional then null
            when exists (
                select 1 from profiles_pause rest where rest.profile_id = m.profile_id and rest.until > %(now)s
            ) then 'paused'
            when not coalesce({CONSENTED}, false) then 'no_consent'
            when {_CAPPED} then 'frequency_cap'
        end,
        person.public_id, person.attributes,
        case when workspace.night_consent and not m.transactional and m.medium in {_BY_DAY} then not exists (
            select 1 from profiles_consent c
            where c.profile_id = m.profile_id and c.medium = 'night' and c.topic = '*' and c.state = 'granted'
        ) else false end,
        workspace.time_zone
    from channels_message m
    left join workspaces_workspace workspace on workspace.id = m.workspace_id
    left join profiles_profile person on person.id = m.profile_id and person.workspace_id = m.workspace_id
    left join profiles_consent own
        on own.profile_id = m.profile_id and own.medium = m.medium and own.topic = m.topic
    left join profiles_consent every
        on every.profile_id = m.profile_id and every.medium = m.medium and every.topic = '*'
    where m.id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """gone: paused or settled by somebody else meanwhile. reason: why it may not be sent any more. until: it is night
    for her, and she did not agree to that; not before then."""

    gone: bool
    reason: str | None
    person: dict[str, Any]
    until: datetime | None = None


def accounts_due(now: datetime) -> list[int | None]:
    """The accounts that have something to send; None stands for messages that have no account."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"now": now})
        return [row[0] for row in cursor.fetchall()]


def claim(account_id: int, now: datetime, limit: int = BATCH) -> list[Message]:
    """Messages that are this worker's until the lease ends, the longest due first."""
    rows = Message.objects.raw(
        _CLAIM, {"account": account_id, "now": now, "limit": limit, "lease": now + LEASE}
    )
    return sorted(rows, key=lambda message: (message.due_at, message.pk))


def adopt(now: datetime, limit: int = 1000) -> tuple[int, set[int]]:
    """Give messages without an account their workspace's default one; fail those for which there is none.

    Returns how many there were, and the accounts that got some.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ADOPT, {"now": now, "limit": limit})
        found = [row[0] for row in cursor.fetchall()]
    return len(found), {account for account in found if account is not None}


def recheck(messages: Sequence[Message], now: datetime) -> dict[int, Verdict]:
    """The last look, by message id, with the person as templates see her."""
    kept = {message.pk: message for message in messages}
    ids = list(kept)
    with connection.cursor() as cursor:
        cursor.execute(_RECHECK, {"ids": ids, "now": now})
        return {
            row[0]: Verdict(
                row[1],
                row[2],
                person := {**json.loads(row[4] or "{}"), "id": str(row[3]) if row[3] else ""},
                _morning(kept[row[0]], person, row[6], now) if row[5] and row[3] else None,
            )
            for row in cursor.fetchall()
        }


def _morning(message: Message, person: dict[str, Any], zone: str, now: datetime) -> datetime | None:
    """A queue may have kept it into the night. `$zone`: whose clock counted when it was made."""
    until = night.over(now, first_zone(person.get("time_zone"), message.variables.get("$zone"), zone))
    return until if until > now else None
