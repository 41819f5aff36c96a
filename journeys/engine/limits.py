"""The places of `limit` steps: at most so many in any span of the period, however many workers come by at once.

A place that somebody took is a row, and so is one that somebody stands in line for. Who comes by a limit that all
people share holds its lock until the batch is committed; where each has her own, the lock is on the profile. Under
the lock places are counted and given: first to those in line, in the order in which they came, then to those who
come now. Who gets none is told when a place will most likely be free. If one before her has left the journey meanwhile,
the first in line is called earlier: by whoever comes by next, or by the clock (`call`).

The line that all share may be a million long: its numbers stand in a row of their own (journeys_line), and its places
are numbered, so that nothing is counted.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from journeys.engine.line import Line, write
from journeys.steps.visits import Visits
from lib.durations import Duration
from lib.fast_sql import array, fetch
from lib.localtime import first_zone

if TYPE_CHECKING:
    from journeys.engine.world import World

_SPACE = 7303  # our advisory locks on limits: (space, hash of journey and step)
OVERDUE = timedelta(seconds=5)  # so long one whose place is free may take to come for it
SOONEST = timedelta(seconds=1)

_HERE = "journey_id = %(journey)s and step = %(step)s"

_STATE = f"""
with gone as (
    delete from journeys_place where {_HERE} and profile_id = any(%(lines)s::bigint[]) and taken and at <= %(since)s
)
select profile_id, count(*) filter (where taken and at > %(since)s), count(*) filter (where not taken)
from journeys_place where {_HERE} and profile_id = any(%(lines)s::bigint[]) group by profile_id
"""

_LINE = f"""
with gone as (
    delete from journeys_place where {_HERE} and profile_id = 0 and taken and at <= %(since)s returning 1
)
select (select count(*) from gone), coalesce(max(taken), 0), coalesce(max(waiting), 0), coalesce(max(last_taken), 0),
    coalesce(max(last_waiting), 0)
from journeys_line where {_HERE}
"""

_OWN = """
select p.enrolment_id, p.seq, p.id, p.taken from unnest(%(ids)s::bigint[], %(seqs)s::bigint[]) v(id, seq)
join journeys_place p on p.enrolment_id = v.id and p.seq = v.seq
"""

# Those who still stand here; who was set aside after an error holds up nobody.
_FIRST = f"""
select p.profile_id, p.id, p.enrolment_id
from unnest(%(lines)s::bigint[], %(free)s::bigint[]) l(line, free) cross join lateral (
    select profile_id, id, enrolment_id from journeys_place p
    where {_HERE} and profile_id = l.line and not taken and exists (
        select from journeys_enrolment e where e.id = p.enrolment_id and e.seq = p.seq and e.status <> 1
    )
    order by id limit l.free
) p order by p.profile_id, p.id
"""

_RANKS = f"""
select id, rank from (
    select id, row_number() over (partition by profile_id order by id) - 1 rank
    from journeys_place where {_HERE} and profile_id = any(%(lines)s::bigint[]) and not taken
) r where id = any(%(places)s::bigint[])
"""

_TIMES = f"""
select profile_id, rank, at from (
    select profile_id, at, row_number() over (partition by profile_id order by at, id) - 1 rank
    from journeys_place where {_HERE} and profile_id = any(%(lines)s::bigint[]) and taken and at > %(since)s
) r where rank = any(%(ranks)s::bigint[])
"""

# The same of the shared line, by the numbers of its places. Those who left make a rank too high, never too low.
_SHARED_RANKS = f"""
select id, number - (
    select number from journeys_place where {_HERE} and profile_id = 0 and not taken order by number limit 1
) from journeys_place where id = any(%(places)s::bigint[])
"""

_SHARED_TIMES = f"""
with oldest as materialized (
    select number from journeys_place where {_HERE} and profile_id = 0 and taken order by number limit 1
)
select 0, r.rank, p.at from oldest cross join unnest(%(ranks)s::bigint[]) r(rank) cross join lateral (
    select at from journeys_place
    where {_HERE} and profile_id = 0 and taken and number >= oldest.number + r.rank order by number limit 1
) p
"""

_WAKE = """
update journeys_enrolment set due_at = %(now)s where id in (
    select id from journeys_enrolment where id = any(%(ids)s::bigint[]) and status = 0 and due_at > %(now)s
    for update skip locked
)
"""

# Somebody should have come for a place and did not: if she has left, the next in her line is called. A shared line that
# is being written right now is left to the next look: whoever writes it calls the first as well.
_CALL = """
with shared as materialized (
    select journey_id, step from journeys_line where (journey_id, step) in (
        select journey_id, step from journeys_place where not taken and at <= %(overdue)s and profile_id = 0
    ) for update skip locked
), gone as (
    delete from journeys_place p where not taken and at <= %(overdue)s and not exists (
        select from journeys_enrolment e where e.id = p.enrolment_id and e.seq = p.seq
    ) and (profile_id > 0 or (journey_id, step) in (select journey_id, step from shared))
    returning journey_id, step, profile_id
), fewer as (
    update journeys_line l set waiting = l.waiting - g.n
    from (select journey_id, step, count(*) n from gone where profile_id = 0 group by journey_id, step) g
    where l.journey_id = g.journey_id and l.step = g.step
), lines as (
    select journey_id, step, profile_id, count(*) free from gone group by journey_id, step, profile_id
), first as (
    select p.enrolment_id from lines l cross join lateral (
        select enrolment_id from journeys_place p
        where p.journey_id = l.journey_id and p.step = l.step and p.profile_id = l.profile_id and not taken
            and exists (select from journeys_enrolment e where e.id = p.enrolment_id and e.seq = p.seq)
        order by id limit l.free
    ) p
)
update journeys_enrolment set due_at = %(now)s where id in (
    select id from journeys_enrolment where id in (select enrolment_id from first) and status = 0 and due_at > %(now)s
    for update skip locked
)
"""


def take_places(
    world: "World", visits: Visits, count: int, per: Duration, *, own: bool, line_up: bool
) -> list[datetime | None]:
    """None for whom a place was free and is hers now; else when one will most likely be. `own`: each person has `count`
    places of her own. `line_up`: who gets none stands in line until she leaves the step."""
    now = world.store.now
    at: dict[str, Any] = {"journey": visits.journey_id, "step": visits.step.key}
    zone = first_zone(world.plan.document.time_zone, world.store.workspace(world.workspace_id)[0])
    names = visits.profile_ids if own else [0] * len(visits)
    lines: dict[int, Line] = {name: Line() for name in names}
    answers: list[datetime | None] = [None] * len(visits)
    with connection.cursor() as cursor:
        _lock(cursor, visits, own)
        params = at | {"since": per.before(now, zone), "lines": array(lines)}
        if own:
            cursor.execute(_STATE, params)
            for name, used, waiting in cursor.fetchall():
                lines[name].used, lines[name].waiting = used, waiting
        elif lines:
            cursor.execute(_LINE, params)
            over, taken, waiting, last_taken, last_waiting = cursor.fetchone()
            lines[0] = Line(taken - over, waiting, over, last_taken, last_waiting)
        _sort_in(visits, names, lines)
        _call_up(cursor, at, lines, count)
        added: list[tuple[int, int, bool, datetime]] = []  # line, row, taken, at
        changed: list[tuple[int, bool, datetime]] = []  # place, taken, at
        left: list[tuple[int, int, int | None, int]] = []  # line, row, place, how many wait before her
        called: list[int] = []
        for name, line in lines.items():
            turn = {place for place, _id in line.first}
            mine = {place: row for row, place in line.queued.items()}
            changed += [(place, True, now) for place, _id in line.first if place in mine]
            called += [id_ for place, id_ in line.first if place not in mine]
            free = max(0, count - line.used - len(line.first))
            added += [(name, row, True, now) for row in line.fresh[:free]]
            behind = line.waiting - len(line.first)
            left += [(name, row, None, behind + i) for i, row in enumerate(line.fresh[free:])]
            left += [(name, row, place, 0) for row, place in line.queued.items() if place not in turn]
        moments = _moments(cursor, params, lines, left, count, per, zone, now, own=own)
        for (name, row, place, _before), moment in zip(left, moments, strict=True):
            answers[row] = moment
            if place is not None:
                changed.append((place, False, moment))
            elif line_up:
                added.append((name, row, False, moment))
        write(cursor, at, visits, added, changed, None if own else lines[0])
        if called:
            cursor.execute(_WAKE, {"now": now, "ids": called})
    return answers


def call(now: datetime) -> int:
    """The clock's part: calls who stands behind people that have left. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_CALL, {"now": now, "overdue": now - OVERDUE})
        return int(cursor.rowcount)


def _lock(cursor: Any, visits: Visits, own: bool) -> None:
    if own:
        cursor.execute(
            "select id from profiles_profile where id = any(%s::bigint[]) order by id for no key update",
            [array(sorted(set(visits.profile_ids)))],
        )
    else:
        cursor.execute(
            "select pg_advisory_xact_lock(%s, hashtext(%s))",
            [_SPACE, f"{visits.journey_id}/{visits.step.key}"],
        )


def _sort_in(visits: Visits, names: Sequence[int], lines: dict[int, Line]) -> None:
    """Rows that stand in line, and those that are new; one that has its place already (run twice) is neither."""
    found = fetch(_OWN, {"ids": array(visits.enrolment_ids), "seqs": array(visits.seqs)})
    known = {(id_, seq): (place, taken) for id_, seq, place, taken in found}
    for row, key in enumerate(zip(visits.enrolment_ids, visits.seqs, strict=True)):
        line = lines[names[row]]
        if key not in known:
            line.fresh.append(row)
        elif not known[key][1]:
            line.queued[row] = known[key][0]


def _call_up(cursor: Any, at: dict[str, Any], lines: dict[int, Line], count: int) -> None:
    """Whose turn it is, of those in line."""
    free = {name: count - line.used for name, line in lines.items() if line.waiting and line.used < count}
    if free:
        cursor.execute(_FIRST, at | {"lines": list(free), "free": list(free.values())})
        for name, place, enrolment_id in cursor.fetchall():
            lines[name].first.append((place, enrolment_id))


def _moments(
    cursor: Any,
    params: dict[str, Any],
    lines: dict[int, Line],
    left: Sequence[tuple[int, int, int | None, int]],
    count: int,
    per: Duration,
    zone: Any,
    now: datetime,
    *,
    own: bool,
) -> list[datetime]:
    """For each the moment at which all who wait before her will have had their turn: as places were taken, so they
    become free, one period after another."""
    if not left:
        return []
    before = [waiting for _name, _row, _place, waiting in left]
    places = [place for _name, _row, place, _before in left if place is not None]
    if places:
        cursor.execute(_RANKS if own else _SHARED_RANKS, params | {"places": places})
        ranks = dict(cursor.fetchall())
        for i, (name, _row, place, _before) in enumerate(left):
            if place is not None:
                rank = min(ranks.get(place, 0), max(0, lines[name].waiting - 1))
                before[i] = max(0, rank - len(lines[name].first))
    cursor.execute(
        _TIMES if own else _SHARED_TIMES, params | {"ranks": sorted({rank % count for rank in before})}
    )
    times: dict[tuple[int, int], datetime] = {(name, rank): taken for name, rank, taken in cursor.fetchall()}
    turns: dict[datetime, list[datetime]] = {}  # a place taken then is free then, and then, and then

    def moment(name: int, rank: int) -> datetime:
        taken = times.get((name, rank % count), now)  # not there: it is taken now
        free = turns.setdefault(taken, [taken])
        while len(free) <= 1 + rank // count:
            free.append(per.after(free[-1], zone))
        return max(free[1 + rank // count], now + SOONEST)

    return [moment(name, rank) for (name, _row, _place, _before), rank in zip(left, before, strict=True)]
