"""Events move people: whoever waits for them goes on, whom they make leave leaves, whom they let in enters.

Called with each committed batch of events, in the process that took them in.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from journeys.engine import advance, dates, live, refused, rescue
from journeys.engine import plan as plans
from journeys.engine.apply import ATTEMPTS, BACKOFF, StepError
from journeys.engine.enrol import Candidate, Refusal, admitted, enter
from journeys.engine.live import Index
from journeys.engine.plan import PROFILE, Plan
from journeys.engine.refused import Turned
from journeys.engine.rows import lock
from journeys.engine.run import Batch, run
from journeys.engine.world import Store
from journeys.steps.outcomes import Happened, Wake
from lib.fast_sql import array, fetch
from profiles.signals import RecordedEvent


def handle(
    workspace_id: int,
    events: Sequence[RecordedEvent],
    profiles_changed: Sequence[int],
    now: datetime,
    *,
    index: Index | None = None,
    draws: dict[str, str] | None = None,
    refusals: list[Refusal] | None = None,
) -> None:
    """`index` and `refusals` are for simulations: their own journey alone, and who did not enter why."""
    known = index if index is not None else live.index(workspace_id)
    if known.names:
        _handle(known, events, profiles_changed, now, draws, refusals)
    if known.dates and profiles_changed:
        dates.learn(workspace_id, profiles_changed, now)


def _handle(
    known: Index,
    events: Sequence[RecordedEvent],
    profiles_changed: Sequence[int],
    now: datetime,
    draws: dict[str, str] | None,
    refusals: list[Refusal] | None,
) -> None:
    mine: dict[int, list[RecordedEvent]] = defaultdict(list)
    for event in events:
        if event.name in known.names and not event.late:  # a late one is history: it wakes and starts nobody
            mine[event.profile_id].append(event)
    changed = set(profiles_changed) if PROFILE in known.names else set()
    for happened in mine.values():
        happened.sort(key=lambda event: event.ts)
    turn = 0
    # What one person did is looked at in turn: she may enter by the first event and leave by the second.
    while mine or changed:
        these = {profile_id: happened[turn] for profile_id, happened in mine.items() if turn < len(happened)}
        if not these and not changed:
            return
        # Nobody waits for what only lets people in, and whom it lets in under an old number is found there.
        heard = {p: event for p, event in these.items() if event.name not in known.entrances}
        merged = _wake(known, heard, changed, now, draws) if heard or changed else {}
        _enter(known, {p: these[p] for p in these if p not in merged}, now, draws, refusals)
        if merged:  # since these events were stored: what she did is the kept one's
            late = [
                replace(event, profile_id=kept)
                for gone, kept in merged.items()
                for event in mine.pop(gone, [])[turn:]
            ]
            kept_changed = {merged[p] for p in changed if p in merged}
            _handle(known, late, sorted(kept_changed), now, draws, refusals)
        changed, turn = set(), turn + 1


def _wake(
    known: Index,
    told: dict[int, RecordedEvent],
    changed: set[int],
    now: datetime,
    draws: dict[str, str] | None,
) -> dict[int, int]:
    """Returns those who have become somebody else meanwhile, and whom: nobody waits under their old numbers."""
    merged: dict[int, int] = {}
    events = {pk: Happened(event.name, event.ts, event.properties, event.id) for pk, event in told.items()}
    wanted = [(profile_id, event.name) for profile_id, event in events.items()] + [
        (p, PROFILE) for p in changed
    ]
    journeys = sorted({journey for _p, name in wanted for journey in known.rules.get(name, ())})
    running = [row[0] for row in known.stamp]
    waits: dict[int, Wake] = {}
    for id_, profile_id, name in fetch(
        "select w.enrolment_id, x.profile_id, x.name from unnest(%s::bigint[], %s::text[]) x(profile_id, name) "
        "join journeys_eventwait w on w.profile_id = x.profile_id and w.name = x.name "
        "join journeys_enrolment e on e.id = w.enrolment_id and e.journey_id = any(%s::bigint[]) "
        "union all select p.merged_into_id, p.id, null from profiles_profile p "
        "where p.id = any(%s::bigint[]) and p.merged_into_id is not null",
        [
            array(p for p, _n in wanted),
            [n for _p, n in wanted],
            array(running),
            array({p for p, _n in wanted}),
        ],
    ):
        if name is None:
            merged[profile_id] = id_
            continue
        waits[id_] = _add(waits.get(id_), None if name == PROFILE else events[profile_id], rule=False)
    if journeys:
        for id_, journey_id, profile_id in fetch(
            "select e.id, e.journey_id, e.profile_id from unnest(%s::bigint[]) j(id) cross join "
            "unnest(%s::bigint[]) p(id) join journeys_enrolment e on e.journey_id = j.id and e.profile_id = p.id",
            [array(journeys), array(sorted({p for p, _n in wanted}))],
        ):
            event = events.get(profile_id)
            if event is not None and journey_id in known.rules.get(event.name, ()):
                waits[id_] = _add(waits.get(id_), event, rule=True)
            if profile_id in changed and journey_id in known.rules.get(PROFILE, ()):
                waits[id_] = _add(waits.get(id_), None, rule=True)
    go_on(waits, now, draws)
    return merged


def _add(wake: Wake | None, event: Happened | None, *, rule: bool) -> Wake:
    old = wake or Wake()
    if event is None:
        return Wake(
            events=old.events,
            rules=old.rules,
            profile_changed=old.profile_changed or not rule,
            rules_changed=old.rules_changed or rule,
        )
    if rule:
        return Wake(
            events=old.events,
            rules=(*old.rules, event),
            profile_changed=old.profile_changed,
            rules_changed=old.rules_changed,
        )
    return Wake(
        events=(*old.events, event),
        rules=old.rules,
        profile_changed=old.profile_changed,
        rules_changed=old.rules_changed,
    )


def go_on(wakes: dict[int, Wake], now: datetime, draws: dict[str, str] | None) -> None:
    """Moves those whom it concerns; where a step raises, in halves down to the one."""
    if not wakes:
        return
    try:
        with transaction.atomic():
            batch = _process(wakes, now, draws, last=True)
    except StepError as error:
        ids = sorted(wakes)
        if len(ids) == 1:
            _keep(ids[0], wakes[ids[0]], now, error)
            return
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            go_on({id_: wakes[id_] for id_ in half}, now, draws)
        return
    advance.after_commit(batch)


def wake(wakes: dict[int, Wake], now: datetime) -> list[Batch]:
    """The same within the caller's transaction, which holds the rows; `advance.after_commit` of what is returned is the
    caller's, once it has committed."""
    if not wakes:
        return []
    try:
        with transaction.atomic():
            return [_process(wakes, now, None)]
    except StepError as error:
        ids = sorted(wakes)
        if len(ids) == 1:
            _keep(ids[0], wakes[ids[0]], now, error)
            return []
        middle = len(ids) // 2
        return [
            batch
            for half in (ids[:middle], ids[middle:])
            for batch in wake({id_: wakes[id_] for id_ in half}, now)
        ]


def _process(
    wakes: dict[int, Wake], now: datetime, draws: dict[str, str] | None, *, last: bool = False
) -> Batch:
    rows = lock(list(wakes))
    batch = Batch(plans.load(row.version_id for row in rows), Store(now, draws=draws or {}))
    moving, still = advance.by_state(rows)
    for row in rows:
        row.wake = wakes[row.id]
    kept = [row for row in moving if row.status != 0] + [
        row for row, state in still if state in ("paused", "")
    ]
    rescue.remember(kept)  # paused or set aside: she learns of it when she goes on
    run(batch, [row for row in moving if row.status == 0])
    advance.finish(batch, last=last)
    return batch


def _keep(id_: int, wake: Wake, now: datetime, error: StepError) -> None:
    """One whom an event could not move keeps the event for her next try."""
    with transaction.atomic():
        for row in lock([id_]):
            row.wake = wake
            rescue.remember([row])
            with connection.cursor() as cursor:
                cursor.execute(
                    "update journeys_enrolment set due_at = least(due_at, %s) where id = %s and status = 0",
                    [now + BACKOFF[min(row.attempts, ATTEMPTS - 2)], id_],
                )


def _enter(
    known: Index,
    events: dict[int, RecordedEvent],
    now: datetime,
    draws: dict[str, str] | None,
    refusals: list[Refusal] | None,
) -> None:
    wanted: dict[tuple[int, str], tuple[Plan, Any, list[Candidate]]] = {}
    for profile_id, event in events.items():
        for found, way in known.triggers.get(event.name, ()):
            at = wanted.setdefault((found.version_id, way.trigger.key), (found, way, []))
            at[2].append(
                Candidate(
                    profile_id,
                    event.properties,
                    event.ts,
                    mark=str(event.id or ""),
                    event_id=event.id,
                    received=event.received_at,
                    again=event.again,
                )
            )
    turned: list[Turned] = []
    for found, way, people in wanted.values():
        inside, outside = admitted(found, way, people, now, found.document.time_zone or "UTC")
        entered = set(enter(found, way, inside, now, draws))
        if refusals is not None:
            refusals += outside
            refusals += [
                Refusal(way.trigger.key, one.at, []) for one in inside if one.profile_id not in entered
            ]
        elif way.kind.where(way.settings) is not None:
            this = (found.journey_id, found.version_id, way.trigger.key)
            turned += [Turned(one.profile_id, *this, one.at, "where", one.why) for one in outside]
            # What is told once more may have let her in the first time.
            turned += [
                Turned(one.profile_id, *this, one.at, "reentry", one.why or [])
                for one in inside
                if one.profile_id not in entered and one.again is None
            ]
    refused.remember(turned)
