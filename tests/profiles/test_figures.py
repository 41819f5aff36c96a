"""The figures at the top of a person's page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.figures import Figures, figures
from profiles.models import Event, Profile

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PHONE = {"device": {"type": "ios"}, "location": {"city": "Busan"}}


def event(profile, name, ago, properties=None, context=None):
    Event.objects.create(
        workspace_id=profile.workspace_id, profile_id=profile.pk, name=name, ts=NOW - ago, received_at=NOW,
        properties=properties or {}, context=context or {},
    )  # fmt: skip


def test_nobody_knows_anything(workspace):
    assert figures(Profile.objects.create(workspace=workspace), NOW) == Figures()


def test_orders_revenue_and_habits(workspace):
    ana = Profile.objects.create(workspace=workspace, attributes={"time_zone": "Asia/Seoul"})
    event(ana, "order_completed", timedelta(days=3), {"total": "29.5", "currency": "KRW"}, PHONE)
    event(ana, "order_completed", timedelta(days=2), {"total": 20}, PHONE)
    event(ana, "order_completed", timedelta(days=1), {"note": "no total"})
    event(ana, "page", timedelta(hours=1), {}, {"userAgent": "Mozilla/5.0 (Windows NT 10.0)"})
    event(ana, "page", -timedelta(days=1))
    found = figures(ana, NOW)
    assert (found.orders, found.revenue, found.currency) == (3, Decimal("49.5"), "KRW")
    assert (found.favourite_hour, found.device, found.city) == (21, "mobile", "Busan")
    assert found.last_seen == NOW - timedelta(hours=1)
    ana.attributes["city"] = "Seoul"
    assert figures(ana, NOW).city == "Seoul"


def test_somebody_with_very_many_events_costs_as_little(workspace):
    ana = Profile.objects.create(workspace=workspace)
    Event.objects.bulk_create(
        Event(
            workspace_id=workspace.pk, profile_id=ana.pk, name=name, ts=NOW - timedelta(seconds=n), received_at=NOW,
            properties={"total": 1},
        )
        for name in ("page", "order_completed") for n in range(6000)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        found = figures(ana, NOW)
    assert (found.orders, found.capped, len(queries)) == (5000, True, 3)
