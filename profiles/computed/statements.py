"""The SQL of a figure: brings these people's up to a moment and gives their values.

    values = bring_up(cursor, definition, [12, 15], batch, now)      # {12: 3}; nobody else has one

`batch`: JSON of the events that were just stored [{profile_id, ts, properties}]; of those only what is not newer than a
person's state is taken from it, everything else is in the table. The people's rows have to be locked.
"""

from datetime import datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.computed.definitions import Definition
from profiles.computed.kinds import TALLIED
from profiles.conditions import comparing
from profiles.conditions.builder import Builder

LONGEST_VALUE = 1000  # characters of JSON of a first or newest value
LONGEST_TEXT = 200  # of values that are counted
PATIENCE = "interval '1 minute'"  # a window that runs out is noticed within

_TARGET = """
b as materialized (
    select * from jsonb_to_recordset(%(batch)s::jsonb) as r(profile_id bigint, ts timestamptz, properties jsonb)
), t as materialized (
    select u.id, s.profile_id is not null as had, coalesce(s.upto, '-infinity') as upto,
        coalesce(s.since, '-infinity') as since, coalesce(s.n, 0) as n, coalesce(s.total, 0) as total, s.value,
        s.value_at, greatest(s.upto, %(now)s) as new_upto, {new_since} as new_since
    from unnest(%(people)s::bigint[]) u(id)
    left join profiles_computedstate s on s.computed_id = %(id)s and s.profile_id = u.id and s.revision = %(revision)s
)"""
_SINCE = "greatest(s.since, greatest(s.upto, %(now)s) - %(window)s)"
_OF = "e.profile_id = t.id and {name}"

_KEEP = """
insert into profiles_computedstate as o
    (computed_id, profile_id, revision, since, upto, n, total, value, value_at, due_at)
select %(id)s, id, %(revision)s, new_since, new_upto, new_n, new_total, new_value, new_value_at, due from found
where had or new_n <> 0 or due is not null or new_value is not null
order by id
on conflict (computed_id, profile_id) do update set revision = excluded.revision, since = excluded.since,
    upto = excluded.upto, n = excluded.n, total = excluded.total, value = excluded.value,
    value_at = excluded.value_at, due_at = excluded.due_at
returning profile_id
"""


def bring_up(
    cursor: CursorWrapper, one: Definition, people: list[int], batch: str, now: datetime
) -> dict[int, Any]:
    """The values of those who have one."""
    return _Statement(one, people, batch, now).run(cursor)


class _Statement:
    def __init__(self, one: Definition, people: list[int], batch: str, now: datetime) -> None:
        self.one = one
        self.build = Builder(one.workspace_id, now)
        self.params: dict[str, Any] = {
            "id": one.id, "revision": one.revision, "people": people, "batch": batch, "now": now,
            "window": one.window, "zone": one.zone, "unit": one.unit,
        }  # fmt: skip
        # A day without a clock begins where the company is: the figure is of the workspace's making.
        self.build.zone_sql = "%(zone)s"
        names = self.build.param(list(one.events), "text[]")
        self.name = (
            f"e.name = {self.build.param(one.events[0], 'text')}"
            if len(one.events) == 1
            else f"e.name = any({names})"
        )
        tests = [
            comparing.result(test, self.build, f"(e.properties #> {self._path(test['property'])})")
            for test in one.where
        ]
        self.where = " and ".join(["true", *tests])
        self.stored = f"profiles_event e where e.profile_id = t.id and {self.name}"
        self.late = "b e where e.profile_id = t.id"
        self.target = _TARGET.format(new_since=_SINCE if one.window else "'-infinity'::timestamptz")

    def _path(self, name: str) -> str:
        return self.build.param(comparing.path_of(name), "text[]")

    def run(self, cursor: CursorWrapper) -> dict[int, Any]:
        kind = self.one.kind
        if kind in TALLIED:
            return self._tallied(cursor)
        return self._edge(cursor) if kind in ("first", "last") else self._figure(cursor)

    def _execute(self, cursor: CursorWrapper, sql: str) -> list[Any]:
        cursor.execute(sql, self.params | self.build.params)
        return list(cursor.fetchall()) if cursor.description else []

    def _due(self) -> str:
        """When to look again: something stored for later begins to count, or the oldest leaves the window."""
        later = f"(select e.ts from {self.stored} and e.ts > t.new_upto order by e.ts limit 1)"
        if not self.one.window:
            return later
        oldest = f"{self.stored} and e.ts >= t.new_since and e.ts <= t.new_upto order by e.ts limit 1"
        leaves = (
            f"(select greatest(o.ts + %(window)s + interval '1 microsecond', %(now)s + {PATIENCE}) "
            f"from (select e.ts from {oldest}) o)"
        )
        return f"least({leaves}, {later})"

    def _ever(self, person: str) -> str:
        """Who has done it at all has a figure, be it 0; who never did has none."""
        done = f"e.profile_id = {person} and {self.name} and e.ts <= %(now)s"
        return f"exists (select from profiles_event e where {done})"

    def _moves(self, value: str) -> str:
        """id, v, ts and sign of every event that begins or ceases to count."""
        came = (
            f"select {value} as v, e.ts, 1 as sign from {self.stored} and e.ts > t.upto and e.ts >= t.new_since "
            f"and e.ts <= t.new_upto and {self.where} "
            f"union all select {value}, e.ts, 1 from {self.late} and e.ts >= t.since and e.ts <= t.upto "
            f"and {self.where}"
        )
        if self.one.window:
            came += (
                f" union all select {value}, e.ts, -1 from {self.stored} and e.ts >= t.since and e.ts < t.new_since "
                f"and e.ts <= t.upto and {self.where}"
            )
        return f"select t.id, x.v, x.ts, x.sign from t cross join lateral ({came}) x where x.v is not null"

    def _figure(self, cursor: CursorWrapper) -> dict[int, Any]:
        value = (
            "1::numeric"
            if self.one.kind == "count"
            else f"gm_number(e.properties #> {self._path(self.one.property)})"
        )
        sql = f"""with {self.target}, moved as (
            select m.id, sum(m.sign) as n, sum(m.v * m.sign) as total from ({self._moves(value)}) m group by m.id
        ), found as (
            select t.*, t.n + coalesce(m.n, 0) as new_n, t.total + coalesce(m.total, 0) as new_total,
                null::jsonb as new_value, null::timestamptz as new_value_at, {self._due()} as due
            from t left join moved m on m.id = t.id
        ), kept as ({_KEEP})
        select f.id, f.new_n::bigint, trim_scale(case %(kind)s when 'average'
            then round(f.new_total / nullif(f.new_n, 0), 6) else f.new_total end)::text
        from found f where f.new_n <> 0 or {self._ever("f.id")}"""
        self.params["kind"] = self.one.kind
        if self.one.kind == "count":
            return {pk: n for pk, n, _total in self._execute(cursor, sql)}
        return {pk: _number(total) for pk, _n, total in self._execute(cursor, sql) if total is not None}

    def _edge(self, cursor: CursorWrapper) -> dict[int, Any]:
        v = f"(e.properties #> {self._path(self.one.property)})"
        usable = f"{v} <> 'null'::jsonb and length({v}::text) <= {LONGEST_VALUE} and {self.where}"
        first = self.one.kind == "first"
        order = "ts, v" if first else "ts desc, v desc"
        # Nothing that came later is earlier than a first value; when that has left the window, the next one is looked
        # for from the window's beginning.
        stored = (
            "t.kept_at is null and e.ts > case when t.value_at is null then t.upto else '-infinity' end"
            if first
            else "e.ts > t.upto"
        )
        sql = f"""with {self.target}, k as (
            select t.*, case when value_at >= new_since then value_at end as kept_at from t
        ), found as (
            select t.*, x.v as new_value, x.ts as new_value_at, 0 as new_n, null::numeric as new_total,
                least({"x.ts + %(window)s + interval '1 microsecond'" if self.one.window else "null::timestamptz"},
                    (select e.ts from {self.stored} and e.ts > t.new_upto order by e.ts limit 1)) as due
            from k t left join lateral (
                select y.v, y.ts from (
                    select t.value as v, t.kept_at as ts where t.kept_at is not null
                    union all (
                        select {v}, e.ts from {self.stored} and {stored} and e.ts >= t.new_since and e.ts <= t.new_upto
                        and {usable} order by e.{order.replace(" v", " " + v)} limit 1)
                    union all (
                        select {v}, e.ts from {self.late} and e.ts >= t.new_since and e.ts <= t.upto
                        and {usable} order by e.{order.replace(" v", " " + v)} limit 1)
                ) y order by y.{order.replace(" v", " y.v")} limit 1
            ) x on true
        ), kept as ({_KEEP})
        select f.id, f.new_value::text from found f where f.new_value is not null"""
        return {pk: msgspec.json.decode(value) for pk, value in self._execute(cursor, sql)}

    def _tallied(self, cursor: CursorWrapper) -> dict[int, Any]:
        if self.one.kind == "streak":
            value = "to_jsonb(date_trunc(%(unit)s, e.ts at time zone %(zone)s)::date::text)"
        else:
            v = f"(e.properties #> {self._path(self.one.property)})"
            text = f"nullif(normalize(left({v} #>> '{{}}', {LONGEST_TEXT})), '')"
            value = (
                f"case jsonb_typeof({v}) when 'string' then to_jsonb({text}) "
                f"when 'number' then {v} when 'boolean' then {v} end"
            )
        sql = f"""with {self.target}, moved as (
            select m.id, m.v, sum(m.sign) as n, max(m.ts) as last_at from ({self._moves(value)}) m group by m.id, m.v
        ), counted as (
            insert into profiles_computedtally as o (computed_id, profile_id, value, n, last_at)
            select %(id)s, id, v, n, last_at from moved order by id, v
            on conflict (computed_id, profile_id, value) do update
            set n = o.n + excluded.n, last_at = greatest(o.last_at, excluded.last_at)
        ), found as (
            select t.*, t.n + coalesce(m.n, 0) as new_n, null::numeric as new_total, null::jsonb as new_value,
                null::timestamptz as new_value_at, {self._due()} as due
            from t left join (select id, sum(n) as n from moved group by id) m on m.id = t.id
        )
        {_KEEP}"""
        self._execute(cursor, sql)
        if self.one.window:
            self._execute(
                cursor,
                "delete from profiles_computedtally where computed_id = %(id)s and n <= 0 "
                "and profile_id = any(%(people)s::bigint[])",
            )
        return self._streak(cursor) if self.one.kind == "streak" else self._values(cursor)

    def _values(self, cursor: CursorWrapper) -> dict[int, Any]:
        of = "profiles_computedtally c where c.computed_id = %(id)s and c.profile_id = u.id and c.n > 0"
        people = "unnest(%(people)s::bigint[]) u(id)"
        if self.one.kind == "distinct":
            sql = (
                f"select u.id, m.n from {people} cross join lateral (select count(*) as n from {of}) m "
                f"where m.n > 0 or {self._ever('u.id')}"
            )
            return dict(self._execute(cursor, sql))
        sql = (
            f"select u.id, m.value::text from {people} cross join lateral "
            f"(select c.value from {of} order by c.n desc, c.last_at desc, c.value desc limit 1) m"
        )
        return {pk: msgspec.json.decode(value) for pk, value in self._execute(cursor, sql)}

    def _streak(self, cursor: CursorWrapper) -> dict[int, Any]:
        """The run of days that reaches today or yesterday; with the day after it is over."""
        self.params["step"] = 7 if self.one.unit == "week" else 1
        sql = f"""with days as (
            select c.profile_id, (c.value #>> '{{}}')::date as d from profiles_computedtally c
            where c.computed_id = %(id)s and c.profile_id = any(%(people)s::bigint[]) and c.n > 0
        ), runs as (
            select profile_id, count(*) as n, max(d) as last from (
                select profile_id, d,
                    d - (row_number() over (partition by profile_id order by d) * %(step)s)::int as run
                from days) numbered group by profile_id, run
        ), newest as (
            select distinct on (profile_id) profile_id, last, case when last >= date_trunc(%(unit)s,
                %(now)s at time zone %(zone)s)::date - %(step)s::int then n else 0 end as n
            from runs order by profile_id, last desc
        ), told as (
            update profiles_computedstate s set due_at = least(s.due_at, case when r.n > 0
                then (r.last + 2 * %(step)s::int)::timestamp at time zone %(zone)s end)
            from newest r where s.computed_id = %(id)s and s.profile_id = r.profile_id
        )
        select u.id, coalesce(n.n, 0) from unnest(%(people)s::bigint[]) u(id)
        left join newest n on n.profile_id = u.id where n.n is not null or {self._ever("u.id")}"""
        return dict(self._execute(cursor, sql))


def _number(text: str) -> int | float:
    return int(text) if "." not in text else float(text)
