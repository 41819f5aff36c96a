"""Three hundred customers with half a year of shopping behind them; the same ones every time."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from config.sample import data
from lib.partitions import ensure_months, month_start
from profiles import night
from profiles.known_names import guess
from profiles.models import Consent, Event, KnownName, Profile, Source
from workspaces.models import Workspace

COUNT = 300
_KOREAN = (
    ["김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오"],
    [
        "서연",
        "민준",
        "지우",
        "하은",
        "도윤",
        "수아",
        "예준",
        "지민",
        "유진",
        "현우",
        "채원",
        "준호",
        "소율",
        "은우",
        "다은",
        "시우",
    ],
)
_ENGLISH = (
    ["Carter", "Reed", "Walsh", "Hughes", "Bennett", "Foster", "Moreau", "Novak"],
    ["Emily", "James", "Olivia", "Noah", "Grace", "Henry", "Clara", "Leo"],
)
_CITIES = {
    "ko": ["서울", "부산", "대구", "인천", "광주", "대전"],
    "en": ["Seoul", "London", "New York", "Sydney"],
}
_ZONES = {"London": "Europe/London", "New York": "America/New_York", "Sydney": "Australia/Sydney"}
_GOODS = [
    ("Oak side table", 165000), ("Linen napkins", 42000), ("Paper lamp", 89000), ("Stone mug", 28000),
    ("Ash stool", 120000), ("Wool throw", 138000), ("Glass vase", 54000),
]  # fmt: skip


def make(workspace: Workspace, now: datetime) -> None:
    """Profiles, consents, events and the names that the sentence builder offers."""
    dice = random.Random(20261122)  # noqa: S311 - sample data, the same every time
    profiles = Profile.objects.bulk_create(_profile(workspace, dice, number, now) for number in range(COUNT))
    Consent.objects.bulk_create(consent for p in profiles for consent in _consents(p, dice))
    ensure_months("profiles_event", month_start(now, -7), now)
    source = Source.objects.filter(workspace=workspace).order_by("pk").first()
    events = [event for p in profiles for event in _events(p, dice, now, source.pk if source else None)]
    till = Source.objects.filter(workspace=workspace, kind="pos").first()
    orders = sorted(
        (event for event in events if event.name == "order_completed"), key=lambda event: event.ts
    )
    for event in orders[::-4]:
        event.source_id = till.pk if till else None
    Event.objects.bulk_create(sorted(events, key=lambda event: event.ts), batch_size=2000)
    _names(workspace, profiles, events, now)
    data.make(workspace, profiles, events, now)


def _profile(workspace: Workspace, dice: random.Random, number: int, now: datetime) -> Profile:
    korean = dice.random() < 0.75
    locale = "ko" if korean else "en"
    last, first = (dice.choice(part) for part in (_KOREAN if korean else _ENGLISH))
    city = dice.choice(_CITIES[locale])
    attributes: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "email": f"customer{number + 1:03}@shop.example",
        "phone": f"+8210{dice.randrange(20_000_000, 99_999_999)}",
        "locale": locale,
        "city": city,
        "time_zone": _ZONES.get(city, "Asia/Seoul"),
        "plan": dice.choices(["basic", "member", "vip"], [70, 22, 8])[0],
        "birthday": str(date(1960, 1, 1) + timedelta(days=dice.randrange(16_000))),
    }
    return Profile(
        workspace=workspace,
        external_id=f"c-{number + 1:04}",
        attributes=attributes,
        created_at=now - timedelta(days=dice.randrange(20, 185), minutes=dice.randrange(1440)),
    )


def _consents(profile: Profile, dice: random.Random) -> list[Consent]:
    found = []
    for medium, chance in (("email", 0.92), ("sms", 0.7)):
        for topic in ("offers", "news"):
            granted = dice.random() < chance
            found.append(
                Consent(
                    profile=profile, medium=medium, topic=topic, state="granted" if granted else "withdrawn",
                    at=profile.created_at, how="sign-up form",
                )
            )  # fmt: skip
    answer = random.Random(f"night {profile.external_id}").random()  # noqa: S311 - an example
    if answer < 0.7:  # the others were never asked
        found.append(
            Consent(
                profile=profile, medium=night.MEDIUM, topic="*", state="granted" if answer < 0.4 else "withdrawn",
                at=profile.created_at, how="sign-up form",
            )
        )  # fmt: skip
    return found


def _events(profile: Profile, dice: random.Random, now: datetime, source: int | None) -> list[Event]:
    def event(name: str, ts: datetime, **properties: Any) -> Event:
        return Event(
            workspace_id=profile.workspace_id, profile_id=profile.pk, name=name, ts=ts, received_at=ts, source_id=source,
            properties=properties, context={},
        )  # fmt: skip

    found = [event("signed_up", profile.created_at, campaign=dice.choice(["instagram", "search", "friend"]))]
    orders = dice.choices([0, 1, 2, 3, 5, 8], [22, 26, 22, 15, 10, 5])[0]
    active_until = now - timedelta(days=dice.choice([0.1, 3, 10, 40, 95, 120]))
    span = max((active_until - profile.created_at).total_seconds(), 3600)
    for _order in range(orders):
        ts = profile.created_at + timedelta(seconds=dice.random() * span)
        good, price = dice.choice(_GOODS)
        amount = dice.choices([1, 2, 3], [70, 22, 8])[0]
        found.append(event("product_viewed", ts - timedelta(minutes=14), product=good, price=price))
        found.append(event("cart_updated", ts - timedelta(minutes=9), value=price * amount, items=amount))
        found.append(event("order_completed", ts, total=price * amount, items=amount, product=good))
    return [each for each in found if each.ts < now]


def _names(workspace: Workspace, profiles: list[Profile], events: list[Event], now: datetime) -> None:
    names = {("attribute", "", key): guess(value) for p in profiles for key, value in p.attributes.items()}
    for event in events:
        names["event", "", event.name] = ""
        for key, value in event.properties.items():
            names["property", event.name, key] = guess(value)
    KnownName.objects.bulk_create(
        (
            KnownName(workspace=workspace, kind=kind, event=event, name=name, type=type_, first_seen=now)
            for (kind, event, name), type_ in names.items()
        ),
        ignore_conflicts=True,
    )
