"""Puts locked people of one step under another version (engine.move): a statement a kind of change, however many.

Each keeps where she stood (MovedPerson) and gets a line in her log: {"s": step, "o": null, "v": number of the version},
followed, where she was sent on, by the step at which she arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.db import connection, transaction

from journeys.engine import event_waits, leave
from journeys.engine.fates import Fate, names
from journeys.engine.moved_rows import count, register, set_contexts, write_log
from journeys.engine.plan import Plan
from journeys.engine.record import drop_held
from journeys.engine.rows import Row, lock, look
from journeys.engine.world import Store, World, events_since
from journeys.steps.base import Group
from journeys.steps.outcomes import Happened, Stay, Wait, Wake
from journeys.steps.visits import Visits
from lib.fast_sql import array

log = structlog.get_logger(__name__)
TICK = timedelta(microseconds=1)  # a wait always ends after it began (rows.Row.wake_up)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group stands, all of them at one step of one version, and whereto it goes."""

    move_id: int
    number: int  # of the new version
    old: Plan
    new: Plan
    step: str
    now: datetime


@dataclass(slots=True)
class Done:
    """What a group came to."""

    moved: int = 0
    released: int = 0
    sent_on: int = 0
    ended: int = 0


def resettle(at: Place, what: Fate, ids: Sequence[int], wakes: dict[int, Wake]) -> Done:
    """In the caller's transaction, which holds the rows. Adds to `wakes` whom events since her arrival concern now."""
    if what.what == "ended":
        _remember(at, ids, "", 0, whole=True)
        return Done(moved=len(ids), ended=leave.end_locked(ids, "step_removed", at.now))
    if what.what == "sent_on":
        assert what.target is not None
        _send_on(at, what.target, ids)
        return Done(moved=len(ids), sent_on=len(ids))
    if what.what == "asked":
        return Done(moved=len(ids), released=_ask(at, ids, wakes))
    return Done(moved=len(ids), released=_switch(at, what.length, ids))


_SWITCH = """
with old as (
    select e.*, coalesce(due_at, frozen_due) as due from journeys_enrolment e where id = any(%(ids)s::bigint[])
), kept as (
    insert into journeys_movedperson (move_id, enrolment_id, version_id, step, seq, arrived_at, due_at, status, to_step,
        to_seq)
    select %(move)s, id, version_id, step, seq, arrived_at, due, status, step, seq from old
), logged as (
    insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)
    select workspace_id, journey_id, %(version)s, id, profile_id, seq, %(now)s, %(route)s::json from old
), fresh as (
    select id, due > %(now)s and {due} <= %(now)s as released, greatest({due}, %(now)s, arrived_at + %(tick)s) as due
    from old
), moved as (
    update journeys_enrolment e set version_id = %(version)s{set} from fresh where e.id = fresh.id
    returning fresh.released and status = 0 as released
)
select count(*) filter (where released) from moved
"""
_SET_DUE = (
    ", due_at = case status when 0 then fresh.due end, frozen_due = case status when 2 then fresh.due end"
)
# As Duration.after counts it: days and months by the calendar of UTC, then hours.
_FIXED_DUE = (
    "least(arrived_at + %(length)s, (entered_at at time zone 'UTC' + %(stay)s::interval) at time zone 'UTC')"
)


def _switch(at: Place, length: timedelta | None, ids: Sequence[int]) -> int:
    """They stay at their step; with `length` the wait ends so long after arriving. Returns how many are released."""
    sql = _SWITCH.format(due=_FIXED_DUE, set=_SET_DUE) if length else _SWITCH.format(due="due", set="")
    values: dict[str, Any] = {
        "ids": array(ids),
        "move": at.move_id,
        "version": at.new.version_id,
        "now": at.now,
        "tick": TICK,
        "length": length,
        "stay": str(at.new.rules.policy.max_stay),
        "route": _route(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0]) if length else 0


def until_by_step(old: Plan, new: Plan, step: str, now: datetime, sample: int) -> tuple[float, bool]:
    """The share of the people at a step whose wait is over by the new version though not by the old one, told by the
    step from at most `sample` of them; and whether those were all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from journeys_enrolment where journey_id = %s and version_id = %s and step = %s limit %s",
            [new.journey_id, old.version_id, step, sample + 1],
        )
        ids = [row[0] for row in cursor.fetchall()]
    rows = [row for row in look(ids[:sample]) if row.status == 0 and row.attempts == 0]
    if not rows:
        return 0.0, True
    here = new.steps[step]
    visits = Visits(here.step, rows, World(Store(now), new), new.journey_id, new.version_id)
    outcomes = here.kind.due_again(here.settings, visits, now)
    over = 0
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, Stay) or row.due_at is None or row.due_at <= now:
            continue
        limit = new.rules.policy.max_stay.after(row.entered_at)
        until = (outcome.until or limit) if isinstance(outcome, Wait) else now
        over += min(until, limit) <= now
    return over / len(ids[:sample]), len(ids) <= sample


def _ask(at: Place, ids: Sequence[int], wakes: dict[int, Wake]) -> int:
    """The step itself says until when they wait now."""
    rows = lock(ids)
    here = at.new.steps[at.step]
    visits = Visits(here.step, rows, World(Store(at.now), at.new), at.new.journey_id, at.new.version_id)
    try:
        with transaction.atomic():
            outcomes = here.kind.due_again(here.settings, visits, at.now)
    except Exception:
        # One odd person must not keep a million from moving: their waits go on as they were.
        log.exception("due_again_failed", step=at.step, version=at.new.version_id)
        outcomes = [Stay()] * len(rows)
    before = _dues(ids)
    stays = [row for row, found in zip(rows, outcomes, strict=True) if isinstance(found, Stay | Wait)]
    anew = [row.id for row, found in zip(rows, outcomes, strict=True) if not isinstance(found, Stay | Wait)]
    if anew:
        _send_on(at, at.step, anew)
    _remember(at, [row.id for row in stays], at.step, None)
    fresh: list[tuple[Row, datetime | None]] = []
    until: dict[int, datetime] = {}
    waits: list[tuple[int, str, int, datetime | None]] = []
    released = len(anew)
    for row, outcome in zip(rows, outcomes, strict=True):
        if not isinstance(outcome, Stay | Wait):
            continue
        limit, old_limit = (p.rules.policy.max_stay.after(row.entered_at) for p in (at.new, at.old))
        if isinstance(outcome, Wait):
            true = min(outcome.until or limit, limit)
            until[row.id] = true
            due: datetime | None = max(true, at.now, row.arrived_at + TICK)
        else:
            was = before[row.id]
            due = was if was is None else limit if was >= old_limit else min(was, limit)
        fresh.append((row, due))
        released += bool(row.status == 0 and due and due <= at.now and (before[row.id] or at.now) > at.now)
        if isinstance(outcome, Wait):
            waits += [(row.profile_id, name, row.id, due) for name in outcome.events]
    _write_dues(at, fresh)
    _wait_again(at, [row for row in rows if row.id in until], waits)
    _keep_contents(at, stays)
    wakes.update(_missed(at, [row for row in rows if row.id in until], until))
    return released


def _send_on(at: Place, target: str, ids: Sequence[int]) -> None:
    """They arrive at `target` as soon as the clock looks at them; what they waited for, or what failed, is over."""
    rows = lock(ids)
    _remember(at, ids, target, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_enrolment set version_id = %s, step = %s, seq = seq + 1, arrived_at = %s, attempts = 0, "
            "due_at = case status when 2 then null else %s::timestamptz end, "
            "frozen_due = case status when 2 then %s::timestamptz end, "
            "status = case status when 2 then 2 else 0 end where id = any(%s::bigint[])",
            [at.new.version_id, target, at.now, at.now, at.now, array(ids)],
        )
        # Should a pause come between, she arrives after it.
        set_contexts(cursor, [(row.id, {**row.whole_context, "$retry": True}) for row in rows])
        if names(at.old, at.step):
            event_waits.forget(cursor, [row.profile_id for row in rows], list(ids))
        drop_held(cursor, [(row.id, row.seq) for row in rows])
        cursor.execute("delete from journeys_failure where enrolment_id = any(%s::bigint[])", [array(ids)])
        write_log(cursor, ids, at.new.version_id, _route(at, target), seqs=-1, now=at.now)
        count(cursor, at.new.journey_id, [
            (at.old.version_id, at.step, "!moved", 0, len(ids)), (at.new.version_id, target, "", len(ids), 0),
        ])  # fmt: skip


def _remember(at: Place, ids: Sequence[int], target: str, hop: int | None, *, whole: bool = False) -> None:
    columns = "entry, context" if whole else "null, null"
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_movedperson (move_id, enrolment_id, version_id, step, seq, arrived_at, due_at, "
            f"status, to_step, to_seq, entry, context) select %s, id, version_id, step, seq, arrived_at, "
            f"coalesce(due_at, frozen_due), status, %s, seq + %s, {columns} from journeys_enrolment "
            "where id = any(%s::bigint[])",
            [at.move_id, target, hop or 0, array(ids)],
        )


def _dues(ids: Sequence[int]) -> dict[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, coalesce(due_at, frozen_due) from journeys_enrolment where id = any(%s::bigint[])",
            [array(ids)],
        )
        return dict(cursor.fetchall())


def _write_dues(at: Place, fresh: Sequence[tuple[Row, datetime | None]]) -> None:
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_enrolment e set version_id = %s, due_at = case status when 0 then u.due end, "
            "frozen_due = case status when 2 then u.due end "
            "from unnest(%s::bigint[], %s::timestamptz[]) u(id, due) where e.id = u.id",
            [at.new.version_id, array(row.id for row, _due in fresh), [due for _row, due in fresh]],
        )
        write_log(cursor, [row.id for row, _due in fresh], at.new.version_id, _route(at), seqs=0, now=at.now)


def _wait_again(
    at: Place, rows: Sequence[Row], waits: Sequence[tuple[int, str, int, datetime | None]]
) -> None:
    with connection.cursor() as cursor:
        if rows and names(at.old, at.step):
            event_waits.forget(cursor, [row.profile_id for row in rows], [row.id for row in rows])
        register(cursor, waits)


def _keep_contents(at: Place, rows: Sequence[Row]) -> None:
    """A message that is held keeps the content it was made with (steps.sending)."""
    if at.new.steps[at.step].kind.group is not Group.MESSAGES or not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select enrolment_id, seq, content_version_id from channels_message m join "
            "unnest(%s::bigint[], %s::bigint[]) v(id, at_seq) on m.enrolment_id = v.id and m.seq = v.at_seq "
            "where m.state = 'held' and m.content_version_id is not null",
            [array(row.id for row in rows), array(row.seq for row in rows)],
        )
        held = {id_: [seq, content] for id_, seq, content in cursor.fetchall()}
        set_contexts(
            cursor, [(row.id, {**row.whole_context, "$held": held[row.id]}) for row in rows if row.id in held]
        )


def _missed(at: Place, rows: Sequence[Row], until: dict[int, datetime]) -> dict[int, Wake]:
    """What happened since people arrived and only the new version waits for; conditions that it looks at otherwise."""
    old, new = at.old.steps[at.step], at.new.steps[at.step]
    fresh = sorted(set(names(at.new, at.step)) - set(names(at.old, at.step)))
    changed = list(old.kind.wait_conditions(old.settings)) != list(new.kind.wait_conditions(new.settings))
    if not rows or not (fresh or changed):
        return {}
    happened = events_since([row.profile_id for row in rows], fresh, [row.arrived_at for row in rows], at.now)
    found: dict[int, Wake] = {}
    for row, events in zip(rows, happened, strict=True):
        in_time: tuple[Happened, ...] = tuple(event for event in events if event.ts < until[row.id])
        if in_time or (changed and until[row.id] > at.now):
            found[row.id] = Wake(events=in_time, profile_changed=changed)
    return found


def _route(at: Place, target: str | None = None) -> str:
    route: list[dict[str, Any]] = [{"s": at.step, "o": None, "v": at.number}]
    if target is not None:
        route.append({"s": target, "o": None})
    return msgspec.json.encode(route).decode()
