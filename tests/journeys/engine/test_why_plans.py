"""With a long log every question about one person is answered from indexes: no table is read from end to end."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from journeys import story as page
from journeys.engine import explain, why_not
from journeys.models import Enrolment, Finished, Pass
from lib.partitions import ensure_months
from profiles.masking import of_nobody
from profiles.models import Profile
from tests.factories.workspaces import make_actor
from tests.journeys.engine.story import DAY, END, T0, Story, document, mail, wait
from workspaces.roles import grant

pytestmark = pytest.mark.django_db

BIG = {"entry": "value", "op": "gte", "value": 50}
LARGE = (
    "journeys_pass", "journeys_enrolment", "journeys_finished", "journeys_refused", "journeys_failure",
    "channels_message", "profiles_event", "profiles_profile",
)  # fmt: skip
MONTHS = 6

FILL = """
insert into profiles_profile (public_id, workspace_id, attributes, created_at, updated_at)
select gen_random_uuid(), %(workspace)s, '{}', %(start)s, %(start)s from generate_series(1, 20000);
insert into journeys_finished (enrolment_id, workspace_id, journey_id, version_id, profile_id, trigger, instance_key,
    step, seq, entered_at, ended_at, reason, outcome)
select 10000000 + n, %(workspace)s, %(journey)s, %(version)s, p.id, 't', '', 'x', 3,
    %(start)s + n * interval '2 minutes', %(start)s + n * interval '2 minutes' + interval '1 day', 'completed', ''
from (select id, row_number() over () n from profiles_profile) p, generate_series(1, 2) again;
insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, instance_key, step, seq,
    arrived_at, due_at, status, attempts, entered_at, entry, context)
select %(workspace)s, %(journey)s, %(version)s, id, 't', '', 'w', 2, %(now)s, %(now)s, 0, 0, %(now)s, '{}', '{}'
from profiles_profile where id %% 2 = 0 on conflict do nothing;
insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)
select workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, entered_at + seq * interval '1 hour',
    '[{"s":"m","o":"next","m":{"state":"created"}},{"s":"w","o":null}]'
from journeys_finished, generate_series(1, 5) n;
insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, route)
select workspace_id, journey_id, version_id, id, profile_id, 1, entered_at, '[{"t":"t"},{"s":"w","o":null}]'
from journeys_enrolment;
insert into channels_message (workspace_id, enrolment_id, seq, journey_id, version_id, step, profile_id, medium, state,
    variables, created_at, due_at)
select workspace_id, enrolment_id, 1, journey_id, version_id, 'm', profile_id, 'email', 'sent', '{}',
    entered_at, entered_at
from journeys_finished;
insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties, context)
select %(workspace)s, id, 'go', %(start)s + (n * 23) * interval '1 day', %(now)s, '{"value": 10}', '{}'
from profiles_profile, generate_series(1, 6) n;
insert into journeys_refused (profile_id, journey_id, trigger, version_id, at, kind, why)
select id, %(journey)s, 't', %(version)s, %(now)s, 'where', '[[10, false]]' from profiles_profile;
"""


@pytest.fixture
def long_log(django_db_blocker):
    told = Story()
    start = T0 - timedelta(days=30 * MONTHS)
    for table in ("journeys_pass", "profiles_event"):
        ensure_months(table, start, T0)
    trigger = {"t": {"kind": "event", "event": "go", "where": BIG, "next": "m"}}
    steps = {"m": mail("w"), "w": wait("P1D", "x"), "x": END}
    journey = told.publish(document(steps, triggers=trigger), start)
    others = [told.publish(document(steps, triggers=trigger), start) for _n in range(5)]
    with connection.cursor() as cursor:
        cursor.execute("alter table journeys_finished disable trigger all")
        values = {"workspace": told.workspace.pk, "journey": journey.pk, "version": journey.live_id}
        for statement in FILL.split(";\n"):
            if "from (select id, row_number()" in statement:
                statement = statement.replace("10000000 + n,", "10000000 + n * 2 + again,")
            if statement.strip():
                cursor.execute(statement, values | {"start": start, "now": T0})
        cursor.execute("analyze journeys_pass, journeys_enrolment, journeys_finished, journeys_refused")
        cursor.execute("analyze channels_message, profiles_event, profiles_profile")
        cursor.execute("select count(*) from pg_inherits where inhparent = 'journeys_pass'::regclass")
        assert cursor.fetchone()[0] >= MONTHS
    return told, journey, others


def empty(node):
    with connection.cursor() as cursor:
        cursor.execute(f"select not exists (select from {node['Relation Name']})")
        return cursor.fetchone()[0]


def scans(sql, params):
    """The large tables that the plan of a statement reads without an index."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {sql}", params)
        (found,) = cursor.fetchone()
    level, whole = [found[0]["Plan"]], []
    while level:
        node = level.pop()
        level += node.get("Plans", [])
        # Months before the log began, and the partition for what fits nowhere, are empty.
        if node["Node Type"] == "Seq Scan" and node["Relation Name"].startswith(LARGE) and not empty(node):
            whole.append(node["Relation Name"])
    return whole


def test_every_question_is_answered_from_indexes(long_log):
    told, journey, others = long_log
    assert Pass.objects.count() > 200_000
    person = Profile.objects.filter(pk__in=Enrolment.objects.values("profile_id")[:1]).get()
    actor = make_actor(told.workspace, "owner")
    for one in (journey, *others):
        grant(one)
    request = RequestFactory().get("/")
    request.actor = actor

    def everything():
        assert len(explain.position(person.pk, told.workspace)) == 3
        assert page.panel(request, person)["before"] == 2
        assert len(page.api(actor, person, of_nobody(person.workspace_id))) == 3
        assert list(page.entries(person, None, 50, of_nobody(person.workspace_id)))
        assert why_not.ask(person, journey, told.workspace, T0).inside
        for other in others:
            assert why_not.ask(person, other, told.workspace, T0).ways

    everything()
    asked = []

    def note(execute, sql, params, many, context):
        if sql.lower().startswith(("select", "with")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        start = time.process_time()
        everything()
        spent = time.process_time() - start
    assert len(asked) > 20
    assert scans(
        "select from journeys_pass where profile_id = %s", [person.pk]
    )  # what it looks like when it is wrong
    assert {sql: found for sql, params in asked if (found := scans(sql, params))} == {}
    assert spent < 2
    _early_months_are_left_alone()


def _early_months_are_left_alone():
    one = Finished.objects.order_by("-entered_at").first()
    with CaptureQueriesContext(connection) as queries:
        explain.walks([one.enrolment_id], one.entered_at - DAY)
    (sql,) = [query["sql"] for query in queries if "journeys_pass" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"explain {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"journeys_pass_{T0 - timedelta(days=30 * MONTHS):%Y%m}" not in plan
    assert f"journeys_pass_{one.entered_at:%Y%m}" in plan
