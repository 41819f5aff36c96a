"""The reference journey R1 (docs/architecture.md, speed) and the people who walk it, in a workspace of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from content.models import Item, Variant
from journeys.models import Journey, Version
from workspaces.models import Workspace

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STEPS = 5  # branch, wait, split, mail, end


def document() -> dict[str, Any]:
    pro = {
        "all": [
            {"attribute": "plan", "op": "is", "value": "pro"},
            {"event": "order_completed", "op": "at_least", "times": 2, "within": "P30D"},
        ]
    }
    mail = {"topic": "offers", "content": "bench-mail"}
    return {
        "format": "gilmok.journey/1",
        "name": "R1",
        "time_zone": "UTC",
        "triggers": {"t": {"kind": "event", "event": "bench_go", "next": "b"}},
        "steps": {
            "b": {
                "kind": "branch",
                "settings": {"branches": [{"key": "pro", "when": pro}]},
                "next": {"pro": "w", "else": "x"},
            },
            "w": {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "s"}},
            "s": {
                "kind": "split",
                "settings": {"shares": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]},
                "next": {"a": "ma", "b": "mb"},
            },
            "ma": {"kind": "send_email", "settings": mail, "next": {"next": "x"}},
            "mb": {"kind": "send_email", "settings": mail, "next": {"next": "x"}},
            "x": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
        },
        "policy": {"reentry": {"mode": "after_exit"}, "quiet_hours": "none"},
    }


@contextmanager
def world(people: int) -> Iterator[tuple[Workspace, Journey, list[int]]]:
    """`people` pro customers with three orders each and consent; everything is gone afterwards."""
    mark = uuid.uuid4().hex[:12]
    workspace = Workspace.objects.create(name=f"Bench {mark}", slug=f"bench-{mark}")
    try:
        item = Item.objects.create(workspace=workspace, slug="bench-mail", name="Bench", medium="email")
        Variant.objects.create(
            item=item, locale="en", data={"subject": "Hi", "format": "html", "body": "<p>Hi</p>"}
        )
        journey = Journey.objects.create(workspace=workspace, name="R1", state="live", draft=document())
        journey.live = Version.objects.create(
            journey=journey, number=1, document=document(), published_at=START
        )
        journey.save(update_fields=["live"])
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into profiles_profile (workspace_id, attributes) select %s, jsonb_build_object("
                "'email', 'bench' || n || '@example.com', 'first_name', 'Name ' || n, 'plan', 'pro') "
                "from generate_series(1, %s) n returning id",
                [workspace.pk, people],
            )
            ids = sorted(row[0] for row in cursor.fetchall())
            cursor.execute(
                "insert into profiles_consent (profile_id, medium, topic, state, at, how, wording) "
                "select id, 'email', '*', 'granted', %s, '', '' from profiles_profile where workspace_id = %s",
                [START, workspace.pk],
            )
            cursor.execute(
                "insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties) "
                "select %s, p.id, 'order_completed', %s - d * interval '3 days', %s, jsonb_build_object('total', d) "
                "from profiles_profile p cross join generate_series(1, 3) d where p.workspace_id = %s",
                [workspace.pk, START, START, workspace.pk],
            )
            # As tables are in service: the rows of the turn before swept up, statistics there.
            cursor.execute(
                "vacuum analyze profiles_profile, profiles_consent, profiles_event, journeys_enrolment, "
                "journeys_finished, journeys_pass, channels_message, channels_suppression"
            )
        yield workspace, journey, ids
    finally:
        with connection.cursor() as cursor:
            for table in (
                "journeys_pass", "journeys_enrolment", "journeys_finished", "channels_message", "profiles_event",
            ):  # fmt: skip
                cursor.execute(f"delete from {table} where workspace_id = %s", [workspace.pk])
            cursor.execute(
                "delete from journeys_countdelta where journey_id in "
                "(select id from journeys_journey where workspace_id = %s)",
                [workspace.pk],
            )
            cursor.execute(
                "delete from journeys_stepcount where journey_id in "
                "(select id from journeys_journey where workspace_id = %s)",
                [workspace.pk],
            )
            cursor.execute(
                "delete from profiles_consent where profile_id in "
                "(select id from profiles_profile where workspace_id = %s)",
                [workspace.pk],
            )
            cursor.execute("delete from profiles_profile where workspace_id = %s", [workspace.pk])
        Journey.objects.filter(workspace=workspace).update(live=None)
        workspace.delete()


@contextmanager
def town(profiles: int, events: int, waiting: int) -> Iterator[None]:
    """The people beside those who walk, in a workspace of their own: `profiles` with `events` of 180 days among them,
    and `waiting` in a journey that exists nowhere, due 300 days later: nobody moves them."""
    mark = uuid.uuid4().hex[:12]
    workspace = Workspace.objects.create(name=f"Town {mark}", slug=f"town-{mark}")
    values = {
        "w": workspace.pk, "people": profiles, "events": events, "waiting": waiting, "start": START,
        "due": START + timedelta(days=300),
    }  # fmt: skip
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into profiles_profile (workspace_id, attributes) select %(w)s, jsonb_build_object("
                "'email', 'town' || n || '@example.com', 'first_name', 'Name ' || n, 'plan', 'free') "
                "from generate_series(1, %(people)s) n",
                values,
            )
            cursor.execute(
                "insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties) "
                "select %(w)s, first + n %% %(people)s, "
                "case when n %% 10 < 3 then 'order_completed' else 'seen_' || n %% 10 end, "
                "%(start)s::timestamptz - random() * interval '180 days', %(start)s, "
                "jsonb_build_object('value', n %% 100) from generate_series(1, %(events)s) n, "
                "(select min(id) first from profiles_profile where workspace_id = %(w)s) ids",
                values,
            )
            cursor.execute(
                "insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, step, "
                "arrived_at, due_at, entered_at, entry, context) select %(w)s, -1, 0, n, 't', 'w', %(start)s, "
                "%(due)s + (n %% 1000000) * interval '1 second', %(start)s, '{\"value\": 90000}', '{}' "
                "from generate_series(1::bigint, %(waiting)s::bigint) n",
                values,
            )
            cursor.execute("vacuum analyze profiles_profile, profiles_event, journeys_enrolment")
            cursor.execute("checkpoint")
        yield
    finally:
        with connection.cursor() as cursor:
            for table in ("journeys_enrolment", "profiles_event", "profiles_profile"):
                cursor.execute(f"delete from {table} where workspace_id = %s", [workspace.pk])
        workspace.delete()


def server_in_service() -> None:
    """A server that has worked for a while uses its files of the write-ahead log again. A new one makes each of them
    first, 16 MB of zeros, and whoever commits meanwhile waits 40 ms."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_logical_emit_message(false, 'bench', repeat('x', 16000000)) from generate_series(1, 70)"
        )
        cursor.execute("checkpoint")


HOUR = timedelta(hours=1)
