"""What a computed attribute has to be: read off the list of events, slowly."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


def expected(one, events, now):
    """events: [(ts, properties)] of the right name; None: the person has no such attribute."""
    ever = any(ts <= now for ts, _properties in events)
    events = [(ts, properties) for ts, properties in events if ts <= now and passes(one, properties)]
    if one.window_days:
        events = [(ts, p) for ts, p in events if ts >= now - timedelta(days=one.window_days)]
    values = [(ts, p.get(one.property)) for ts, p in events if p.get(one.property) is not None]
    numbers = [Decimal(str(v)) for _ts, v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if one.kind == "count":
        return len(events) if ever else None
    if one.kind == "sum":
        return float(sum(numbers)) if numbers else 0 if ever else None
    if one.kind == "average":
        return float(round(sum(numbers) / len(numbers), 6)) if numbers else None
    if one.kind == "first":
        return min(values, key=lambda each: (each[0], order(each[1])))[1] if values else None
    if one.kind == "last":
        return max(values, key=lambda each: (each[0], order(each[1])))[1] if values else None
    if one.kind == "distinct":
        return len({v for _ts, v in values}) if ever else None
    if one.kind == "most_frequent":
        counts = Counter(v for _ts, v in values)
        newest = {v: max(ts for ts, w in values if w == v) for v in counts}
        return max(counts, key=lambda v: (counts[v], newest[v], order(v))) if counts else None
    zone, days = ZoneInfo(one.zone), 7 if one.unit == "week" else 1
    reached = {start(ts.astimezone(zone).date(), days) for ts, _p in events}
    day, n = start(now.astimezone(zone).date(), days), 0
    if day not in reached:
        day -= timedelta(days=days)
    while day in reached:
        n, day = n + 1, day - timedelta(days=days)
    return n if ever else None


def start(day, days):
    return day - timedelta(days=day.weekday()) if days == 7 else day


def order(value):
    """As jsonb is in order: texts before numbers."""
    return (isinstance(value, int | float), value)


def passes(one, properties):
    return all(properties.get(test["property"]) == test["value"] for test in one.where)
