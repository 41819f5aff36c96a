"""Half a year's log of a shop with fifty journeys: passes by month, people who entered time and again, one who was in
them ten thousand times over, and what belongs to it: ends, messages, events, those turned away."""

from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks import journey as reference
from journeys.models import Journey, Version
from lib.partitions import ensure_months, month_start
from workspaces.models import Workspace

DAYS = 180
PASSES = 5  # of an enrolment, four days apart each
JOURNEYS = 50
PIECE = 500_000
FIRST = 1_000_000_000  # enrolments: above those that the sequence gives
FIRST_DAY = reference.START - timedelta(days=DAYS)
TABLES = "journeys_pass, journeys_finished, journeys_refused, channels_message, profiles_event"
PARTED = ("journeys_pass", "profiles_event")

# A row of the log stands where it was written: the passes of one enrolment lie days and many pages apart.
_PASSES = """
insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)
select %(workspace)s, (%(journeys)s::bigint[])[1 + n / 7 %% %(many)s], (%(versions)s::bigint[])[1 + n / 7 %% %(many)s],
    %(first)s + n, case when n %% %(every)s = 0 then %(busy)s else -1 - n %% %(others)s end, k + 1,
    %(start)s::timestamptz + j * %(step)s::interval, (%(routes)s::jsonb[])[k + 1]
from (select j, j %% 5 as k, (j / 5 - j %% 5 * %(apart)s + %(enrolments)s) %% %(enrolments)s as n
    from generate_series(%(from)s::bigint, %(to)s::bigint) j) log
"""
_ENDED = """
insert into journeys_finished (enrolment_id, workspace_id, journey_id, version_id, profile_id, trigger, instance_key,
    step, seq, entered_at, ended_at, reason, outcome)
select %(first)s + n, %(workspace)s, (%(journeys)s::bigint[])[1 + n / 7 %% %(many)s],
    (%(versions)s::bigint[])[1 + n / 7 %% %(many)s],
    case when n %% %(every)s = 0 then %(busy)s else -1 - n %% %(others)s end, 't', '', 'x', 5,
    %(start)s::timestamptz + n * 5 * %(step)s::interval,
    %(start)s::timestamptz + (n + 4 * %(apart)s) * 5 * %(step)s::interval, 'completed', 'done'
from generate_series(%(from)s::bigint, %(to)s::bigint) n
"""
_MESSAGES = """
insert into channels_message (workspace_id, enrolment_id, seq, journey_id, version_id, step, profile_id, medium,
    topic, address, state, reason, variables, created_at, due_at)
select %(workspace)s, %(first)s + n, 2, (%(journeys)s::bigint[])[1 + n / 7 %% %(many)s],
    (%(versions)s::bigint[])[1 + n / 7 %% %(many)s], 'ma',
    case when n %% %(every)s = 0 then %(busy)s else -1 - n %% %(others)s end, 'email', 'offers',
    'p' || n || '@example.com', case n / 2 %% 4 when 0 then 'skipped' when 1 then 'delivered' else 'sent' end,
    case n / 2 %% 4 when 0 then (array['no_consent', 'capped', 'suppressed', 'expired'])[1 + n / 8 %% 4] else '' end,
    '{}', at, at
from (select n, %(start)s::timestamptz + (n + %(apart)s) * 5 * %(step)s::interval as at
    from generate_series(%(from)s::bigint, %(to)s::bigint) n where n %% 2 = 0) made
"""
_EVENTS = """
insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties)
select %(workspace)s, case when n %% %(every)s = 0 then %(busy)s else -1 - n %% %(others)s end,
    (array['bench_go', 'order_completed', 'page_viewed', 'product_viewed'])[1 + n / 3 %% 4],
    %(start)s::timestamptz + n * 5 * %(step)s::interval, %(start)s::timestamptz + n * 5 * %(step)s::interval,
    '{"total": 12}'
from generate_series(%(from)s::bigint, %(to)s::bigint) n
"""
_REFUSED = """
insert into journeys_refused (profile_id, journey_id, trigger, version_id, at, kind, why)
select -n, (%(journeys)s::bigint[])[1 + n %% %(many)s], 't', (%(versions)s::bigint[])[1 + n %% %(many)s], %(now)s,
    'where', '[["free", false], [0, false]]'
from generate_series(1, %(others)s) n
"""
_ROUTES = [
    '[{"t":"t"},{"s":"b","o":"pro","w":[[0,"pro",true],[1,2,true]]},{"s":"w","o":null}]',
    '[{"s":"w","o":"next"},{"s":"s","o":"a"},{"s":"ma","o":"next","m":{"state":"created"}},{"s":"w","o":null}]',
    '[{"s":"w","o":"next"},{"s":"b","o":"pro","w":[[0,"pro",true],[1,3,true]]},{"s":"w","o":null}]',
    '[{"s":"w","o":"next"},{"s":"s","o":"b"},{"s":"w","o":null}]',
    '[{"s":"w","o":"next"},{"s":"x","o":null,"x":"completed"}]',
]


def journeys(workspace: Workspace, first: Journey) -> list[Journey]:
    """Fifty live ones, as a shop has them, `first` among them."""
    made = [first]
    for number in range(1, JOURNEYS):
        journey = Journey.objects.create(
            workspace=workspace, name=f"R1 {number}", state="live", draft=reference.document()
        )
        journey.live = Version.objects.create(
            journey=journey, number=1, document=reference.document(), published_at=FIRST_DAY
        )
        journey.save(update_fields=["live"])
        made.append(journey)
    return made


def others(rows: int) -> int:
    """How many people the log has; with the ids from -1 downwards. No multiple of what makes a row the busy one's."""
    return rows // PASSES // 50 * 10 + 1


def fill(workspace: Workspace, live: list[Journey], busy: int, rows: int) -> None:
    """`rows` passes up to reference.START. `busy`: the profile with a hundred thousand of them, or a tenth."""
    enrolments = rows // PASSES
    values: dict[str, Any] = {
        "workspace": workspace.pk,
        "journeys": [one.pk for one in live],
        "versions": [one.live_id for one in live],
        "many": len(live),
        "first": FIRST,
        "busy": busy,
        "every": max(10, rows // 100_000),
        "others": others(rows),
        "enrolments": enrolments,
        "apart": enrolments * 4 // DAYS,
        "start": FIRST_DAY,
        "step": timedelta(days=DAYS) / rows,
        "now": reference.START,
        "routes": _ROUTES,
    }
    for table in PARTED:
        ensure_months(table, FIRST_DAY, month_start(reference.START, 1))
        _logged(table, "unlogged")  # nobody wants these rows back after a crash
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")
        for statement, many in (
            (_PASSES, rows),
            (_ENDED, enrolments),
            (_MESSAGES, enrolments),
            (_EVENTS, enrolments),
        ):
            for start in range(0, many, PIECE):
                cursor.execute(statement, values | {"from": start, "to": min(many, start + PIECE) - 1})
        cursor.execute(_REFUSED, values)
        cursor.execute("set synchronous_commit = on")
        cursor.execute(f"vacuum analyze {TABLES}")


def clear() -> None:
    """Nobody else's rows are there: `manage.py bench` has a database of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {TABLES} cascade")
    for table in PARTED:
        _logged(table, "logged")


def _logged(table: str, how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", [table]
        )
        for (part,) in cursor.fetchall():
            cursor.execute(f"select exists(select from {part})")
            if how == "logged" or not cursor.fetchone()[0]:
                cursor.execute(f"alter table {part} set {how}")


def empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists(select from journeys_pass) or exists(select from journeys_finished)")
        return not cursor.fetchone()[0]
