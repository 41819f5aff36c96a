"""The card of what a person buys, and when she is there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from profiles import person_habits
from profiles.models import Event, Profile
from tests.factories.workspaces import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def happened(person, name, *agos, **properties):
    for ago in agos:
        Event.objects.create(
            workspace_id=person.workspace_id, profile_id=person.pk, name=name, ts=NOW - ago, received_at=NOW,
            properties=properties, context={"device": {"type": "ios"}},
        )  # fmt: skip


def test_nothing_is_told_of_nobody(workspace):
    assert person_habits.read(Profile.objects.create(workspace=workspace), NOW) is None


def test_orders_and_the_hour_by_her_own_clock(workspace):
    ana = Profile.objects.create(workspace=workspace, attributes={"time_zone": "Asia/Seoul"})
    days = [timedelta(days=n) for n in range(1, 5)]
    happened(ana, "order_completed", *days[:2], total=20, currency="KRW")
    happened(ana, "page", *days, timedelta(hours=3))
    found = person_habits.read(ana, NOW)
    assert found.facts == [
        ("Orders", "2"), ("Spent", "40 KRW"), ("An order on average", "20"), ("Comes by", "Phone"),
    ]  # fmt: skip
    assert found.best == "21:00–22:00"
    assert [bar.x // 10 for bar in found.bars if bar.best] == [21]
    assert (found.bars[21].height, found.bars[18].height, found.bars[0].height) == (32, 5, 1)
    assert "85.7% of the last 7 events" in found.text


def test_of_few_events_no_hour_is_a_habit(workspace):
    ana = Profile.objects.create(workspace=workspace)
    happened(ana, "page", timedelta(hours=1))
    found = person_habits.read(ana, NOW)
    assert (found.best, found.bars) == ("", ())


def test_the_card_stands_on_the_page(workspace):
    ana = Profile.objects.create(workspace=workspace, attributes={"time_zone": "UTC"})
    happened(ana, "page", *[timedelta(days=n) for n in range(6)])
    client = Client()
    client.force_login(make_user(workspace, "viewer"))
    page = client.get(reverse("profiles:person", args=[ana.public_id])).content.decode()
    assert "12:00–13:00" in page
