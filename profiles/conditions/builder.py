"""What a condition's SQL is made of: parameters, the columns it may read, the joins it needs."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.db import connection

EACH = 10  # events a person that are counted for all at once


class Stored(str):
    """SQL of what stands at a place of a JSON column; `text`: of the same as text, which is quicker to have and to
    compare than JSON."""

    text: str

    def __new__(cls, value: str, text: str) -> "Stored":
        made = super().__new__(cls, value)
        made.text = text
        return made


def in_place(value: str) -> str:
    """SQL of a value to be written into other SQL, as often as it is asked for."""
    return value if isinstance(value, Stored) else f"({value})"


@dataclass(slots=True)
class Builder:
    """Three ways to the same answer. A batch of a few rows (`everyone` False) looks each row's events up by the index;
    one of `many` reads the index once for all of them, and so their profiles; a question about everyone counts by one
    grouped pass each and joins. SQL may use `p` (the profile, through `profile()`), and `b` (the row: enrolment_id,
    entered_at)."""

    workspace_id: int
    now: datetime
    everyone: bool = False
    paged: bool = False  # everyone, but a page at a time: counts are looked up person by person
    many: int = 0  # rows of a batch that is looked up as a set; their profiles are %(people)s
    params: dict[str, Any] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    passes: list[str] = field(
        default_factory=list
    )  # over all these people's events, in front of the statement
    given: list[tuple[str, list[str]]] = field(
        default_factory=list
    )  # (entry or context, path): columns b.g0, b.g1, ...
    segments: tuple[str, ...] = ()
    depth: int = 0
    uses_profile: bool = False
    uses_zone: bool = False
    zone_sql: str = "zn.name"
    person_sql: str = ""  # where the row is read through another query

    def param(self, value: Any, cast: str) -> str:
        name = f"c{len(self.params)}"
        self.params[name] = value
        return f"%({name})s::{cast}"

    def moment(self, at: datetime) -> str:
        return self.param(at, "timestamptz")

    def profile(self, column: str) -> str:
        self.uses_profile = True
        return f"p.{column}"

    def address(self, expression: str) -> str:
        """An expression over `p` of profiles.addresses."""
        self.uses_profile = True
        return expression

    @property
    def person(self) -> str:
        return self.person_sql or ("p.id" if self.everyone else "b.profile_id")

    def zone(self) -> str:
        """The name of the person's zone."""
        self.uses_profile = self.uses_zone = True
        return self.zone_sql

    def value_of(self, source: str, path: list[str]) -> str:
        """What the row brings along at a path, as jsonb; nothing where there is no enrolment."""
        if self.everyone:
            return "null::jsonb"
        if (source, path) not in self.given:
            self.given.append((source, path))
        return f"b.g{self.given.index((source, path))}"

    def grouped(self, sql: str) -> str:
        """Joins a query of (profile_id, x), one row a person, and gives the name of its row. Worked out once, in front
        of the statement: inside of it each parallel worker would do all of it again."""
        name = f"e{len(self.joins)}"
        self.passes.append(f"{name} as materialized ({sql})")
        self.joins.append(f"left join {name} on {name}.profile_id = p.id")
        return name

    def counted(self, where: str, most: int, alone: str) -> str:
        """How many events `e` each of a batch of many has, up to `most`. Whoever has thousands is not counted to the
        end: where all of them together have very many, each is asked for by `alone`."""
        name, enough = f"e{len(self.joins)}", self.param(EACH * self.many, "bigint")
        self.passes.append(
            f"{name} as materialized (select profile_id, count(*) x from (select e.profile_id from profiles_event e "
            f"where e.profile_id = any(%(people)s::bigint[]) and {where} limit {enough}) few group by profile_id)"
        )
        self.joins.append(f"full join {name} on {name}.profile_id = b.profile_id")
        return (
            f"(case when (select sum(x) from {name}) >= {enough} then {alone} "
            f"else least(coalesce({name}.x, 0), {most}) end)"
        )

    def front(self) -> str:
        """What stands before `select`."""
        return f"with {', '.join(self.passes)} " if self.passes else ""

    def people(self) -> str:
        """The joins for what was asked of the profile, to follow `b`."""
        joins = []
        if self.uses_profile and self.many:
            # A full join is never done person by person, though the planner take thousands of people for ten.
            joins.append(
                "full join (select id, public_id, external_id, attributes, email, phone from profiles_profile "
                "where id = any(%(people)s::bigint[]) and workspace_id = %(workspace)s) p on p.id = b.profile_id"
            )
        elif self.uses_profile and not self.everyone:
            # `limit` keeps it a look-up by key: joined freely, a batch may read the whole table instead.
            joins.append(
                "left join lateral (select id, public_id, external_id, attributes, email, phone from profiles_profile "
                "where id = b.profile_id and workspace_id = %(workspace)s limit 1) p on true"
            )
        if self.uses_zone:
            self.params["zones"] = "{" + ",".join(zones()) + "}"
            joins.append(
                "cross join lateral (select case when p.attributes ->> 'time_zone' = any(%(zones)s::text[]) "
                "then p.attributes ->> 'time_zone' else %(zone)s end as name offset 0) zn"
            )
        return " ".join([*joins, *self.joins])


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The names that Python and this PostgreSQL both know: one that is unknown there would fail the whole statement."""
    with connection.cursor() as cursor:
        cursor.execute("select name from pg_timezone_names")
        return tuple(sorted({name for (name,) in cursor.fetchall()} & available_timezones()))


def pick(value: Any, path: list[str]) -> Any:
    """The value at a path, as PostgreSQL's #> finds it; None where there is none."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif (
            isinstance(value, list) and part.lstrip("-").isdecimal() and -len(value) <= int(part) < len(value)
        ):
            value = value[int(part)]
        else:
            return None
    return value
