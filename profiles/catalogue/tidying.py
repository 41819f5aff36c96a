"""Volume by day is kept for a while."""

from datetime import datetime, timedelta

from profiles.models import NameDay

KEPT = timedelta(days=90)


def forget_old(now: datetime) -> int:
    return NameDay.objects.filter(day__lt=(now - KEPT).date()).delete()[0]
