"""People enter a journey: at most one running enrolment per journey, person and instance key (rule 1)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction

from journeys.engine import advance, plan, rescue, states
from journeys.engine.apply import StepError, arrive
from journeys.engine.plan import Plan, PlanTrigger
from journeys.engine.route import started
from journeys.engine.rows import Row
from journeys.engine.rules import instance
from journeys.engine.run import Batch, run
from journeys.engine.world import Store
from journeys.steps.outcomes import Json
from lib.fast_sql import array, fetch
from profiles.conditions import Rows, evaluate


@dataclass(slots=True)
class Candidate:
    """Somebody who would enter: `entry` is what started it, `at` when that happened, `mark` its number, if any.

    `event_id`: that of an event, received at `received`; it starts one enrolment, however often we are told of it.
    `again`: told once more; the first event of its batch.
    """

    profile_id: int
    entry: Json
    at: datetime
    mark: str = ""
    event_id: int | None = None
    received: datetime | None = None
    again: int | None = None
    key: str | None = None
    why: list[Json] | None = None


@dataclass(slots=True)
class Refusal:
    """Somebody who did not enter, and why."""

    trigger: str
    at: datetime
    why: list[Json]
    profile_id: int = 0


def enrol(
    version_id: int,
    trigger: str,
    profile_ids: Sequence[int],
    entries: Sequence[Json],
    now: datetime,
    keys: Sequence[str] | None = None,
) -> list[int]:
    """Lets people in by hand or by API and moves them on at once; returns the profiles that entered.

    The trigger's own `where` is not asked: whoever calls has chosen the people. `keys` are instance keys; without,
    `policy.reentry.key` finds them in the entries.
    """
    found = plan.load([version_id])[version_id]
    people = [
        Candidate(profile_id, entry, now, key=keys[i] if keys else None)
        for i, (profile_id, entry) in enumerate(zip(profile_ids, entries, strict=True))
    ]
    return enter(found, found.triggers[trigger], people, now)


def enter(
    found: Plan,
    way: PlanTrigger,
    people: Sequence[Candidate],
    now: datetime,
    draws: dict[str, str] | None = None,
) -> list[int]:
    """In one transaction they are enrolled and moved to their first stop. Raises nothing for one bad person: then all
    are enrolled as due, and moved (or set aside) one by one."""
    if not people:
        return []
    try:
        with transaction.atomic():
            if states.movable([found.journey_id]).get(found.journey_id) != "live":
                return []
            batch = Batch({found.version_id: found}, Store(now, draws=draws or {}))
            rows = insert(batch, found, way, people, due=None)
            run(batch, rows)
            advance.finish(batch, last=True)
    except StepError as error:
        with transaction.atomic():
            batch = Batch({found.version_id: found}, Store(now))
            rows = insert(batch, found, way, people, due=now)
            for row in rows:
                row.due_at = now
            batch.rows += rows
            advance.finish(batch)
        rescue.isolate([row.id for row in rows], now, error, draws)
        return [row.profile_id for row in rows]
    advance.after_commit(batch)
    return [row.profile_id for row in rows]


_INSERT = """
insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, instance_key, step, seq,
    arrived_at, due_at, frozen_due, status, attempts, entered_at, event_id, entry, context)
select %(workspace)s, %(journey)s, %(version)s, c.p, %(trigger)s::text, c.k, %(step)s::text, 1,
    %(now)s, %(due)s::timestamptz, null, 0, 0, c.a, c.n, c.e, '{{}}'
from (
    select coalesce(person.merged_into_id, person.id) p, c.k, c.a, c.n, c.e, c.r, c.g
    from (
        select distinct on (c.p, c.k) c.*
        from jsonb_to_recordset(%(people)s::jsonb) c(i integer, p bigint, k text, a timestamptz, e json, n bigint,
            r timestamptz, g bigint)
        order by c.p, c.k, c.i
    ) c
    join profiles_profile person on person.id = c.p and person.workspace_id = %(workspace)s
        and person.erased_at is null and (person.merged_into_id is null or exists (
            select 1 from profiles_profile kept where kept.id = person.merged_into_id and kept.erased_at is null
        ))
) c
where not exists (
    select 1 from journeys_finished f
    where f.journey_id = %(journey)s and f.profile_id = c.p and f.instance_key = c.k and f.ended_at > %(since)s
) {told}
order by c.p, c.k
on conflict (journey_id, profile_id, instance_key) do nothing
returning id, profile_id, instance_key, entered_at, entry::text
"""

# What an event has started already it does not start again. Told once more, it finds things as they were when it came:
# she was inside then, unless by an event of its own batch.
_TOLD = """and not exists (
    select 1 from journeys_finished f
    where f.journey_id = %(journey)s and f.profile_id = c.p and f.instance_key = c.k and f.ended_at >= c.r
    and (f.event_id = c.n or f.entered_at <= c.r and coalesce(f.event_id, 0) < c.g)
)"""

# One that ended while we looked: our statement saw no ended one yet, and no running one any more.
_AGAIN = """
delete from journeys_enrolment e using journeys_finished f
where e.id = any(%(ids)s::bigint[]) and f.journey_id = e.journey_id and f.profile_id = e.profile_id
    and f.instance_key = e.instance_key and f.ended_at > %(since)s
returning e.id
"""


def insert(
    batch: Batch, found: Plan, way: PlanTrigger, people: Sequence[Candidate], due: datetime | None
) -> list[Row]:
    """Enrols whom the re-entry rule lets in, in the caller's transaction; the rows stand at the first step."""
    target = way.trigger.next
    if target is None or not people:
        return []
    now, reentry = batch.now, found.rules.policy.reentry
    since = datetime.max.replace(tzinfo=UTC)
    if reentry.mode == "never":
        since = datetime.min.replace(tzinfo=UTC)
    elif reentry.mode == "after_exit" and reentry.cooldown:
        since = reentry.cooldown.before(now)
    told = _TOLD if reentry.mode != "never" and any(one.event_id for one in people) else ""
    values: list[Json] = []
    whys: dict[tuple[int, str], list[Json] | None] = {}
    for i, one in enumerate(people):
        key = one.key if one.key is not None else instance(one.entry, reentry.key)
        if reentry.mode == "every_time":
            key = f"{key}#{one.mark or uuid.uuid4().hex}"
        # She entered when it happened; one that reaches us hours late starts now.
        at = one.at if now - advance.FULL_LOOK * 60 <= one.at <= now else now
        value = {"i": i, "p": one.profile_id, "k": key, "a": at, "e": one.entry}
        if one.event_id:
            value |= {"n": one.event_id, "r": one.received or now, "g": one.again}
        values.append(value)
        whys.setdefault((one.profile_id, key), one.why)
    inserted = fetch(
        _INSERT.format(told=told),
        {
            "workspace": found.workspace_id,
            "journey": found.journey_id,
            "version": found.version_id,
            "trigger": way.trigger.key,
            "step": target,
            "now": now,
            "due": due,
            "since": since,
            "people": msgspec.json.encode(values).decode(),
        },
    )
    gone: set[int] = set()
    if inserted and since < now:
        gone = {row[0] for row in fetch(_AGAIN, {"ids": array(row[0] for row in inserted), "since": since})}
    rows = []
    for id_, profile_id, key, entered_at, entry in inserted:
        if id_ in gone:
            continue
        row = Row(
            id_,
            found.workspace_id,
            found.journey_id,
            found.version_id,
            profile_id,
            way.trigger.key,
            key,
            target,
            1,
            now,
            due,
            entered_at,
            0,
            0,
            entry,
            "{}",
            target,
            1,
            fresh=True,
        )
        row.route.append(started(way.trigger.key, whys.get((profile_id, key))))
        arrive(batch, row, target)
        batch.counts[found.journey_id, found.version_id, "", ""][0] += 1
        rows.append(row)
    return rows


def admitted(
    found: Plan, way: PlanTrigger, people: Sequence[Candidate], now: datetime, zone: str = "UTC"
) -> tuple[list[Candidate], list[Refusal]]:
    """Those of whom the trigger's `where` holds, each with the values that decided; and the others."""
    where = way.kind.where(way.settings)
    if where is None or not people:
        return list(people), []
    rows = Rows(
        workspace_id=found.workspace_id,
        profile_ids=[one.profile_id for one in people],
        now=now,
        entry=[one.entry for one in people],
        zone=zone,
    )
    (verdict,) = evaluate([found.compiled(where)], rows)
    inside, outside = [], []
    for i, one in enumerate(people):
        why: list[Any] = verdict.why(i)
        if verdict.results[i]:
            one.why = why
            inside.append(one)
        else:
            outside.append(Refusal(way.trigger.key, one.at, why, one.profile_id))
    return inside, outside
