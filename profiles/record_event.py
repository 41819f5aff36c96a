"""AN EVENT ARRIVES: dedupe, identify, store, announce. Every way in ends here: HTTP, files, journeys, mails.

One transaction a batch, a handful of statements however many calls:

1. message ids: the ones seen before fall out (parallel twins wait for each other at the unique key)
2. people: found and locked in the order of their ids, new ones made, same ones merged (profiles.identify, .merge)
3. attributes, consents, devices: one statement each, where the calls have any
4. the row of profiles.announcements, which outlives this process, and the events: COPY
After commit: signals.events_recorded, which starts and moves journeys in this very process.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors

from lib.fast_sql import fetch
from profiles import (
    announcements,
    attributes,
    computed,
    consent,
    devices,
    erased_names,
    event_rows,
    identify,
    known_names,
    parting,
    places,
    source_notes,
)
from profiles.call import Call
from profiles.linking import Links
from profiles.membership import noticing
from profiles.merge import merge
from profiles.signals import CONSENTS, NEW, RecordedEvent

SEE = """
insert into profiles_messageid (workspace_id, message_id, seen_at)
select %(workspace)s::bigint, m.id, %(now)s::timestamptz from jsonb_array_elements_text(%(ids)s::jsonb) as m(id)
order by m.id on conflict do nothing returning message_id
"""
NOBODY = "names nobody: the person is unknown or erased"
ATTEMPTS = 4


@dataclass(slots=True)
class Result:
    """What became of the calls, by their index. profile_ids: None where a call was a duplicate or was rejected."""

    stored: int = 0
    duplicates: list[int] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    profile_ids: list[int | None] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    created: int = 0
    merged: int = 0


def record(
    workspace_id: int,
    source_id: int | None,
    calls: Sequence[Call],
    now: datetime,
    *,
    quiet: bool = False,
) -> Result:
    """Stores the calls and announces them. quiet: nobody is told (past events from a file start no journey).

    Call it outside of a transaction where you can: a deadlock with another batch is then tried again.
    """
    for attempt in range(ATTEMPTS):
        try:
            result = _record(workspace_id, source_id, calls, now, quiet)
            break
        except OperationalError as error:
            again = isinstance(error.__cause__, errors.DeadlockDetected | errors.SerializationFailure)
            if not again or connection.in_atomic_block or attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.01 * 2**attempt)
    if source_id is not None:
        source_notes.recorded(source_id, workspace_id, calls, result.profile_ids, result.rejected, now)
    return result


def _record(
    workspace_id: int, source_id: int | None, calls: Sequence[Call], now: datetime, quiet: bool
) -> Result:
    result = Result(profile_ids=[None] * len(calls))
    with transaction.atomic(), connection.cursor() as cursor:
        fresh = _fresh(workspace_id, calls, now, result)
        if not fresh:
            return result
        batch = [calls[index] for index in fresh]
        noted = known_names.admit(cursor, workspace_id, source_id, batch, now)
        figures = computed.watch(workspace_id, batch)
        places.watch(batch)
        links, patches, refused = _people(cursor, workspace_id, source_id, batch, now, result)
        result.rejected += [(fresh[position], reason) for position, reason in refused.items()]
        rows: list[tuple[Call, int]] = []
        origins: list[int | None] = []
        for position, (call, node) in enumerate(zip(batch, links.of_call, strict=True)):
            pk = node.final().id if node else None
            if pk is None:
                if position not in refused:
                    result.rejected.append((fresh[position], links.reasons.get(position, NOBODY)))
                continue
            if position in refused:
                continue
            result.profile_ids[fresh[position]] = pk
            result.stored += 1
            rows.append((call, pk))
            if call.event is not None:
                origins.append(links.origin(position))
        changed = set(attributes.write(cursor, patches, now))
        changed.update(consent.write(cursor, _answers(rows, source_id, quiet), now))
        changed.update(devices.remember(cursor, workspace_id, rows))
        changed.update(node.id for node in links.nodes if node.is_new and node.id is not None)
        changed.update(into for _merged, into in links.pairs())
        parted = parting.part(cursor, workspace_id, links.parted, now)
        computed.recompute(cursor, workspace_id, parted, now)
        changed.update(parted)
        changed.update(places.note(cursor, rows, now))
        events = [(call, pk) for call, pk in rows if call.event is not None]
        changed.update(figures.people(events))
        result.changed = sorted(changed)
        told, ids = None, None
        minded: announcements.Minded = False
        if not quiet and (events or result.changed):
            names = {call.event or "" for call, _pk in events}
            minded = announcements.minds(workspace_id, names, changed=bool(result.changed))
        if minded is not False:
            told, ids = announcements.number(
                cursor, workspace_id, now, events=len(events), changed=result.changed
            )
        if events:
            statement, lines = event_rows.lay_out(workspace_id, source_id, events, now, ids, origins)
            with cursor.copy(statement) as copy:
                copy.write(lines)
        figures.update(cursor, events, now)
        known_names.note(
            cursor,
            noted,
            ((call.event or "", call.properties) for call, _ in events),
            (call.traits or call.fill for call, _ in rows),
            now,
        )
        transaction.on_commit(lambda: known_names.remember(noted, now))
        if not quiet and (events or result.changed):
            recorded = _recorded(events, ids, now)
            written = _written(links, patches, rows, [one.name for one in figures.definitions])
            announcements.announce(told, workspace_id, recorded, result.changed, minded, written)
        elif quiet and (events or result.changed):
            recorded = _recorded(events, ids, now)
            transaction.on_commit(
                lambda: noticing.notice(workspace_id, recorded, result.changed, now, quiet=True), robust=True
            )
    result.rejected.sort()
    return result


def _written(
    links: Links,
    patches: dict[int, attributes.Patch],
    rows: list[tuple[Call, int]],
    figures: Iterable[str],
) -> frozenset[str] | None:
    """What of profiles was written (signals.events_recorded); None: it may be anything."""
    if links.merges or links.parted:
        return None
    names = {places.ATTRIBUTE, *figures}
    for patch in patches.values():
        names.update(patch.given, patch.fill, patch.gone)
    if any(node.is_new for node in links.nodes):
        names.add(NEW)
    if any(call.consents for call, _pk in rows):
        names.add(CONSENTS)
    return frozenset(names)


def _fresh(workspace_id: int, calls: Sequence[Call], now: datetime, result: Result) -> list[int]:
    """The indexes of the calls that were not seen before; the first of twins in one batch."""
    first: dict[str, int] = {}
    for index, call in enumerate(calls):
        if call.message_id:
            first.setdefault(call.message_id, index)
    if not first:
        return list(range(len(calls)))
    ids = msgspec.json.encode(list(first)).decode()
    new = {message_id for (message_id,) in fetch(SEE, {"workspace": workspace_id, "now": now, "ids": ids})}
    fresh = []
    for index, call in enumerate(calls):
        if not call.message_id or (call.message_id in new and first[call.message_id] == index):
            fresh.append(index)
        else:
            result.duplicates.append(index)
    return fresh


def _people(
    cursor: CursorWrapper,
    workspace_id: int,
    source_id: int | None,
    batch: list[Call],
    now: datetime,
    result: Result,
) -> tuple[Links, dict[int, attributes.Patch], dict[int, str]]:
    reasons = identify.clean(workspace_id, batch)
    for _attempt in range(10):
        links = identify.link(cursor, workspace_id, batch)
        erased_names.bar(cursor, workspace_id, batch, links, now)
        patches, refused = attributes.fold(batch, links.of_call)
        if identify.create(cursor, workspace_id, links, patches, now, source_id):
            break
    else:
        raise OperationalError("the same people are being made by too many others at once")
    links.reasons.update(reasons)
    pairs = links.pairs()
    merge(cursor, workspace_id, pairs, now)
    result.merged = len(pairs)
    result.created = sum(node.is_new and node.into is None for node in links.nodes)
    by_id = {
        node.id: patches[id(node)]
        for node in {id(n): n for n in (m.final() for m in links.nodes)}.values()
        if node.id is not None and not node.is_new and id(node) in patches
    }
    return links, by_id, refused


def _answers(rows: list[tuple[Call, int]], source_id: int | None, vouched: bool) -> list[consent.Answer]:
    """vouched: a file's answers were given elsewhere, by the company's own proof."""
    return [
        consent.Answer(
            pk,
            medium,
            topic,
            state,
            call.ts,
            "import" if vouched else "identify",
            confirmed=vouched,
            source_id=source_id,
        )
        for call, pk in rows
        if call.consents
        for medium, topics in call.consents.items()
        for topic, state in topics.items()
    ]


def _recorded(
    events: list[tuple[Call, int]], ids: Sequence[int] | None, now: datetime
) -> list[RecordedEvent]:
    oldest = now - announcements.lateness()
    return [
        RecordedEvent(
            pk,
            call.event or "",
            call.ts,
            call.properties,
            now,
            late=call.ts < oldest,
            id=ids[place] if ids else None,
        )
        for place, (call, pk) in enumerate(events)
    ]
