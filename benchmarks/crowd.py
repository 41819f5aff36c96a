"""A workspace of many people and events with a realistic skew: a few did most of it. Made once a database, and found
again by the next run on it (GILMOK_BENCH_PEOPLE and GILMOK_BENCH_EVENTS say how large; see `manage.py bench`)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from workspaces.models import Workspace

NOW = datetime(2026, 11, 1, tzinfo=UTC)

_PEOPLE = """
select setseed(0.5); insert into profiles_profile (workspace_id, attributes, created_at, updated_at)
select %(w)s, jsonb_build_object('plan', case when random() < 0.2 then 'pro' else 'free' end,
    'score', floor(random() * 100), 'email', 'p' || n || '@example.com', 'city', 'Seoul'), %(now)s, %(now)s
from generate_series(1, %(people)s) n
"""
_EVENTS = """
insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties, context)
select %(w)s, %(first)s + floor(power(random(), 3) * %(people)s)::bigint,
    case when d < 0.12 then 'bought' when d < 0.14 then 'returned' when d < 0.5 then 'seen'
        else 'other_' || floor(d * 100) end,
    %(now)s::timestamptz - random() * interval '180 days', %(now)s,
    jsonb_build_object('value', floor(random() * 100)), '{}'
from (select random() d from generate_series(1, %(events)s)) x
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """`first`: the id of the busiest; the further from it, the quieter."""

    workspace: Workspace
    people: int
    events: int
    first: int

    def some(self, count: int) -> list[int]:
        """Ids of some of them, the busy ones among them."""
        return [self.first + n * n * self.people // (count * count) for n in range(count)]


def crowd(people: int, events: int) -> Crowd:
    with transaction.atomic(), connection.cursor() as cursor:  # all of it or nothing: it is found again
        workspace, made = Workspace.objects.get_or_create(
            slug=f"crowd-{people}-{events}", defaults={"name": "Crowd", "time_zone": "UTC"}
        )
        values: dict[str, Any] = {"w": workspace.pk, "people": people, "events": events, "now": NOW}
        if made:
            cursor.execute(_PEOPLE, values)
        cursor.execute("select min(id) from profiles_profile where workspace_id = %(w)s", values)
        values["first"] = cursor.fetchone()[0]
        if made:
            cursor.execute(_EVENTS, values)
    if made:
        with connection.cursor() as cursor:  # as autovacuum would in the hours that it took
            cursor.execute("vacuum analyze profiles_profile")
            cursor.execute("vacuum analyze profiles_event")
    return Crowd(workspace, people, events, values["first"])
