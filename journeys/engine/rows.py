"""An enrolment as a batch holds it, and how rows are claimed and locked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from journeys.engine import states
from journeys.steps.outcomes import DUE, Happened, Json, Wake
from lib.fast_sql import array, bigints, fetch

COLUMNS = (
    "id, workspace_id, journey_id, version_id, profile_id, trigger, instance_key, step, seq, arrived_at, due_at, "
    "entered_at, attempts, status, entry::text, context::text"
)
_STEP, _SEQ = 7, 8  # where they stand in COLUMNS
_WIDTH = 16
# For so many rows the states of their journeys, and who they are, are asked for with them; only by claims, which never
# wait for a row while they hold a journey.
FEW = 16
_PUBLIC_ID = "(select public_id::text from profiles_profile where id = e.profile_id)"
RUNNING, FAILED, FROZEN = 0, 1, 2
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(msgspec.Struct, gc=False, eq=False):
    """Position and history of one person in this pass. `seq0` and `step0` are where she stood when it began."""

    id: int
    workspace_id: int
    journey_id: int
    version_id: int
    profile_id: int
    trigger: str
    instance_key: str
    step: str
    seq: int
    arrived_at: datetime
    due_at: datetime | None
    entered_at: datetime
    attempts: int
    status: int
    entry_text: str
    context_text: str
    step0: str
    seq0: int
    wake: Wake | None = None
    route: list[str] = []
    waits: tuple[str, ...] = ()
    end: tuple[str, str] | None = None
    moved: bool = False
    fresh: bool = False
    context_changed: bool = False
    retry: bool = False
    failed: bool = False
    journey_state: str | None = None  # None: not asked for yet
    public_id: str | None = None  # her own; the same
    _entry: Json | None = None
    _context: Json | None = None

    @property
    def attempts_now(self) -> int:
        """Attempts are counted from the last step that went well."""
        return 0 if self.seq != self.seq0 and not self.failed else self.attempts

    @property
    def entry(self) -> Json:
        if self._entry is None:
            self._entry = msgspec.json.decode(self.entry_text)
        return self._entry

    @property
    def context(self) -> Json:
        """What templates and conditions see: the engine's own notes start with "$" and stay out."""
        whole = self.whole_context
        return (
            {name: value for name, value in whole.items() if not name.startswith("$")}
            if "$" in self.context_text
            else whole
        )

    @property
    def whole_context(self) -> Json:
        if self._context is None:
            self._context = msgspec.json.decode(self.context_text)
        return self._context

    def set_context(self, context: Json) -> None:
        self._context = context
        self.context_text = msgspec.json.encode(context).decode()
        self.context_changed = True

    def remember(self, wake: Wake) -> None:
        """Keeps what would have woken her for when she may move again."""
        events = [*recall(self).events, *wake.events]
        rules = [*recall(self).rules, *wake.rules]
        note = {
            "events": [_noted(e) for e in events[-50:]],
            "rules": [_noted(e) for e in rules[-50:]],
            "profile": wake.profile_changed or recall(self).profile_changed,
            "changed": wake.rules_changed or recall(self).rules_changed,
        }
        self.set_context({**self.whole_context, "$wake": note})

    def wake_up(self) -> None:
        """Her due time has come, with what was remembered meanwhile. A wait always ends after it began: one who is due
        at the moment of her arrival has not been run at her step yet."""
        self.wake = None if self.due_at is not None and self.due_at <= self.arrived_at else DUE
        if '"$' not in self.context_text:
            return
        context = dict(self.whole_context)
        if "$retry" in context:  # the step never ran through: she arrives once more
            self.wake, self.retry = None, True
        elif "$wake" in context and self.wake is not None:
            kept = recall(self)
            self.wake = replace(kept, due=True)
        if context.pop("$retry", None) is not None or context.pop("$wake", None) is not None:
            context.pop("$wake", None)
            self.set_context(context)


def recall(row: Row) -> Wake:
    kept = row.whole_context.get("$wake") if '"$wake"' in row.context_text else None
    if not kept:
        return Wake()
    return Wake(
        events=tuple(_happened(e) for e in kept["events"]),
        rules=tuple(_happened(e) for e in kept["rules"]),
        profile_changed=kept["profile"],
        rules_changed=kept["changed"],
    )


def _noted(event: Happened) -> Json:
    return {"name": event.name, "ts": event.ts.isoformat(), "properties": event.properties, "id": event.id}


def _happened(note: Json) -> Happened:
    return Happened(note["name"], datetime.fromisoformat(note["ts"]), note["properties"], note["id"])


def claim(mark: datetime, now: datetime, limit: int) -> list[Row]:
    """Due rows after `mark`, locked until the transaction ends; those that others hold are passed over."""
    return _rows(
        f"{_select(limit)} where due_at > %s and due_at <= %s order by due_at limit %s for update of e skip locked",
        [mark, now, limit],
    )


def claim_ids(ids: Sequence[int], now: datetime) -> list[Row]:
    return _rows(
        f"{_select(len(ids))} where e.id = any(%s::bigint[]) and due_at <= %s order by e.id "
        "for update of e skip locked",
        [array(ids), now],
    )


def lock(ids: Sequence[int]) -> list[Row]:
    """These rows, waiting for whoever moves them now; in the order of ids, so that two that lock do not deadlock."""
    return _rows(
        f"select {COLUMNS} from journeys_enrolment where id = any(%s::bigint[]) order by id for update",
        [array(sorted(ids))],
    )


def look(ids: Sequence[int]) -> list[Row]:
    """These rows as they stand, unlocked: to reckon with, not to move."""
    return _rows(
        f"select {COLUMNS} from journeys_enrolment where id = any(%s::bigint[]) order by id", [bigints(ids)]
    )


def _select(count: int) -> str:
    if count > FEW:
        return f"select {COLUMNS} from journeys_enrolment e"
    return f"select {COLUMNS}, {states.STATE}, {_PUBLIC_ID} from journeys_enrolment e {states.BESIDE}"


def _rows(sql: str, params: list[Any]) -> list[Row]:
    found = fetch(sql, params)
    rows = [Row(*values[:_WIDTH], *values[_STEP : _SEQ + 1]) for values in found]
    if found and len(found[0]) > _WIDTH:
        for row, values in zip(rows, found, strict=True):
            row.journey_state, row.public_id = values[_WIDTH:]
    return rows
