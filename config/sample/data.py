"""What the sample shop knows of its data: volumes of the catalogue, computed attributes, stores and where people were."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from profiles import computed, places, source_figures, source_notes
from profiles.call import Call
from profiles.catalogue import tally
from profiles.computed import editing, filling
from profiles.models import ComputedAttribute, Event, KnownName, Profile, Store
from workspaces.models import Team, Workspace

STORES = [
    ("gangnam", "강남점", 37.4979, 127.0276, "서울 강남구 강남대로 396"),
    ("hongdae", "홍대점", 37.5563, 126.9236, "서울 마포구 양화로 160"),
    ("jamsil", "잠실점", 37.5133, 127.1028, "서울 송파구 올림픽로 300"),
    ("seomyeon", "서면점", 35.1577, 129.0594, "부산 부산진구 중앙대로 730"),
]
FIGURES: list[tuple[str, str, dict[str, Any], str]] = [
    ("orders_ever", "count", {}, "All orders, in the shop and on the web"),
    ("spent_90_days", "sum", {"property": "total", "window_days": 90}, "What she spent lately"),
    ("favourite_product", "most_frequent", {"property": "product"}, "What she orders most"),
]
WORDS = {
    ("event", "order_completed"): "The customer paid an order.",
    ("event", "cart_updated"): "The cart changed; value is what it is worth now.",
    ("attribute", "plan"): "The loyalty plan she is on.",
}
DAYS = 30


def make(workspace: Workspace, profiles: Sequence[Profile], events: Sequence[Event], now: datetime) -> None:
    _volumes(workspace, profiles, events, now)
    _sources(events, now)
    Store.objects.bulk_create(
        Store(
            workspace=workspace,
            slug=slug,
            name=name,
            latitude=lat,
            longitude=lon,
            address=address,
            created_at=now,
        )
        for slug, name, lat, lon, address in STORES
    )
    _places(profiles, now)
    crm = Team.objects.filter(workspace=workspace, slug="crm").first()
    for (kind, name), words in WORDS.items():
        KnownName.objects.filter(workspace=workspace, kind=kind, name=name).update(
            description=words, team=crm
        )
    _figures(workspace, now)


def _volumes(
    workspace: Workspace, profiles: Sequence[Profile], events: Sequence[Event], now: datetime
) -> None:
    """As if it had been counted day by day; what is older than the chart stands on its first day."""
    days: dict[datetime, dict[tally.Shape, tally.Count]] = defaultdict(dict)

    def count(at: datetime, shape: tally.Shape, values: dict[str, object]) -> None:
        day = max(at, now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
        known = days[day.replace(hour=0)].get(shape)
        if known is None:
            days[day.replace(hour=0)][shape] = tally.Count(values, day)
        else:
            known.n, known.sample, known.at = known.n + 1, values, max(known.at, day)

    for event in events:
        types = tuple(map(type, event.properties.values()))
        shape = (workspace.pk, event.source_id or 0, event.name, tuple(event.properties), types)
        count(event.ts, shape, event.properties)
    source = next((event.source_id for event in events if event.source_id), None) or 0
    for profile in profiles:
        values = profile.attributes
        count(now, (workspace.pk, source, None, tuple(values), tuple(map(type, values.values()))), values)
    for day in sorted(days):
        tally.add(days[day])
        tally.flush()


def _sources(events: Sequence[Event], now: datetime) -> None:
    """What the sources sent, as if it had been counted when it came."""
    hours: dict[tuple[datetime, int, int], list[Event]] = defaultdict(list)
    for event in events:
        if event.source_id is not None and event.ts > now - source_figures.KEPT_HOURS:
            hour = event.ts.replace(minute=0, second=0, microsecond=0)
            hours[hour, event.source_id, event.workspace_id].append(event)
    for (_hour, source, workspace), some in sorted(hours.items()):
        calls = [Call("track", event.ts, event=event.name) for event in some]
        last = max(event.ts for event in some)
        source_notes.recorded(source, workspace, calls, [event.profile_id for event in some], [], last)
    source_notes.flush(now)
    source_figures.fold()


def _places(profiles: Sequence[Profile], now: datetime) -> None:
    dice = random.Random(20261123)  # noqa: S311 - sample data, the same every time
    seen = [profile for profile in profiles if dice.random() < 0.4]
    for profile in seen:
        _slug, _name, lat, lon, _address = dice.choices(STORES, [4, 3, 2, 2])[0]
        place = {"lat": round(lat + dice.gauss(0, 0.03), 5), "lon": round(lon + dice.gauss(0, 0.03), 5)}
        at = now - timedelta(hours=dice.randrange(1, 400))
        profile.attributes[places.ATTRIBUTE] = {**place, "at": places.written(at)}
    Profile.objects.bulk_update(seen, ["attributes"])


def _figures(workspace: Workspace, now: datetime) -> None:
    for name, kind, more, words in FIGURES:
        row = ComputedAttribute.objects.create(
            workspace=workspace, name=name, kind=kind, event="order_completed", description=words, fill_after=now,
            zone=workspace.time_zone, created_at=now, updated_at=now, **more,
        )  # fmt: skip
        KnownName.objects.create(
            workspace=workspace, kind="attribute", name=name, type=editing.type_of(row), first_seen=now,
            computed=True, description=words,
        )  # fmt: skip
    computed.forget()
    filling.fill(now)
