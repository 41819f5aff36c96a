"""`manage.py sample_data`, also after a run that was interrupted."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db.models import Count

from channels.models import Account, Message
from config.sample import journeys, segments
from content.models import Item
from journeys.models import Journey
from lib import clock, web_push
from profiles import source_figures
from profiles.membership import filling
from profiles.models import Device, Event, SegmentMember, Source
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
    assert all(people[slug] for slug in ("big-spenders", *(slug for slug, *_rest in segments.RULES))), people


@pytest.mark.django_db
def test_its_sources_have_counted_their_events_by_the_day(sample):
    call_command("sample_data")
    now = clock.now()
    sources = {source.name: source for source in Source.objects.all()}
    zone = ZoneInfo("Asia/Seoul")
    figures = source_figures.read(list(sources.values()), zone, now)
    monday = datetime.combine(now.astimezone(zone).date() - timedelta(days=6), datetime.min.time(), zone)
    for name in ("Web shop", "Store till"):
        source = sources[name]
        stored = Event.objects.filter(source_id=source.pk, ts__gte=monday).exclude(message_id__gt="")
        assert figures[source.pk].week == stored.count() > 0, name
        newest = Event.objects.filter(source_id=source.pk, message_id=None).order_by("-ts").first()
        assert newest and figures[source.pk].last == newest.ts
    assert figures[sources["Web shop"].pk].names["order_completed"] > 0


@pytest.mark.django_db
def test_its_site_and_browsers_are_reached_without_anybody_else(sample):
    call_command("sample_data")
    accounts = {one.kind: one for one in Account.objects.filter(medium__in=["in_app", "push"])}
    assert set(accounts) == {"in_app", "web_push"}
    devices = list(Device.objects.all())
    assert devices
    # What stands for browsers leads nowhere, and fits the key that they would have subscribed with.
    assert {urlsplit(one.token).hostname for one in devices} == {"push.sonamu.example"}
    assert {one.app for one in devices} == {str(accounts["web_push"].public_id)}
    assert not Message.objects.filter(medium="push").exists()
    assert Journey.objects.get(name="Pick-up, at the next visit").state == "live"
    item = Item.objects.get(slug="cart-push")
    for variant in item.variants.all():
        web_push.encrypt(variant.data["title"].encode(), **devices[0].keys)
