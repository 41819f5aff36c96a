"""Many who do the same, kept as one: what they have in common once, and what differs between them as columns that are
read only when somebody asks. Where they stop doing the same they become rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from journeys.engine.rows import EPOCH, RUNNING, Row, look
from journeys.steps.outcomes import DUE, Wake
from journeys.steps.visits import Visits
from lib import binary_arrays
from lib.fast_sql import bigints, binary

FEW = 16  # so many and fewer are rows from the start, or again
_LONG = 2000  # bytes as they are stored
_BETWEEN = "\x1e"  # no JSON text has it

# What nearly every step reads is claimed; the rest (`_REST`) is read where somebody asks. `apart`: who was tried
# before, or has much in the table, which is no part of a value that brings thousands. The engine's notes in a context
# (rows.Row) are looked for in all of a group at once.
_CLAIM = f"""
select json_build_array(e.workspace_id, e.journey_id, e.version_id, e.trigger, e.step, e.waited, e.apart, count(*),
        min(e.entered_at))::text,
    array_agg(e.id), array_agg(e.profile_id), array_agg(e.seq::bigint),
    string_agg(e.entry::text, '{_BETWEEN}') filter (where not e.apart),
    string_agg(e.context::text, '{_BETWEEN}') filter (where not e.apart)
from (
    select id, workspace_id, journey_id, version_id, profile_id, trigger, step, seq, entered_at, entry, context,
        due_at > arrived_at waited,
        status <> 0 or attempts <> 0 or pg_column_size(entry) + pg_column_size(context) > {_LONG} apart
    from journeys_enrolment where {{which}} for update skip locked
) e group by e.workspace_id, e.journey_id, e.version_id, e.trigger, e.step, e.waited, e.apart
"""
_REST = """
select array_agg(e.arrived_at order by u.n), array_agg(e.due_at order by u.n), array_agg(e.entered_at order by u.n),
    json_agg(e.instance_key order by u.n)
from unnest(%s::bigint[]) with ordinality u(id, n) join journeys_enrolment e on e.id = u.id
"""


def _texts(data: bytes) -> list[str]:
    return data.decode().split(_BETWEEN)


_READERS: dict[str, Callable[[bytes], list[Any]]] = {  # in the order of the claim
    "id": binary_arrays.numbers,
    "profile_id": binary_arrays.numbers,
    "seq": binary_arrays.numbers,
    "entry_text": _texts,
    "context_text": _texts,
}
_REST_READERS: dict[str, Callable[[bytes], list[Any]]] = {
    "arrived_at": binary_arrays.moments,
    "due_at": binary_arrays.moments,
    "entered_at": binary_arrays.moments,
    "instance_key": msgspec.json.decode,
}


class Claimed:
    """A group of people as they were claimed, and stay until the batch is written."""

    __slots__ = (
        "_columns", "_raw", "apart", "count", "first_entered_at", "journey_id", "step", "trigger", "version_id",
        "waited", "workspace_id",
    )  # fmt: skip

    def __init__(self, shared: Sequence[Any], raw: dict[str, bytes | None]) -> None:
        (
            self.workspace_id, self.journey_id, self.version_id, self.trigger, self.step, self.waited, self.apart,
            self.count, entered_at,
        ) = shared  # fmt: skip
        self.first_entered_at = datetime.fromisoformat(entered_at)
        self._raw, self._columns = raw, dict[str, list[Any]]()

    def column(self, name: str) -> list[Any]:
        found = self._columns.get(name)
        if found is None:
            if name in _REST_READERS:
                self._read_rest()
                return self._columns[name]
            found = self._columns[name] = _READERS[name](self._raw[name] or b"")
        return found

    def _read_rest(self) -> None:
        result = binary(_REST, [bigints(self.column("id"))])
        for place, (name, read) in enumerate(_REST_READERS.items()):
            self._columns[name] = read(result.get_value(0, place))

    @property
    def noted(self) -> bool:
        """Somebody among them has notes of the engine."""
        return b'"$' in (self._raw["context_text"] or b"")


@dataclass(slots=True, eq=False)
class Crowd:
    """People of one group who went the same way in this pass. `places`: which of the group, None for all; `hops`: how
    many steps they have left; `route`: what the log keeps of it."""

    claimed: Claimed
    step: str
    wake: Wake | None
    places: Sequence[int] | None = None
    hops: int = 0
    route: tuple[str, ...] = ()
    _own: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.claimed.count if self.places is None else len(self.places)

    @property
    def small(self) -> bool:
        """Not worth being kept together."""
        return len(self) <= FEW

    def column(self, name: str, now: datetime) -> list[Any]:
        """As `Row` has it, of all of them."""
        if name == "wake":
            return [self.wake] * len(self)
        if self.hops and name == "arrived_at":
            return [now] * len(self)
        if self.hops and name == "due_at":
            return [None] * len(self)
        if name in ("entry", "context"):
            return list(map(_decode, self.column(f"{name}_text", now)))
        found = self.own(name)
        return [seq + self.hops for seq in found] if name == "seq" and self.hops else found

    def own(self, name: str) -> list[Any]:
        """As it was claimed."""
        if self.places is None:
            return self.claimed.column(name)
        found = self._own.get(name)
        if found is None:
            found = self._own[name] = _picked(self.claimed.column(name), self.places)
        return found

    def part(self, chosen: Sequence[int]) -> "Crowd":
        places = self.places
        at = chosen if places is None else _picked(places, chosen)
        return Crowd(self.claimed, self.step, self.wake, at, self.hops, self.route)

    def onward(self, step: str, visit: str) -> "Crowd":
        return Crowd(self.claimed, step, None, self.places, self.hops + 1, (*self.route, visit), self._own)

    def rows(self, now: datetime) -> list[Row]:
        """Each for herself from now on."""
        group, came = self.claimed, self.hops > 0
        found = []
        for id_, profile_id, key, seq, arrived_at, due_at, entered_at, entry, context in zip(
            *map(self.own, ("id", "profile_id", "instance_key", "seq", "arrived_at", "due_at", "entered_at",
            "entry_text", "context_text")), strict=True,
        ):  # fmt: skip
            row = Row(
                id_, group.workspace_id, group.journey_id, group.version_id, profile_id, group.trigger, key, self.step,
                seq + self.hops, now if came else arrived_at, None if came else due_at, entered_at, 0, RUNNING, entry,
                context, group.step, seq,
            )  # fmt: skip
            row.wake, row.moved, row.route = self.wake, came, list(self.route)
            found.append(row)
        return found


def _picked(values: Sequence[Any], places: Sequence[int]) -> list[Any]:
    return list(itemgetter(*places)(values)) if len(places) > 1 else [values[place] for place in places]


_decode = msgspec.json.Decoder().decode


def claim(
    mark: datetime, now: datetime, limit: int, *, last_first: bool = False
) -> tuple[list[Row], list[Crowd]]:
    """As `rows.claim` does, for many: those who have nobody to walk with as rows, not woken yet, and the others."""
    order = "due_at desc" if last_first else "due_at"
    return _claimed(f"due_at > %s and due_at <= %s order by {order} limit %s", [mark, now, limit])


def claim_of_journey(journey_id: int, now: datetime, limit: int) -> tuple[list[Row], list[Crowd]]:
    return _claimed("journey_id = %s and due_at <= %s order by due_at, id limit %s", [journey_id, now, limit])


def _claimed(which: str, params: list[Any]) -> tuple[list[Row], list[Crowd]]:
    result = binary(_CLAIM.format(which=which), params)
    alone: list[int] = []
    rows: list[Row] = []
    crowds: list[Crowd] = []
    for n in range(result.ntuples):
        shared, *columns = (result.get_value(n, column) for column in range(result.nfields))
        group = Claimed(_decode(shared or b""), dict(zip(_READERS, columns, strict=True)))
        crowd = Crowd(group, group.step, DUE if group.waited else None)
        if group.apart or crowd.small:
            alone += group.column("id")
        elif group.noted:
            rows += crowd.rows(EPOCH)
        else:
            crowds.append(crowd)
    if alone:
        rows += sorted(look(alone), key=_due)
    return rows, crowds


_due = attrgetter("due_at", "id")


class CrowdVisits(Visits):
    """The visits of crowds that stand at one step. `opened`: somebody wanted them as rows, and may have changed
    those."""

    __slots__ = ("crowds", "now", "opened")

    def __init__(self, crowds: Sequence[Crowd], now: datetime, *of: Any) -> None:
        super().__init__(of[0], (), *of[1:])
        self.crowds, self.now, self.opened = crowds, now, False

    def _column(self, name: str) -> list[Any]:
        if self.opened:
            return super()._column(name)
        found = self._columns.get(name)
        if found is None:
            parts = [crowd.column(name, self.now) for crowd in self.crowds]
            found = self._columns[name] = parts[0] if len(parts) == 1 else [v for part in parts for v in part]
        return found

    def __len__(self) -> int:
        return len(self._rows) if self.opened else sum(map(len, self.crowds))

    @property
    def raw(self) -> Sequence[Any]:
        if not self.opened:
            self._rows = [row for crowd in self.crowds for row in crowd.rows(self.now)]
            self.opened = True
        return self._rows
