"""The writes of a pass of one person in one statement: real time moves people one by one, and there each statement's
start costs more than what it does. What is rare (waits for events, failures, held messages) stays with `record`."""

from functools import lru_cache
from typing import Any

import msgspec

from channels import outbox
from journeys.engine.rows import Row
from journeys.engine.run import Batch
from lib.fast_sql import packed, run

MOST = 8  # counts; more would be a statement hardly met again

_MOVE = """moved as (
    update journeys_enrolment set step = %(step)s::text, due_at = %(due_at)s::timestamptz,
        seq = seq + %(hops)s::integer, arrived_at = %(arrived_at)s::timestamptz, attempts = %(attempts)s::integer,
        status = %(status)s::integer {context}
    where id = %(id)s::bigint
)"""
_FINISH = """gone as (
    delete from journeys_enrolment where id = %(id)s::bigint returning *
), finished as (
    insert into journeys_finished (enrolment_id, workspace_id, journey_id, version_id, profile_id, trigger,
        instance_key, step, seq, entered_at, event_id, ended_at, reason, outcome)
    select id, workspace_id, journey_id, version_id, profile_id, trigger, instance_key, %(step)s::text,
        seq + %(hops)s::integer, entered_at, event_id, %(now)s::timestamptz, %(reason)s::text, %(outcome)s::text
    from gone
)"""
_LOG = """logged as (
    insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)
    values (%(workspace_id)s::bigint, %(journey_id)s::bigint, %(version_id)s::bigint, %(id)s::bigint,
        %(profile_id)s::bigint, %(seq0)s::integer, %(now)s::timestamptz, %(route)s::json)
)"""
_COUNT = """counted as (
    insert into journeys_countdelta (journey_id, version_id, step, outlet, entered, completed) values {counts}
)"""
_COUNTED = "(%(j{n})s::bigint, %(v{n})s::bigint, %(s{n})s::text, %(o{n})s::text, %(e{n})s::integer, %(c{n})s::integer)"


def alone(batch: Batch) -> Row | None:
    """The one person whose pass can be written so. Waits that she leaves behind are for the caller to see."""
    if batch.people != 1 or len(batch.rows) != 1 or len(batch.counts) > MOST:
        return None
    row, store = batch.rows[0], batch.store
    if not row.moved or row.waits or batch.failed or store.messages or store.unheld or len(store.alike) > 1:
        return None
    if store.alike and len(store.alike[0].rows) != 1:
        return None
    if row.end is not None and row.seq == row.seq0 and not row.fresh:
        return None  # a message may be held for her
    return row


def write(batch: Batch, row: Row, *, last: bool = False) -> set[int]:
    """The same as `record.write`."""
    reason, outcome = row.end or ("", "")
    values: dict[str, Any] = {
        "id": row.id, "workspace_id": row.workspace_id, "journey_id": row.journey_id, "version_id": row.version_id,
        "profile_id": row.profile_id, "step": row.step, "hops": row.seq - row.seq0, "due_at": row.due_at,
        "arrived_at": row.arrived_at, "attempts": row.attempts and row.attempts_now, "status": row.status,
        "reason": reason, "outcome": outcome, "now": batch.now, "seq0": row.seq0, "route": f"[{','.join(row.route)}]",
    }  # fmt: skip
    if row.context_changed:
        values["context"] = msgspec.json.encode(row.whole_context).decode()
    for n, (key, (entered, completed)) in enumerate(sorted(batch.counts.items())):
        values[f"j{n}"], values[f"v{n}"], values[f"s{n}"], values[f"o{n}"] = key
        values[f"e{n}"], values[f"c{n}"] = entered, completed
    alike = batch.store.alike
    if alike:
        values |= outbox.only_values(alike[0])
    sql = _statement(
        row.end is not None, row.context_changed, bool(row.route), len(batch.counts), bool(alike)
    )
    with packed(last=last):
        made = run(sql, values)
    return {account or 0 for account, state in made.fetchall() if state == "created"}


@lru_cache
def _statement(ended: bool, context: bool, logged: bool, counts: int, message: bool) -> str:
    parts = [_FINISH if ended else _MOVE.format(context=", context = %(context)s::json" if context else "")]
    if logged:
        parts.append(_LOG)
    if counts:
        parts.append(_COUNT.format(counts=", ".join(_COUNTED.format(n=n) for n in range(counts))))
    if message:
        parts.append(f"sent as ({outbox.ONLY})")
    found = "account_id, state from sent" if message else "null::bigint, null::text where false"
    return f"with {', '.join(parts)} select {found}"
