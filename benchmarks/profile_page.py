"""The profile page of the busiest person there is: `manage.py bench profile_page`.

Writes people and events by SQL (GILMOK_BENCH_PEOPLE, GILMOK_BENCH_EVENTS; a twentieth of the goal's size without), one
of them with 100,000 events, into a workspace of its own, asks for her page, and takes everything away again. Prints a
JSON object: milliseconds of server time (median of eleven) beside the goal of 100 ms at 1,000,000 people and 20,000,000
events, for the first page, for one far back in time, and for one source alone.
"""

import os
import statistics
import time
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from lib import clock
from profiles.models import Profile, Source
from workspaces.models import Membership, User, Workspace
from workspaces.roles import sync_membership

GOAL_MS = 100
PEOPLE = int(os.environ.get("GILMOK_BENCH_PEOPLE", "50000"))
EVENTS = int(os.environ.get("GILMOK_BENCH_EVENTS", "1000000"))
HERS = min(100_000, EVENTS // 2)
ROUNDS = 11
NAMES = 20

_PEOPLE = """
insert into profiles_profile (public_id, workspace_id, external_id, attributes)
select gen_random_uuid(), %s, 'bench-' || i,
       jsonb_build_object('first_name', 'Person', 'email', 'p' || i || '@bench.example', 'tier', 'gold')
from generate_series(1, %s) i returning id
"""
# Over two years, as they come in: the busy person's rows lie among everybody else's.
_EVENTS = """
insert into profiles_event (workspace_id, profile_id, name, ts, received_at, source_id, properties)
select %(workspace)s,
       case when i %% (%(events)s / %(hers)s) = 0 then %(first)s else %(first)s + 1 + i %% (%(people)s - 1) end,
       'event_' || (i / 7 %% %(names)s), t.ts, t.ts, case when i %% 97 = 0 then %(till)s else %(web)s end,
       '{"value": 12000, "product": "Oak side table"}'
from generate_series(1, %(events)s) i,
     lateral (select %(now)s - (%(events)s - i) * (interval '700 days' / %(events)s) ts) t
"""


def run() -> dict[str, Any]:
    workspace = Workspace.objects.create(name="Bench", slug=f"bench-{time.time_ns()}", time_zone="Asia/Seoul")
    user = User.objects.create_user(f"{workspace.slug}@bench.example", "x" * 20, name="Bench")
    try:
        return _measure(workspace, user)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("delete from profiles_event where workspace_id = %s", [workspace.pk])
            cursor.execute("delete from profiles_profile where workspace_id = %s", [workspace.pk])
        user.delete()
        workspace.delete()


def _measure(workspace: Workspace, user: User) -> dict[str, Any]:
    membership = Membership.objects.create(workspace=workspace, user=user, role="admin")
    sync_membership(membership)
    web = Source.objects.create(workspace=workspace, name="Web", kind="web")
    till = Source.objects.create(workspace=workspace, name="Till", kind="store")
    now, began = clock.now(), time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [workspace.pk, PEOPLE])
        first = min(row[0] for row in cursor.fetchall())
        values = {"workspace": workspace.pk, "first": first, "people": PEOPLE, "events": EVENTS, "hers": HERS}
        cursor.execute(_EVENTS, {**values, "names": NAMES, "now": now, "web": web.pk, "till": till.pk})
        cursor.execute("analyze profiles_event, profiles_profile")
    made = time.monotonic() - began
    person = Profile.objects.get(pk=first)
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("profiles:person", args=[person.public_id])
    far = clock.now().replace(year=now.year - 1).isoformat()
    found = {
        name: _median(client, url, query)
        for name, query in (
            ("first_page_ms", {}),
            ("a_year_back_ms", {"before": far}),
            ("one_source_ms", {"kind": "store"}),
        )
    }
    return {
        "bench": "profile_page",
        "people": PEOPLE,
        "events": EVENTS,
        "her_events": HERS,
        **found,
        "goal_ms": GOAL_MS,
        "seconds_to_make": round(made, 1),
    }


def _median(client: Client, url: str, query: dict[str, str]) -> float:
    times = []
    for _round in range(ROUNDS + 2):
        began = time.perf_counter()
        answer = client.get(url, query)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200
        assert b'id="timeline-entries"' in answer.content
    return round(statistics.median(times[2:]), 1)
