"""The log of enrolments, put together again: which steps a person visited, when, and what decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from journeys.engine import plan
from journeys.engine.plan import Plan
from journeys.engine.rows import EPOCH
from journeys.steps.outcomes import Json
from profiles import masking


@dataclass(slots=True)
class Visit:
    """One stay at one step. `why`: [{"condition", "value", "result"}]; `message`: {"state", "reason"} of the one
    made."""

    step: str
    arrived_at: datetime
    left_at: datetime | None = None
    outlet: str | None = None
    why: list[Json] = field(default_factory=list)
    message: Json | None = None
    ended: str | None = None
    note: Json | None = None
    odd_zone: str | None = None  # what she has as her time zone and is none
    moved: int | None = None  # the number of the version to which she was moved while she stood here
    found: Plan | None = None  # the version that she walked here
    sent: Any = None  # the message as it stands in the outbox (unsent.attach)


@dataclass(slots=True)
class Walk:
    """An enrolment as the log tells it."""

    enrolment_id: int
    trigger: str | None = None
    entered_why: list[Json] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def hide(self, show: masking.Show) -> None:
        """Takes out of it what a reader may not see."""
        self.entered_why = masking.facts(self.entered_why, show)
        for visit in self.visits:
            visit.why = masking.facts(visit.why, show)


def walks(enrolment_ids: Sequence[int], since: datetime | None = None) -> dict[int, Walk]:
    """The log of these enrolments, put together; one query. `since`: when the first of them entered, which spares
    looking into the months before."""
    found = {id_: Walk(id_) for id_ in enrolment_ids}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "select enrolment_id, version_id, at, route::text from journeys_pass "
            "where enrolment_id = any(%s::bigint[]) and at >= %s order by enrolment_id, at, seq, id",
            [list(found), since or EPOCH],
        )
        rows = cursor.fetchall()
    plans = plan.load({row[1] for row in rows})
    for id_, version_id, at, route in rows:
        _add(found[id_], plans.get(version_id), at, msgspec.json.decode(route) if route else [])
    return found


def why_of(found: Plan | None, part: Json) -> list[Json]:
    """The leaf values in a part of a route; leaves of the step's own conditions stand there by their place."""
    leaves = found.leaves(part["s"]) if found is not None and "s" in part else []
    why = []
    for leaf in part.get("w", []):
        if isinstance(leaf, dict):
            why.append({"condition": leaf["c"], "value": leaf["v"], "result": leaf["r"]})
        elif leaf[0] < len(leaves):
            why.append({"condition": leaves[leaf[0]], "value": leaf[1], "result": leaf[2]})
    return why


def _add(walk: Walk, found: Plan | None, at: datetime, route: list[Json]) -> None:
    for place, part in enumerate(route):
        why = why_of(found, part)
        if "t" in part:
            walk.trigger, walk.entered_why = part["t"], why
            continue
        again = (
            (place == 0 or "g" in route[place - 1])
            and walk.visits
            and walk.visits[-1].left_at is None
            and walk.visits[-1].step == part["s"]
        )
        if not again:
            walk.visits.append(Visit(part["s"], at))
        visit = walk.visits[-1]
        visit.outlet, visit.ended = part["o"], part.get("x")
        visit.why = why or visit.why
        visit.message = part.get("m") or visit.message
        visit.note = part.get("n") or visit.note
        visit.odd_zone = part.get("z") or visit.odd_zone
        visit.moved = part.get("v") or visit.moved
        sent_on = "v" in part and place + 1 < len(route)
        visit.found = visit.found if sent_on else found
        if visit.outlet is not None or visit.ended or sent_on:
            visit.left_at = at
