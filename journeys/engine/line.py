"""What a batch knows of a limit, and what it writes: places taken, places in line, and the numbers of a shared line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journeys.steps.visits import Visits
from lib.fast_sql import array

_ADD = """
insert into journeys_place (journey_id, step, profile_id, enrolment_id, seq, taken, number, at)
select %(journey)s, %(step)s, v.line, v.id, v.seq, v.taken = 1, v.number, (%(moments)s::timestamptz[])[v.at]
from unnest(%(lines)s::bigint[], %(ids)s::bigint[], %(seqs)s::bigint[], %(taken)s::integer[], %(numbers)s::bigint[],
    %(ats)s::integer[]) with ordinality v(line, id, seq, taken, number, at, n) order by v.n
"""

_CHANGE = """
update journeys_place p set taken = v.taken = 1, number = coalesce(nullif(v.number, 0), p.number),
    at = (%(moments)s::timestamptz[])[v.at]
from unnest(%(places)s::bigint[], %(taken)s::integer[], %(numbers)s::bigint[], %(ats)s::integer[])
    v(id, taken, number, at) where p.id = v.id
"""

# The clock changes `waiting` too.
_KEEP = """
insert into journeys_line as l (journey_id, step, taken, waiting, last_taken, last_waiting)
values (%(journey)s, %(step)s, %(taken)s, %(waiting)s, %(last_taken)s, %(last_waiting)s)
on conflict (journey_id, step) do update set taken = l.taken + excluded.taken, waiting = l.waiting + excluded.waiting,
    last_taken = excluded.last_taken, last_waiting = excluded.last_waiting
"""


@dataclass(slots=True)
class Line:
    """One limit's state, and what this batch wants of it. `queued`: row -> place; `fresh`: rows without one.

    Of a line that all share: `over` is how many places' periods have ended, `last_taken` and `last_waiting` the last
    numbers given.
    """

    used: int = 0
    waiting: int = 0
    over: int = 0
    last_taken: int = 0
    last_waiting: int = 0
    first: list[tuple[int, int]] = field(default_factory=list)  # (place, enrolment) of those whose turn it is
    queued: dict[int, int] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)


def write(
    cursor: Any,
    at: dict[str, Any],
    visits: Visits,
    added: Sequence[tuple[int, int, bool, datetime]],
    changed: Sequence[tuple[int, bool, datetime]],
    shared: Line | None,
) -> None:
    came = [shared is not None and taken for _place, taken, _at in changed]
    numbers = _numbers(shared, came, [taken for _name, _row, taken, _at in added])
    # Few moments for many people: each is sent once.
    moments = sorted({*(moment for *_rest, moment in added), *(moment for *_rest, moment in changed)})
    number = {moment: place for place, moment in enumerate(moments, 1)}
    if added:
        ids, seqs = visits.enrolment_ids, visits.seqs
        new = {
            "lines": array(name for name, _row, _taken, _at in added),
            "ids": array(ids[row] for _name, row, _taken, _at in added),
            "seqs": array(seqs[row] for _name, row, _taken, _at in added),
            "taken": array(int(taken) for _name, _row, taken, _at in added),
            "numbers": array(numbers[len(changed) :]),
            "ats": array(number[moment] for _name, _row, _taken, moment in added),
        }
        cursor.execute(_ADD, at | new | {"moments": moments})
    if changed:
        new = {
            "places": array(place for place, _taken, _at in changed),
            "taken": array(int(taken) for _place, taken, _at in changed),
            "numbers": array(numbers[: len(changed)]),
            "ats": array(number[moment] for _place, _taken, moment in changed),
        }
        cursor.execute(_CHANGE, new | {"moments": moments})
    if shared is not None and (added or any(came) or shared.over):
        taken = sum(came) + sum(taken for _name, _row, taken, _at in added)
        numbers_now = {
            "taken": taken - shared.over,
            "waiting": len(added) - taken,
            "last_taken": shared.last_taken,
            "last_waiting": shared.last_waiting,
        }
        cursor.execute(_KEEP, at | numbers_now)


def _numbers(shared: Line | None, came: Sequence[bool], added: Sequence[bool]) -> list[int]:
    """The numbers of the places that were waited for (0: it stays) and of the new ones."""
    if shared is None:
        return [0] * (len(came) + len(added))
    found = []
    for n, taken in enumerate((*came, *added)):
        if taken:
            shared.last_taken += 1
        elif n >= len(came):
            shared.last_waiting += 1
        found.append(shared.last_taken if taken else shared.last_waiting if n >= len(came) else 0)
    return found
