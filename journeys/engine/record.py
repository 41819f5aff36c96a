"""Writes a batch: one statement a kind of change, whatever the number of people. The caller commits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from struct import Struct
from typing import Any

import msgspec
from django.db import connection

from channels import outbox
from journeys.engine import event_waits, single
from journeys.engine.crowd import Claimed, Crowd
from journeys.engine.rows import Row
from journeys.engine.run import Batch
from lib import binary_copy
from lib.fast_sql import array, bigints, packed, run, together

FEW = 16  # so many groups of rows that change alike get a statement each, and so many rows travel in one go


_LOG = "journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)"
_OWN = Struct(">iqiqii").pack  # its columns enrolment_id to seq, each behind its length


def write(batch: Batch, *, last: bool = False) -> set[int]:
    """Returns the accounts that have something to send now, for `outbox.wake` after the commit.

    Most statements travel without waiting for each other. While the server works on them the long rows are laid out
    here: the log's and the messages', which COPY takes. `last`: nothing comes after it in the transaction, so for few
    people COMMIT goes with them."""
    row = single.alone(batch)
    if row is not None and not event_waits.there(batch, row.version_id, row.step0):
        return single.write(batch, row, last=last)
    moved = [row for row in batch.rows if row.moved]
    logged, alike = [row for row in moved if row.route], batch.store.alike
    crowds = batch.crowds
    few = len(moved) <= FEW and len(batch.store.messages) <= FEW and not crowds
    for one in alike:
        if one.many:
            outbox.find_account(one.common)
    with connection.cursor() as cursor:
        with packed(last=last) if few else together():
            event_waits.forget_left(cursor, batch, moved)
            _move_crowds(batch)
            _move(cursor, batch, [row for row in moved if row.end is None])
            _finish(cursor, batch, [row for row in moved if row.end is not None])
            _count(batch)
            event_waits.remember([row for row in moved if row.waits and row.end is None])
            _fail(cursor, batch)
            if few:
                _log(batch, logged)
                accounts = _send(cursor, batch)
            else:
                lines = _laid_out(batch, logged, crowds)
                for one in alike:
                    if one.many:
                        outbox.lay_out(one)
        if not few:
            wrapped = connection.wrap_database_errors  # which what COPY raises at its end would pass by
            with wrapped, cursor.copy(f"copy {_LOG} from stdin (format binary)") as copy:
                copy.write(lines)
            accounts = _send(cursor, batch)
    return set().union(*accounts)


_MOVE = (
    "update journeys_enrolment set step = %s::text, due_at = %s::timestamptz, seq = seq + %s::integer, "
    "arrived_at = %s::timestamptz, attempts = %s::integer, status = %s::integer "
    "where id = any(%s::bigint[])"
)
_END = (
    "with gone as (delete from journeys_enrolment where id = any(%s::bigint[]) returning id, workspace_id, journey_id, "
    "version_id, profile_id, trigger, instance_key, seq, entered_at, event_id) "
    "insert into journeys_finished (enrolment_id, workspace_id, journey_id, version_id, profile_id, trigger, "
    "instance_key, step, seq, entered_at, event_id, ended_at, reason, outcome) "
    "select id, workspace_id, journey_id, version_id, profile_id, trigger, instance_key, %s::text, "
    "seq + %s::integer, entered_at, event_id, "
    "%s::timestamptz, %s::text, %s::text from gone"
)


def _move_crowds(batch: Batch) -> None:
    for crowd, until in batch.waiting:
        run(_MOVE, [crowd.step, until, crowd.hops, batch.now, 0, 0, bigints(crowd.own("id"))])
    for crowd, reason, outcome in batch.ended:
        run(_END, [bigints(crowd.own("id")), crowd.step, crowd.hops, batch.now, reason, outcome])


def _move(cursor: Any, batch: Batch, rows: list[Row]) -> None:
    alike: dict[tuple[str, datetime | None, int, datetime, int, int], list[int]] = defaultdict(list)
    for row in rows:
        attempts = row.attempts and row.attempts_now
        alike[row.step, row.due_at, row.seq - row.seq0, row.arrived_at, attempts, row.status].append(row.id)
    if len(alike) <= FEW:
        for values, ids in alike.items():
            run(_MOVE, [*values, bigints(ids)])
    else:
        names = sorted({row.step for row in rows})
        place = {name: index for index, name in enumerate(names, 1)}
        cursor.execute(
            "update journeys_enrolment e set step = (%s::text[])[u.step], due_at = u.due_at, seq = u.seq, "
            "arrived_at = u.arrived_at, attempts = u.attempts, status = u.status "
            "from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[], "
            "%s::timestamptz[], %s::bigint[], %s::bigint[]) "
            "u(id, step, due_at, seq, arrived_at, attempts, status) where e.id = u.id",
            [
                names,
                [row.id for row in rows],
                [place[row.step] for row in rows],
                [row.due_at for row in rows],
                [row.seq for row in rows],
                [row.arrived_at for row in rows],
                [row.attempts_now for row in rows],
                [row.status for row in rows],
            ],
        )
    changed = [{"id": row.id, "context": row.whole_context} for row in rows if row.context_changed]
    if changed:
        cursor.execute(
            "update journeys_enrolment e set context = r.context from jsonb_to_recordset(%s::jsonb) "
            "r(id bigint, context json) "
            "where e.id = r.id",
            [msgspec.json.encode(changed).decode()],
        )


def _finish(cursor: Any, batch: Batch, rows: list[Row]) -> None:
    alike: dict[tuple[str, int, str, str], list[int]] = defaultdict(list)
    for row in rows:
        reason, outcome = row.end or ("", "")
        alike[row.step, row.seq - row.seq0, reason, outcome].append(row.id)
    for (step, hops, reason, outcome), ids in alike.items():
        run(_END, [bigints(ids), step, hops, batch.now, reason, outcome])
    # A message that was held for somebody who has left is not sent; the step she stood at never ran through.
    held = [(row.id, row.seq0) for row in rows if not row.fresh and row.seq == row.seq0]
    if held:
        drop_held(cursor, held)


def drop_held(cursor: Any, visits: Iterable[tuple[int, int]]) -> None:
    ids, seqs = zip(*visits, strict=True)
    cursor.execute(
        "update channels_message m set state = 'skipped', reason = 'exit_rule' from "
        "unnest(%s::bigint[], %s::bigint[]) v(id, seq) "
        "where m.enrolment_id = v.id and m.seq = v.seq and m.state = 'held'",
        [array(ids), array(seqs)],
    )


def _log(batch: Batch, rows: list[Row]) -> None:
    """For few: COPY takes some round trips of its own."""
    if not rows:
        return
    routes = (f"[{','.join(row.route)}]" for row in rows)
    run(
        f"insert into {_LOG} select w, j, v, e, p, s, %s::timestamptz, r from rows from (unnest(%s::bigint[], "
        "%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[]), json_array_elements(%s::json)) "
        "u(w, j, v, e, p, s, r)",
        [
            batch.now,
            array(row.workspace_id for row in rows),
            array(row.journey_id for row in rows),
            array(row.version_id for row in rows),
            array(row.id for row in rows),
            array(row.profile_id for row in rows),
            array(row.seq0 for row in rows),
            f"[{','.join(routes)}]",
        ],
    )


def _laid_out(batch: Batch, rows: list[Row], crowds: Sequence[Crowd]) -> bytes:
    """The rows of the log for COPY."""
    moment = binary_copy.moment(batch.now)
    heads: dict[int, bytes] = {}

    def head_of(one: Row | Claimed) -> bytes:
        head = heads.get(one.version_id)
        if head is None:
            numbers = (one.workspace_id, one.journey_id, one.version_id)
            head = heads[one.version_id] = b"\0\x08" + b"".join(map(binary_copy.bigint, numbers))
        return head

    tails: dict[str, bytes] = {}  # most went the same way
    lines: list[bytes | bytearray] = [binary_copy.START]
    for row in rows:
        head = head_of(row)
        route = ",".join(row.route)
        tail = tails.get(route)
        if tail is None:
            tail = tails[route] = moment + binary_copy.text(f"[{route}]")
        lines += (head, _OWN(8, row.id, 8, row.profile_id, 4, row.seq0), tail)
    for crowd in crowds:
        head, tail = head_of(crowd.claimed), moment + binary_copy.text(f"[{','.join(crowd.route)}]")
        at = len(head)
        lines.append(
            binary_copy.repeated(
                head + _OWN(8, 0, 8, 0, 4, 0) + tail,
                len(crowd),
                (at + 4, binary_copy.numbers("q", crowd.own("id"))),
                (at + 16, binary_copy.numbers("q", crowd.own("profile_id"))),
                (at + 28, binary_copy.numbers("i", crowd.own("seq"))),
            )
        )
    lines.append(binary_copy.END)
    return b"".join(lines)


def _count(batch: Batch) -> None:
    if not batch.counts:
        return
    keys = sorted(batch.counts)
    run(
        "insert into journeys_countdelta (journey_id, version_id, step, outlet, entered, completed) "
        "select * from jsonb_to_recordset(%s::jsonb) r(j bigint, v bigint, s text, o text, e integer, c integer)",
        [
            msgspec.json.encode(
                [
                    {
                        "j": k[0],
                        "v": k[1],
                        "s": k[2],
                        "o": k[3],
                        "e": batch.counts[k][0],
                        "c": batch.counts[k][1],
                    }
                    for k in keys
                ]
            ).decode()
        ],
    )


def _fail(cursor: Any, batch: Batch) -> None:
    parked = [(row, step, error) for row, step, error in batch.failed if row.status == 1]
    for row, step, error in parked:
        park(cursor, row.id, row.journey_id, step, error, row.attempts, batch.now)


def park(cursor: Any, id_: int, journey_id: int, step: str, error: str, attempts: int, now: datetime) -> None:
    cursor.execute(
        "insert into journeys_failure (enrolment_id, journey_id, step, error, attempts, at) values "
        "(%s, %s, %s, %s, %s, %s) "
        "on conflict (enrolment_id) do update set step = excluded.step, error = excluded.error, "
        "attempts = excluded.attempts, at = excluded.at",
        [id_, journey_id, step, error.replace("\0", "")[:2000], attempts, now],
    )


def _send(cursor: Any, batch: Batch) -> list[Iterable[int]]:
    store = batch.store
    if store.unheld:
        ids, seqs = zip(*store.unheld, strict=True)
        cursor.execute(
            "delete from channels_message m using unnest(%s::bigint[], %s::bigint[]) v(id, seq) "
            "where m.enrolment_id = v.id and m.seq = v.seq and m.state = 'held'",
            [array(ids), array(seqs)],
        )
    return [outbox.create(cursor, store.messages), *outbox.create_alike(cursor, store.alike)]
