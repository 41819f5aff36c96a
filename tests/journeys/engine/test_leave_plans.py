"""Merging and erasing look for one person in tables of many."""

import pytest
from django.db import connection

from journeys.engine import leave
from journeys.models import Enrolment, Finished
from tests.journeys.engine.story import END, HOUR, T0, document, wait

MANY = 20_000
TABLES = ("journeys_enrolment", "journeys_finished", "journeys_eventwait", "journeys_place", "journeys_call")


@pytest.fixture
def crowded(story):
    journey = story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    for _n in range(5):
        story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_enrolment (workspace_id, journey_id, version_id, profile_id, trigger, instance_key, "
            "step, seq, arrived_at, status, attempts, entered_at, entry, context) "
            "select %(workspace)s, %(journey)s, %(version)s, -n, 't', '', 'w', 1, %(now)s, 0, 0, %(now)s, '{}', '{}' "
            "from generate_series(1, %(many)s) n",
            {
                "workspace": story.workspace.pk,
                "journey": journey.pk,
                "version": journey.live_id,
                "now": T0,
                "many": MANY,
            },
        )
        cursor.execute(
            "insert into journeys_finished (enrolment_id, workspace_id, journey_id, version_id, profile_id, "
            "trigger, instance_key, step, seq, entered_at, ended_at, reason, outcome) "
            "select -n, %(workspace)s, %(journey)s, 1, -n, 't', '', 'w', 1, %(now)s, %(now)s, 'completed', '' "
            "from generate_series(1, %(many)s) n",
            {"workspace": story.workspace.pk, "journey": journey.pk, "now": T0, "many": MANY},
        )
        cursor.execute(
            "insert into journeys_pass (workspace_id, journey_id, version_id, enrolment_id, profile_id, seq, at, "
            "route) select %(workspace)s, %(journey)s, 1, -n, -n, 1, %(now)s, '[]' from generate_series(1, %(many)s) n",
            {"workspace": story.workspace.pk, "journey": journey.pk, "now": T0, "many": MANY},
        )
        for table in (*TABLES, "journeys_pass"):
            cursor.execute(f"analyze {table}")
    return journey


def read():
    """Rows of the journeys' tables that this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables "
            "where relname = any(%s) or relname like 'journeys_pass%%'",
            [list(TABLES)],
        )
        return int(cursor.fetchone()[0])


def test_a_merge_reads_the_rows_of_two(story, crowded):
    ana, anna = story.person(), story.person()
    story.happen("go", T0, anna)
    before = read()
    leave.merged([(anna.pk, ana.pk)], T0 + HOUR)
    assert read() - before < 500
    assert set(Enrolment.objects.filter(profile_id__gt=0).values_list("profile_id", flat=True)) == {ana.pk}


def test_an_erasure_reads_the_rows_of_one(story, crowded):
    ana = story.person()
    story.happen("go", T0, ana)
    before = read()
    leave.erased([ana.pk], T0 + HOUR)
    assert read() - before < 500
    assert set(Finished.objects.filter(profile_id=ana.pk).values_list("reason", flat=True)) == {"erased"}
