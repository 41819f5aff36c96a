"""A person's zone: her own, else the journey's, else the workspace's, else UTC; what is none is noted on her log."""

from datetime import datetime

import pytest

from journeys import story as told
from journeys.engine import explain, leave
from journeys.models import Enrolment
from profiles.masking import of_nobody
from profiles.models import Profile
from tests.journeys.engine.story import END, T0, document, mail

NINE = {"kind": "wait_until", "settings": {"at": "09:00"}, "next": {"next": "x"}}


def go(story, person, time_zone="Asia/Seoul"):
    story.publish(document({"u": NINE, "x": END}) | {"time_zone": time_zone})
    story.happen("go", T0, person)
    return Enrolment.objects.get()


@pytest.mark.parametrize(
    ("hers", "journeys", "due"),
    [
        ("America/New_York", "Asia/Seoul", "2026-01-05T14:00:00Z"),
        ("Mars/Olympus", "Asia/Seoul", "2026-01-06T00:00:00Z"),
        ("../etc/passwd", "Asia/Seoul", "2026-01-06T00:00:00Z"),
        (7, "Asia/Seoul", "2026-01-06T00:00:00Z"),
        (None, "Asia/Seoul", "2026-01-06T00:00:00Z"),
        ("", None, "2026-01-06T08:00:00Z"),
        ("Nowhere", None, "2026-01-06T08:00:00Z"),
    ],
)
def test_the_first_that_is_one(story, hers, journeys, due):
    story.workspace.time_zone = "Europe/Berlin"
    story.workspace.save()
    row = go(story, story.person(time_zone=hers), journeys)
    assert row.due_at == datetime.fromisoformat(due)


def test_utc_where_none_is_one(story):
    story.workspace.time_zone = "Old/Name"
    story.workspace.save()
    assert go(story, story.person(), None).due_at == datetime.fromisoformat("2026-01-06T09:00:00Z")


@pytest.mark.parametrize(
    ("hers", "warned"), [("Mars/Olympus", True), ("Asia/Seoul", False), (None, False), ("", False)]
)
def test_a_warning_on_the_persons_log(story, hers, warned):
    ana = story.person(time_zone=hers)
    row = go(story, ana)
    (visit,) = explain.walks([row.pk])[row.pk].visits
    assert visit.odd_zone == (hers if warned else None)
    (standing,) = explain.position(ana.pk, story.workspace)
    assert standing.texts == (["“Mars/Olympus” is no time zone, so the journey's is used."] if warned else [])
    entries = told.entries(Profile.objects.get(pk=ana.pk), None, 50, of_nobody(ana.workspace_id))
    assert ("Time zone not understood" in [entry.title for entry in entries]) == warned


def test_erasing_takes_the_warning_along(story):
    ana = story.person(time_zone="Home of Ana")
    row = go(story, ana)
    leave.erased([ana.pk], T0)
    assert [visit.odd_zone for visit in explain.walks([row.pk])[row.pk].visits] == [None]


def test_only_she_is_warned_and_only_where_the_clock_matters(story):
    odd, fine = story.person(time_zone='Odd"\\Zone'), story.person(time_zone="Asia/Seoul")
    story.publish(
        document(
            {"e": mail("u"), "u": NINE, "x": END},
            triggers={"t": {"kind": "event", "event": "go", "next": "e"}},
        )
    )
    story.happen("go", T0, odd, fine)
    logs = {row.profile_id: explain.walks([row.pk])[row.pk].visits for row in Enrolment.objects.all()}
    assert [visit.odd_zone for visit in logs[odd.pk]] == [None, 'Odd"\\Zone']
    assert [visit.odd_zone for visit in logs[fine.pk]] == [None, None]
