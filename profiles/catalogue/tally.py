"""How often names come, added up in this process and written every few seconds by a thread of its own.

Counted by shape (an event with its properties and their types), so that an event costs one look into a dict; a shape is
taken apart when it is written. A killed process loses some seconds of volume and no names.
"""

import atexit
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import Error, connection

from profiles.catalogue.examples import example

log = structlog.get_logger(__name__)

# workspace, source (0: none), event (None: attributes), names, types
Shape = tuple[int, int, str | None, tuple[str, ...], tuple[type, ...]]
MOST = 20_000  # shapes kept between two writes; more are not counted
KEPT_EXAMPLES = 5

_WRITE = """
with n as (
    select * from jsonb_to_recordset(%(rows)s::jsonb) as r(
        w bigint, s bigint, k text, e text, name text, t text, x jsonb, c bigint, a timestamptz)
), k as materialized (
    select k.id, n.s, n.t, n.x, n.c, n.a from profiles_knownname k
    join n on k.workspace_id = n.w and k.kind = n.k and k.event = n.e and k.name = n.name
    order by k.id for no key update of k
), sums as (
    select id, sum(c) as c, max(a) as a,
        coalesce(jsonb_object_agg(t, jsonb_build_object('at', a, 'source', nullif(s, 0)))
            filter (where t <> ''), '{}') as t,
        coalesce(jsonb_agg(distinct x) filter (where x is not null), '[]') as x
    from k group by id
), counted as (
    update profiles_knownname u set total = u.total + m.c, last_seen = greatest(u.last_seen, m.a),
        types = m.t || old.types,
        changed_at = case when u.kind <> 'event' and not u.computed and exists (
            select from jsonb_object_keys(m.t) j where not old.types ? j) and old.types <> '{}'
            then m.a else u.changed_at end,
        type = case when u.type = '' and u.kind <> 'event'
            then coalesce((select min(j) from jsonb_object_keys(m.t) j), '') else u.type end,
        examples = case when u.data_class in ('contact', 'sensitive') then '[]' else (
            select coalesce(jsonb_agg(v order by place), '[]') from (
                select v, min(place) as place from (
                    select v, 0 + ordinality as place from jsonb_array_elements(m.x) with ordinality x(v, ordinality)
                    union all
                    select v, 100 + ordinality from jsonb_array_elements(u.examples) with ordinality x(v, ordinality)
                ) every group by v order by 2 limit %(most)s
            ) newest) end
    from sums m join lateral (
        select case when o.types = '{}' and o.type <> '' then jsonb_build_object(o.type, '{}'::jsonb)
            else o.types end as types
        from profiles_knownname o where o.id = m.id
    ) old on true
    where u.id = m.id
), sourced as (
    insert into profiles_namesource as o (known_name_id, source_id, first_seen, last_seen, total)
    select id, s, min(a), max(a), sum(c) from k group by id, s order by id, s
    on conflict (known_name_id, source_id) do update
    set total = o.total + excluded.total, last_seen = greatest(o.last_seen, excluded.last_seen)
)
insert into profiles_nameday as o (known_name_id, day, total)
select id, (a at time zone 'UTC')::date, sum(c) from k group by 1, 2 order by 1, 2
on conflict (known_name_id, day) do update set total = o.total + excluded.total
"""


@dataclass(slots=True)
class Count:
    """`sample`: the newest values of that shape."""

    sample: dict[str, Any]
    at: datetime
    n: int = 1


_lock = threading.Lock()
_pending: dict[Shape, Count] = {}
_timer: threading.Timer | None = None


def add(shapes: Mapping[Shape, Count]) -> None:
    """What a committed batch brought."""
    global _timer
    with _lock:
        for shape, count in shapes.items():
            known = _pending.get(shape)
            if known is not None:
                known.n += count.n
                known.sample, known.at = count.sample, max(known.at, count.at)
            elif len(_pending) < MOST:
                _pending[shape] = count
        if settings.CATALOGUE_SECONDS and _timer is None and _pending:
            _timer = threading.Timer(settings.CATALOGUE_SECONDS, _tick)
            _timer.daemon = True
            _timer.start()


def _tick() -> None:
    global _timer
    with _lock:
        _timer = None
    try:
        flush()
    finally:
        connection.close()


def flush() -> None:
    """Writes what was counted: one statement. What can't be written now is kept for the next time."""
    global _pending
    with _lock:
        taken, _pending = _pending, {}
    if not taken:
        return
    try:
        with connection.cursor() as cursor:
            rows = msgspec.json.encode(_rows(taken)).decode()
            cursor.execute(_WRITE, {"rows": rows, "most": KEPT_EXAMPLES})
    except Error:
        log.exception("catalogue_counts_kept")
        add(taken)


def _at_exit() -> None:
    """What a command that ends has counted since the last write."""
    if settings.CATALOGUE_SECONDS and _pending:
        with suppress(Error):
            flush()


atexit.register(_at_exit)


def forget() -> None:
    """For tests: what was counted is not written."""
    _pending.clear()


def _rows(taken: Mapping[Shape, Count]) -> list[dict[str, Any]]:
    from profiles.known_names import guess

    found: dict[tuple[Any, ...], dict[str, Any]] = {}

    def count(key: tuple[Any, ...], shown: Any, one: Count) -> None:
        row = found.get(key)
        if row is None:
            w, s, k, e, name, t = key
            row = found[key] = {"w": w, "s": s, "k": k, "e": e, "name": name, "t": t, "c": 0, "a": one.at}
        row["c"] += one.n
        row["a"] = max(row["a"], one.at)
        if shown is not None:
            row["x"] = shown

    for (workspace, source, event, _names, _types), one in taken.items():
        if event is not None:
            count((workspace, source, "event", "", event, ""), None, one)
        kind = "attribute" if event is None else "property"
        for name, value in one.sample.items():
            if value is not None:
                key = (workspace, source, kind, event or "", name, guess(value))
                count(key, example(kind, name, value), one)
    return list(found.values())
