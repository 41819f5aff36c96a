"""What a person amounts to, for the top of her page: orders, revenue, when and where she is usually seen.

Read by the index (profile, name, ts): the names of her events first, hopping from one to the next, then the newest
few of each. So it takes some milliseconds for somebody with a hundred thousand events too; `capped` says that orders
beyond MOST_ORDERS are not counted.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from profiles import standard
from profiles.models import Profile

ORDERS = ("order_completed", "Order Completed", "order_placed", "purchase", "Purchase")
TOTALS = ("total", "revenue", "value", "amount")
MOST_ORDERS = 5000
MOST_NAMES = 50
NEWEST = 60  # events a name that hour, device and city are read from

_NAMES = """
with recursive names as (
    (select name from profiles_event where profile_id = %(id)s order by name limit 1)
    union all
    select (select e.name from profiles_event e where e.profile_id = %(id)s and e.name > n.name
            order by e.name limit 1)
    from names n where n.name is not null
)
select name from names where name is not null limit %(most)s
"""
_ORDERS = """
select count(*), sum(coalesce({totals})), max(properties ->> 'currency') from (
    select properties from profiles_event where profile_id = %(id)s and name = any(%(orders)s) and ts <= %(now)s
    order by ts desc limit %(most)s
) o
"""
_NEWEST = """
select e.ts, e.context #>> '{device,type}', e.context #>> '{device,model}', e.context ->> 'userAgent',
    e.context #>> '{os,name}', e.context #>> '{location,city}'
from unnest(%(names)s::text[]) n(name) cross join lateral (
    select ts, context from profiles_event where profile_id = %(id)s and name = n.name and ts <= %(now)s
    order by ts desc limit %(newest)s
) e
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """revenue: None without an order that says what it came to. favourite_hour: 0-23 where she lives. device: mobile,
    tablet, desktop or ""."""

    orders: int = 0
    revenue: Decimal | None = None
    currency: str = ""
    last_seen: datetime | None = None
    favourite_hour: int | None = None
    device: str = ""
    city: str = ""
    capped: bool = False
    hours: tuple[int, ...] = ()  # how many of the newest events fell into each hour of her day


def figures(profile: Profile, now: datetime, zone: str = "UTC") -> Figures:
    """Three statements. `zone`: for a person without one."""
    own = profile.attributes.get("time_zone")
    local = ZoneInfo(own if isinstance(own, str) and standard.is_zone(own) else zone)
    asked: dict[str, Any] = {"id": profile.pk, "now": now, "most": MOST_NAMES, "newest": NEWEST}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, asked)
        names = [name for (name,) in cursor.fetchall()]
        if not names:
            return Figures(city=_city(profile, Counter()))
        orders, revenue, currency = 0, None, ""
        if bought := [name for name in names if name in ORDERS]:
            totals = ", ".join(f"gm_number(properties -> '{name}')" for name in TOTALS)
            cursor.execute(_ORDERS.format(totals=totals), asked | {"orders": bought, "most": MOST_ORDERS + 1})
            orders, revenue, currency = cursor.fetchone()
        cursor.execute(_NEWEST, asked | {"names": names})
        seen = cursor.fetchall()
    hours = Counter(ts.astimezone(local).hour for ts, *_rest in seen)
    devices = Counter(kind for _ts, *told, _city_ in seen if (kind := _device(*told)))
    cities = Counter(city for *_rest, city in seen if city)
    return Figures(
        orders=min(orders, MOST_ORDERS),
        revenue=revenue,
        currency=currency or "",
        last_seen=max((ts for ts, *_rest in seen), default=None),
        favourite_hour=_most(hours),
        device=_most(devices) or "",
        city=_city(profile, cities),
        capped=orders > MOST_ORDERS,
        hours=tuple(hours[hour] for hour in range(24)),
    )


def _city(profile: Profile, seen: Counter[str]) -> str:
    """Where she says she lives; else where she is seen most."""
    told = profile.attributes.get("city")
    return told if isinstance(told, str) and told else _most(seen) or ""


def _most(counts: Counter[Any]) -> Any:
    """The most frequent; of several the one that sorts first, so that the page does not flicker."""
    return min(counts, key=lambda key: (-counts[key], key)) if counts else None


def _device(kind: str | None, model: str | None, agent: str | None, system: str | None) -> str:
    """mobile, tablet, desktop; "" where nothing is said."""
    text = " ".join(part for part in (kind, model, agent, system) if part).lower()
    if not text:
        return ""
    if "ipad" in text or "tablet" in text:
        return "tablet"
    if any(word in text for word in ("iphone", "android", "mobile", "ios")):
        return "mobile"
    return (
        "desktop"
        if any(word in text for word in ("windows", "mac", "linux", "x11", "desktop", "cros"))
        else ""
    )
