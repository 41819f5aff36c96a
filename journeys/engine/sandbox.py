"""A journey that exists only within a transaction that is rolled back, and hears of nothing but its own people: what
simulations and replays walk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from journeys.engine import live, plan
from journeys.engine.live import Index
from journeys.engine.plan import Plan
from journeys.models import Journey, Version
from workspaces.models import Workspace


@contextmanager
def journey_of(document: Any, workspace: Workspace, at: datetime) -> Iterator[tuple[Plan, Index]]:
    """The document as the live version of a journey of its own. The caller rolls the transaction back."""
    journey = Journey.objects.create(workspace=workspace, name="sandbox", state="live")
    version = Version.objects.create(journey=journey, number=1, document=document, published_at=at)
    Journey.objects.filter(pk=journey.pk).update(live=version)
    try:
        found = plan.load([version.pk])[version.pk]
        index = live.build({version.pk: found}, ((journey.pk, "live", version.pk),))
        with live.only(index):
            yield found, index
    finally:
        plan.forget(version.pk)
