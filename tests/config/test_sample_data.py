"""`manage.py sample_data`, also after a run that was interrupted."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import Count

from config.sample import journeys, segments
from lib import clock
from profiles.membership import filling
from profiles.models import Event, SegmentMember, Source
from workspaces import api_keys
from workspaces.models import ApiKey, Workspace


@pytest.fixture
def sample(db, settings, tmp_path):
    settings.VAR = tmp_path
    return tmp_path / "sample.json"


def first_calls():
    return Event.objects.filter(message_id=journeys.FIRST_CALL).count()


def test_sample_data_is_made_once(sample):
    call_command("sample_data")
    call_command("sample_data")
    keys = json.loads(sample.read_text())
    assert Workspace.objects.filter(slug="sonamu").count() == 1
    assert api_keys.find(keys["api_key"], at=clock.now()) is not None
    assert first_calls() == 1


def test_a_run_that_ended_early_is_finished_by_the_next(sample, monkeypatch):
    monkeypatch.setattr(journeys, "walk", lambda *_: None)
    call_command("sample_data")
    lost = json.loads(sample.read_text())
    sample.unlink()
    monkeypatch.undo()

    call_command("sample_data")
    keys = json.loads(sample.read_text())
    assert keys["write_key"] == lost["write_key"] == Source.objects.get(name="Web shop").write_key
    assert api_keys.find(keys["api_key"], at=clock.now()) is not None
    assert api_keys.find(lost["api_key"], at=clock.now()) is None
    assert ApiKey.objects.filter(revoked_at=None).count() == 1
    assert first_calls() == 1


@pytest.mark.django_db
def test_its_segments_are_filled(sample):
    call_command("sample_data")
    filling.fill_due(clock.now() + timedelta(seconds=5))
    people = dict(SegmentMember.objects.values_list("segment__slug").annotate(n=Count("pk")))
    assert people["tasters"] == segments.TESTERS
    assert all(people[slug] for slug, *_rest in segments.RULES), people
