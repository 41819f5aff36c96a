"""One person's events, newest first, however many she has."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from profiles import person_events, timeline
from profiles.models import Profile, Source

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, tzinfo=UTC)
INSERT = """
insert into profiles_event (workspace_id, profile_id, name, ts, received_at, source_id)
select %s, case when i %% 10 = 0 then %s else %s + i end, 'event_' || (i / 10 %% {names}), %s - i * {apart}, %s, %s
from generate_series(1, %s) i
"""


def fill(person, count, source=None, names=20, apart="interval '1 minute'"):
    """count events, of which every tenth is hers."""
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT.format(names=names, apart=apart),
            [person.workspace_id, person.pk, person.pk + 1_000_000, NOW, NOW, source, count],
        )
        cursor.execute("analyze profiles_event")


@pytest.fixture
def person(workspace):
    return Profile.objects.create(workspace=workspace, external_id="c1")


def test_newest_of_all_names_equal_a_plain_look(person):
    fill(person, 3000)
    names = person_events.names_of(person.pk)

    found = person_events.newest(person.pk, names, 50)

    with connection.cursor() as cursor:
        cursor.execute(
            "select id from profiles_event where profile_id = %s order by ts desc, id desc limit 50",
            [person.pk],
        )
        assert [event.pk for event in found] == [row[0] for row in cursor.fetchall()]
    assert names == sorted(f"event_{number}" for number in range(20))


def test_pages_leave_nothing_out(person):
    fill(person, 1500, names=3)
    seen, before = [], None
    while True:
        page = timeline.read(person, before=before, limit=20)
        seen += [entry.at for entry in page.entries]
        if page.next_before is None:
            break
        before = page.next_before
    assert len(seen) == 150
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("kind", ["store", "event"])
def test_pages_of_a_rare_source_leave_nothing_out(person, workspace, kind, monkeypatch):
    monkeypatch.setattr(person_events, "LOOKED_AT", 50)
    store = Source.objects.create(workspace=workspace, name="Till", kind="store")
    web = Source.objects.create(workspace=workspace, name="Web", kind="web")
    fill(person, 8000, source=web.pk, names=2)
    with connection.cursor() as cursor:
        cursor.execute(
            "update profiles_event set source_id = %s where profile_id = %s and id %% 700 < 10",
            [store.pk if kind == "store" else None, person.pk],
        )
        cursor.execute(
            "select count(*) from profiles_event where profile_id = %s and source_id is distinct from %s",
            [person.pk, web.pk],
        )
        expected = cursor.fetchone()[0]
    seen, before, pages = [], None, 0
    while pages < 100:
        page = timeline.read(person, before=before, kind=kind, limit=5)
        seen += [entry.at for entry in page.entries]
        pages += 1
        if page.next_before is None:
            break
        before = page.next_before
    assert expected > 5
    assert len(seen) == len(set(seen)) == expected


def test_a_thousand_at_one_moment_come_to_an_end(person, workspace):
    web = Source.objects.create(workspace=workspace, name="Web", kind="web")
    fill(person, 12_000, source=web.pk, names=1, apart="interval '0'")
    before, pages = None, 0
    while pages < 30:
        page = timeline.read(person, before=before, kind="event", limit=5)
        pages += 1
        if page.next_before is None:
            break
        before = page.next_before
    assert pages < 10


def test_a_name_alone(person):
    fill(person, 1000)

    page = timeline.read(person, name="event_7")

    assert {entry.title for entry in page.entries} == {"Event 7"}
    assert len(page.entries) == 5


def test_a_hundred_thousand_events_cost_no_more_than_a_few_pages(person):
    """By the plan, not by the clock: buffers touched for the newest fifty of 100,000 among a million."""
    fill(person, 1_000_000, names=20, apart="interval '10 seconds'")
    names = person_events.names_of(person.pk)
    values = {
        "person": person.pk,
        "names": names,
        "limit": 55,
        "before": NOW - timedelta(days=30),
        "most": 200,
    }
    touched = 0
    with connection.cursor() as cursor:
        for statement in (
            person_events.NAMES,
            person_events.NEWEST.format(before=""),
            person_events.NEWEST.format(before="and e.ts < %(before)s"),
        ):
            cursor.execute(f"explain (analyze, buffers, format json) {statement}", values)
            answer = cursor.fetchone()[0]
            plan = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
            touched += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert len(names) == 20
    assert touched < 12_000
