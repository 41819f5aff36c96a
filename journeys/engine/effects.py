"""What steps do beyond their own journey: consents, events, other journeys, goals; all in the batch's transaction.

What journeys set off by themselves has an end: an event that a journey records, and a journey that it enters, carry how
many went before (`depth`); at `MOST_DEPTH` no more follow. One who has been in her journey for `CALM` begins anew, for
such a circle turns no faster than the loops that a journey may have (journeys.md 6, rule 6).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection

from journeys.engine import live, plan, states
from journeys.engine.plan import Plan, PlanTrigger
from journeys.models import Journey
from journeys.steps.outcomes import Json
from journeys.steps.visits import Visits
from profiles import consent, record_event
from profiles.call import Call
from profiles.signals import RecordedEvent

if TYPE_CHECKING:
    from journeys.engine.world import World

MOST_DEPTH = 5
CALM = timedelta(minutes=1)
DEPTH = "$depth"  # in the context of an enrolment that another journey started

# An event that started an enrolment stands near its start; what others wrote into its context is no number of ours.
_STARTED = """
select e.id, jsonb_path_query_first(started.context::jsonb, %s, '{}', true)::numeric
from journeys_enrolment e join profiles_event started on started.id = e.event_id
    and started.ts between e.entered_at - interval '1 day' and e.entered_at
where e.id = any(%s) and e.event_id is not null
"""
_NUMBER = 'strict $.journey.depth ? (@.type() == "number" && @ < 100)'


def write_consents(world: "World", visits: Visits, medium: str, topic: str, state: str) -> None:
    """The proof: that a journey said so, which one, and where."""
    wording = f"{world.plan.document.name} · {visits.step.name or visits.step.key}"
    now = world.store.now
    answers = [
        consent.Answer(profile_id, medium, topic, state, now, how="journey", wording=wording)
        for profile_id in visits.profile_ids
    ]
    with connection.cursor() as cursor:
        changed = consent.write(cursor, answers)
    if changed:
        world.store.changed.setdefault(world.workspace_id, set()).update(changed)


def record_events(
    world: "World", visits: Visits, rows: Sequence[int], name: str, properties: Sequence[Json]
) -> list[bool]:
    """Through profiles.record_event, whose news outlives this process; once for each visit, by its message id."""
    raws = [visits.raw[row] for row in rows]
    journey = str(Journey.objects.values_list("public_id", flat=True).get(pk=visits.journey_id))
    contexts: dict[int, Json] = {}
    calls: list[Call] = []
    answers: list[bool] = []
    for raw, depth, values in zip(raws, _depths(world, raws), properties, strict=True):
        answers.append(depth < MOST_DEPTH)
        if depth < MOST_DEPTH:
            about = {"journey": {"id": journey, "step": visits.step.key, "depth": depth + 1}}
            calls.append(
                Call(
                    "track",
                    world.store.now,
                    profile_id=raw.profile_id,
                    event=name,
                    message_id=f"journey:{raw.id}:{raw.seq}",
                    properties=values,
                    context=contexts.setdefault(depth, about),
                )
            )
    if calls:
        record_event.record(world.workspace_id, None, calls, world.store.now)
    if calls and live.in_sandbox():
        world.store.recorded += [(world.workspace_id, event) for event in _stored(world, calls)]
    return answers


def _stored(world: "World", calls: Sequence[Call]) -> list[RecordedEvent]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select profile_id, name, ts, properties::text, received_at, id from profiles_event where "
            "profile_id = any(%s) and ts = %s and message_id = any(%s) order by id",
            [[call.profile_id for call in calls], world.store.now, [call.message_id for call in calls]],
        )
        return [
            RecordedEvent(profile_id, name, ts, msgspec.json.decode(properties), received_at, id=id_)
            for profile_id, name, ts, properties, received_at, id_ in cursor.fetchall()
        ]


def enter_journey(
    world: "World", visits: Visits, rows: Sequence[int], journey: str, entries: Sequence[Json]
) -> list[str]:
    """They stand at the other journey's first step, due at once, when the batch is committed. This process moves them
    then; should it die before, the clock does."""
    found = _way_in(world, journey)
    if found is None:
        return ["closed"] * len(rows)
    if live.in_sandbox():
        return ["would"] * len(rows)
    raws = [visits.raw[row] for row in rows]
    depths = _depths(world, raws)
    entered: dict[int, Counter[int]] = {
        depth: _enrol(world, found, [at for at, d in enumerate(depths) if d == depth], raws, entries, depth)
        for depth in sorted(set(depths))
        if depth < MOST_DEPTH
    }
    answers = []
    for raw, depth in zip(raws, depths, strict=True):
        if depth >= MOST_DEPTH:
            answers.append("too_deep")
        elif entered[depth][raw.profile_id]:
            entered[depth][raw.profile_id] -= 1
            answers.append("entered")
        else:
            answers.append("refused")
    return answers


def _way_in(world: "World", journey: str) -> tuple[Plan, PlanTrigger] | None:
    """The live version's `journey` trigger; None where nobody can come in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, live_id from journeys_journey where workspace_id = %s and public_id::text = %s "
            "and live_id is not null",
            [world.workspace_id, journey],
        )
        row = cursor.fetchone()
    if row is None or states.movable([row[0]]).get(row[0]) != "live":
        return None
    found = plan.load([row[1]])[row[1]]
    ways = (way for way in found.triggers.values() if way.kind.kind == "journey" and way.trigger.next)
    way = next(ways, None)
    return (found, way) if way else None


def _enrol(
    world: "World",
    to: tuple[Plan, PlanTrigger],
    places: Sequence[int],
    raws: Sequence[Any],
    entries: Sequence[Json],
    depth: int,
) -> "Counter[int]":
    """How many enrolments of each profile began."""
    from journeys.engine.enrol import Candidate, insert
    from journeys.engine.record import write
    from journeys.engine.run import Batch
    from journeys.engine.world import Store

    (found, way), now = to, world.store.now
    people = [
        Candidate(raws[at].profile_id, entries[at], now, mark=f"j{raws[at].id}.{raws[at].seq}")
        for at in places
    ]
    batch = Batch({found.version_id: found}, Store(now))
    batch.rows = insert(batch, found, way, people, due=now)
    for row in batch.rows:
        row.due_at = now
        row.set_context({DEPTH: depth + 1})
    write(batch)
    world.store.entered += [row.id for row in batch.rows]
    return Counter(row.profile_id for row in batch.rows)


def reach_goal(world: "World", visits: Visits, name: str, values: Sequence[Decimal | None]) -> None:
    """A row for the value; and the one mark and count that an enrolment has of its goal, if it has none yet."""
    lines = [
        {"e": raw.id, "v": str(value) if value is not None else None}
        for raw, value in zip(visits.raw, values, strict=True)
    ]
    fresh = [raw for raw in visits.raw if not raw.whole_context.get("$goal")]
    for raw in fresh:
        raw.set_context({**raw.whole_context, "$goal": True})
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_reached (workspace_id, journey_id, version_id, enrolment_id, step, name, value, at) "
            "select %s, %s, %s, r.e, %s, %s, r.v, %s from jsonb_to_recordset(%s::jsonb) r(e bigint, v numeric) "
            "on conflict (enrolment_id, name) do nothing",
            [
                world.workspace_id,
                visits.journey_id,
                visits.version_id,
                visits.step.key,
                name,
                world.store.now,
                msgspec.json.encode(lines).decode(),
            ],
        )
        if fresh:
            cursor.execute(
                "insert into journeys_countdelta (journey_id, version_id, step, entered) values (%s, %s, '$goal', %s)",
                [visits.journey_id, visits.version_id, len(fresh)],
            )


def _depths(world: "World", raws: Sequence[Any]) -> list[int]:
    """How many journeys and events went before each of these enrolments."""
    recent = [raw for raw in raws if world.store.now - raw.entered_at < CALM]
    known: dict[int, int] = defaultdict(int)
    unknown = []
    for raw in recent:
        if f'"{DEPTH}"' in raw.context_text:
            known[raw.id] = int(raw.whole_context[DEPTH])
        else:
            unknown.append(raw.id)
    if unknown:
        with connection.cursor() as cursor:
            cursor.execute(_STARTED, [_NUMBER, unknown])
            known.update({id_: int(depth) for id_, depth in cursor.fetchall() if depth is not None})
    return [known[raw.id] for raw in raws]
