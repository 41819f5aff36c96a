"""Enrolments of one person that are over, the last ones first."""

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from journeys.engine.rows import EPOCH
from journeys.models import Finished


def last(profile_id: int, limit: int, journey_id: int | None = None) -> QuerySet[Finished]:
    """Somebody may have been in journeys ten thousand times. Since when the last `limit` ended is told by the index
    alone; only their own rows are fetched, from wherever in the table they lie."""
    rows = Finished.objects.filter(profile_id=profile_id)
    if journey_id is not None:
        rows = rows.filter(journey_id=journey_id)
    oldest = Subquery(rows.order_by("-ended_at").values("ended_at")[limit - 1 : limit])
    return rows.filter(ended_at__gte=Coalesce(oldest, EPOCH)).order_by("-ended_at")[:limit]
