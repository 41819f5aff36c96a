"""What happened today, for the home page: messages by hour and medium, and what stayed unsent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import ExtractHour

from channels.models import Message
from workspaces.words import zone

LATEST = timedelta(days=7)  # a message may be held that long before it leaves


@dataclass(frozen=True)
class Today:
    """by_hour: {medium: [24 counts]} in the workspace's zone. unsent: skipped and failed messages made today."""

    start: datetime
    by_hour: dict[str, list[int]]
    unsent: int

    @property
    def sent(self) -> int:
        return sum(sum(hours) for hours in self.by_hour.values())

    @property
    def by_medium(self) -> dict[str, int]:
        return {medium: sum(hours) for medium, hours in self.by_hour.items()}


def today(workspace_id: int, time_zone: str, now: datetime) -> Today:
    """Two statements, both bounded by the block index on created_at."""
    local = now.astimezone(zone(time_zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    messages = Message.objects.filter(workspace_id=workspace_id)
    rows = (
        messages.filter(created_at__gte=start - LATEST, sent_at__gte=start)
        .annotate(hour=ExtractHour("sent_at", tzinfo=zone(time_zone)))
        .values_list("medium", "hour")
        .annotate(n=Count("pk"))
        .order_by()
    )
    by_hour: dict[str, list[int]] = {}
    for medium, hour, n in rows:
        by_hour.setdefault(medium, [0] * 24)[hour] = n
    unsent = messages.filter(created_at__gte=start, state__in=["skipped", "failed"]).count()
    return Today(start, dict(sorted(by_hour.items())), unsent)
