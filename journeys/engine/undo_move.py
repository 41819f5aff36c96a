"""Puts people back where they stood before a move, as long as they have not moved on since: their old version, step
and due time. Those whom the move made leave are let in again, unless they have entered anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from journeys.engine import event_waits, on_events, plan
from journeys.engine.fates import names
from journeys.engine.moved_rows import count, register, set_contexts
from journeys.engine.plan import Plan
from journeys.engine.record import drop_held
from journeys.engine.rows import Row, lock
from journeys.engine.run import Batch
from journeys.engine.world import events_since
from journeys.models import Journey, Move, MovedPerson, Version
from journeys.steps.outcomes import Wake

CHUNK = 5000
MOST = 100_000

_ABLE = """
select count(*) from (
    select from journeys_movedperson m left join journeys_enrolment e on e.id = m.enrolment_id
    where m.move_id = %(move)s and (
        e.version_id = %(version)s and e.step = m.to_step and e.seq = m.to_seq
        or e.id is null and m.to_step = '' and m.entry is not null and not exists (
            select 1 from journeys_finished f join journeys_enrolment again on again.journey_id = f.journey_id
                and again.profile_id = f.profile_id and again.instance_key = f.instance_key
            where f.enrolment_id = m.enrolment_id
        )
    ) limit %(most)s
) able
"""


def able(move: Move) -> int | None:
    """How many people an undo would put back now; None where too many were moved to be counted in passing."""
    if move.moved > MOST:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_ABLE, {"move": move.pk, "version": move.version_id, "most": MOST})
        return int(cursor.fetchone()[0])


def chunk(move: Move, now: datetime, batches: list[Batch]) -> int:
    """In the caller's transaction; returns how many people were put back."""
    before = list(
        MovedPerson.objects.filter(move_id=move.pk, enrolment_id__gt=move.cursor).order_by("enrolment_id")[
            :CHUNK
        ]
    )
    if not before:
        move.state, move.look_at = "undone", now
        return 0
    move.cursor = before[-1].enrolment_id
    plans = plan.load({move.version_id, *(was.version_id for was in before)})
    numbers = dict(Version.objects.filter(pk__in=plans).values_list("pk", "number"))
    rows = {row.id: row for row in lock([was.enrolment_id for was in before])}
    stayed: list[tuple[MovedPerson, Row]] = []
    left: list[MovedPerson] = []
    for was in before:
        row = rows.get(was.enrolment_id)
        if row is not None:
            if (row.version_id, row.step, row.seq) == (move.version_id, was.to_step, was.to_seq):
                stayed.append((was, row))
        elif was.to_step == "":
            left.append(was)
    back = _put_back(stayed, plans, numbers, now)
    back += _let_in(move, left, plans, numbers, now)
    batches += on_events.wake(_missed(back, plans, now), now)
    move.undone += len(back)
    move.left += len(before) - len(back)
    return len(back)


_PUT_BACK = """
update journeys_enrolment e set version_id = b.version, step = b.step, seq = b.seq, arrived_at = b.arrived,
    due_at = case status when 0 then case when b.due <= b.arrived then b.due else greatest(b.due, %(now)s) end end,
    frozen_due = case status when 2 then b.due end
from json_to_recordset(%(back)s::json)
    b(id bigint, version bigint, step text, seq integer, arrived timestamptz, due timestamptz) where e.id = b.id
"""
_LOG = """
insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)
select e.workspace_id, e.journey_id, e.version_id, e.id, e.profile_id, b.seq, %(now)s, b.route
from json_to_recordset(%(log)s::json) b(id bigint, seq integer, route json) join journeys_enrolment e on e.id = b.id
"""


def _put_back(
    people: Sequence[tuple[MovedPerson, Row]], plans: dict[int, Plan], numbers: dict[int, int], now: datetime
) -> list[Row]:
    if not people:
        return []
    back, log, contexts, deltas = [], [], [], dict[tuple[int, str, str], int]()
    for was, row in people:
        sent_on = was.to_seq != was.seq
        # Set aside then and free now: she tries again. A visit's number is never given twice.
        again = (was.status == 1 and row.status == 0) or (sent_on and _asks_anew(plans, was))
        due = now if again else was.due_at
        back.append(
            {
                "id": row.id,
                "version": was.version_id,
                "step": was.step,
                "seq": row.seq + sent_on,
                "arrived": was.arrived_at,
                "due": due,
            }
        )
        route: list[dict[str, Any]] = [{"s": row.step, "o": None, "v": numbers[was.version_id]}]
        if sent_on:
            route.append({"s": was.step, "o": None})
            contexts.append(
                (
                    row.id,
                    {
                        name: value
                        for name, value in row.whole_context.items()
                        if name not in ("$retry", "$wake")
                    },
                )
            )
            for key in ((row.version_id, row.step, "!moved"), (was.version_id, was.step, "")):
                deltas[key] = deltas.get(key, 0) + 1
        log.append({"id": row.id, "seq": row.seq, "route": route})
    with connection.cursor() as cursor:
        _wait_again(cursor, people, plans)
        cursor.execute(_PUT_BACK, {"now": now, "back": msgspec.json.encode(back).decode()})
        set_contexts(cursor, contexts)
        held = [(row.id, row.seq) for was, row in people if was.to_seq != was.seq]
        if held:
            drop_held(cursor, held)
        cursor.execute(_LOG, {"now": now, "log": msgspec.json.encode(log).decode()})
        count(
            cursor,
            people[0][1].journey_id,
            [
                (version, step, outlet, 0 if outlet else n, n if outlet else 0)
                for (version, step, outlet), n in deltas.items()
            ],
        )
    return lock([row.id for _was, row in people])


def _wait_again(cursor: Any, people: Sequence[tuple[MovedPerson, Row]], plans: dict[int, Plan]) -> None:
    """Where the step, then or now, waits for events."""
    listening = [
        (was, row)
        for was, row in people
        if names(plans[was.version_id], was.step) or names(plans[row.version_id], row.step)
    ]
    if not listening:
        return
    event_waits.forget(
        cursor, [row.profile_id for _was, row in listening], [row.id for _was, row in listening]
    )
    register(
        cursor,
        [
            (row.profile_id, name, row.id, was.due_at)
            for was, row in listening
            for name in names(plans[was.version_id], was.step)
        ],
    )


_LET_IN = """
with back as (
    select * from json_to_recordset(%(back)s::json)
        b(id bigint, version bigint, step text, seq integer, arrived timestamptz, due timestamptz, entry json,
        context json)
), entered as (
    insert into journeys_enrolment (id, workspace_id, journey_id, version_id, profile_id, trigger, instance_key, step,
        seq, arrived_at, due_at, frozen_due, status, attempts, entered_at, event_id, entry, context)
    select b.id, f.workspace_id, f.journey_id, b.version, f.profile_id, f.trigger, f.instance_key, b.step, b.seq,
        b.arrived, case when %(paused)s then null else b.due end, case when %(paused)s then b.due end,
        case when %(paused)s then 2 else 0 end, 0, f.entered_at, f.event_id, b.entry, b.context
    from back b join journeys_finished f on f.enrolment_id = b.id and f.reason = 'step_removed'
    join profiles_profile p on p.id = f.profile_id and p.erased_at is null
    on conflict do nothing
    returning id
), gone as (
    delete from journeys_finished where enrolment_id in (select id from entered)
)
select id from entered
"""


def _let_in(
    move: Move, people: Sequence[MovedPerson], plans: dict[int, Plan], numbers: dict[int, int], now: datetime
) -> list[Row]:
    if not people:
        return []
    state = Journey.objects.values_list("state", flat=True).get(pk=move.journey_id)
    if state not in ("live", "paused"):
        return []
    back = [
        {
            "id": was.enrolment_id,
            "version": was.version_id,
            "step": was.step,
            "seq": was.seq + 1,
            "arrived": was.arrived_at,
            # One who was never run at her step still arrives there; one who was set aside tries again.
            "due": _due_again(plans, was, now),
            "entry": was.entry,
            "context": was.context,
        }
        for was in people
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LET_IN, {"back": msgspec.json.encode(back).decode(), "paused": state == "paused"})
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        rows = lock(ids)
        register(
            cursor,
            [
                (row.profile_id, name, row.id, row.due_at)
                for row in rows
                for name in names(plans[row.version_id], row.step)
            ],
        )
        log = [
            {
                "id": row.id,
                "seq": row.seq,
                "route": [{"s": row.step, "o": None, "v": numbers[row.version_id]}],
            }
            for row in rows
        ]
        cursor.execute(_LOG, {"now": now, "log": msgspec.json.encode(log).decode()})
        deltas = dict[tuple[int, str], int]()
        for row in rows:
            for at in ((row.version_id, row.step), (row.version_id, "")):
                deltas[at] = deltas.get(at, 0) - 1
        count(cursor, move.journey_id, [(v, step, "!step_removed", 0, n) for (v, step), n in deltas.items()])
    return rows


def _due_again(plans: dict[int, Plan], was: MovedPerson, now: datetime) -> datetime:
    if was.due_at is None:
        return now
    if was.due_at <= was.arrived_at:
        return was.due_at
    return now if _asks_anew(plans, was) else max(was.due_at, now)


def _asks_anew(plans: dict[int, Plan], was: MovedPerson) -> bool:
    """Whether what she waits for is kept by the number of her visit, and so was given up when she was sent on: a call,
    a place in a line."""
    here = plans[was.version_id].steps.get(was.step)
    return here is not None and here.kind.kind in ("call_webhook", "limit")


def _missed(rows: Sequence[Row], plans: dict[int, Plan], now: datetime) -> dict[int, Wake]:
    """What they waited for before may have happened meanwhile."""
    waiting = [(row, names(plans[row.version_id], row.step)) for row in rows]
    waiting = [(row, wanted) for row, wanted in waiting if wanted]
    if not waiting:
        return {}
    every = sorted({name for _row, wanted in waiting for name in wanted})
    found = events_since(
        [row.profile_id for row, _w in waiting], every, [row.arrived_at for row, _w in waiting], now
    )
    return {
        row.id: Wake(events=mine)
        for (row, wanted), events in zip(waiting, found, strict=True)
        if (mine := tuple(event for event in events if event.name in wanted))
    }
