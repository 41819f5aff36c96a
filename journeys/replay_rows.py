"""A replay's report as the panel shows it: rows for tables and plain numbers for its bars."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels import media
from journeys import hour_chart
from journeys.cards import cards_of
from journeys.document.shape import parse
from journeys.document.walk import order
from journeys.models import Journey
from workspaces import words

WIDTH, HEIGHT = 480, 96
Json = dict[str, Any]
NOTHING: Json = {"total": 0, "days": []}


@dataclass(frozen=True)
class StepRow:
    """`live`, `draft`: people, None where the document has no such step; the shares are of the greatest number."""

    title: str
    icon: str
    tone: str
    live: int | None
    draft: int | None
    live_share: float
    draft_share: float


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    live: bool


@dataclass(frozen=True)
class Day:
    label: str
    live: int
    draft: int


@dataclass(frozen=True)
class Channel:
    """Messages of one medium: sent a day, and how many were not sent in all."""

    medium: str
    label: str
    icon: str
    colour: str
    live_sent: int
    draft_sent: int
    live_not_sent: int
    draft_not_sent: int
    bars: list[Bar]
    days: list[Day] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT


def steps(report: Json, journey: Journey) -> list[StepRow]:
    """The draft's steps in path order, then those that only the live version has."""
    draft, live = report["draft"], report["live"]
    documents = [journey.draft, *([journey.live.document] if live and journey.live else [])]
    found: dict[str, Json] = {}
    for document in documents:
        cards, ranks = cards_of(document, journey.workspace), order(parse(document))
        for key in sorted(parse(document).steps, key=lambda one: ranks.get(one, 0)):
            found.setdefault(key, cards[key])
    numbers = [one["total"] for volumes in (draft, live) if volumes for one in volumes["steps"].values()]
    most = max(numbers, default=0) or 1
    own = [set(parse(document).steps) for document in documents]
    rows = []
    for key, card in found.items():
        drafted = draft["steps"].get(key, NOTHING)["total"] if key in own[0] else None
        lived = live["steps"].get(key, NOTHING)["total"] if live and len(own) > 1 and key in own[1] else None
        rows.append(
            StepRow(
                card["title"],
                card["icon"],
                card["tone"],
                lived,
                drafted,
                round((lived or 0) * 100 / most, 1),
                round((drafted or 0) * 100 / most, 1),
            )
        )
    return rows


def channels(report: Json) -> list[Channel]:
    """By medium, the busiest first."""
    both = [report["draft"], report["live"] or {"channels": {}, "days": report["draft"]["days"]}]
    names = {medium for volumes in both for medium in volumes["channels"]}
    found = [_channel(medium, *both, beside=report["live"] is not None) for medium in names]
    return sorted(found, key=lambda one: (-(one.draft_sent + one.live_sent), one.medium))


def _channel(medium: str, draft: Json, live: Json, *, beside: bool) -> Channel:
    kind = media.known(medium)
    states = [volumes["channels"].get(medium, {}) for volumes in (draft, live)]
    days = [datetime.fromisoformat(day) for day in draft["days"]]
    sent = [_padded(found.get("sent", NOTHING)["days"], len(days)) for found in states]
    left = [
        sum(one["total"] for state, one in found.items() if state in ("skipped", "failed"))
        for found in states
    ]
    return Channel(
        medium,
        str(kind.label) if kind else medium,
        kind.icon if kind else "send",
        hour_chart.colour(medium),
        states[1].get("sent", NOTHING)["total"],
        states[0].get("sent", NOTHING)["total"],
        left[1],
        left[0],
        _bars(sent[1], sent[0], beside=beside),
        [
            Day(words.date(day, year=False), lived, drafted)
            for day, lived, drafted in zip(days, sent[1], sent[0], strict=True)
        ],
    )


def _padded(days: list[int], length: int) -> list[int]:
    return [*days, *[0] * (length - len(days))]


def _bars(live: list[int], draft: list[int], *, beside: bool) -> list[Bar]:
    """Live left and draft right in each day's slot; the draft alone takes all of it."""
    most, slot = max([*live, *draft, 1]), WIDTH / max(len(draft), 1)
    width = slot * (0.36 if beside else 0.72)
    bars = []
    for place, (lived, drafted) in enumerate(zip(live, draft, strict=True)):
        for count, is_live in ((lived, True), (drafted, False)):
            if not count or (is_live and not beside):
                continue
            height = max(1.0, (HEIGHT - 4) * count / most)
            x = place * slot + slot * 0.14 + (width if beside and not is_live else 0)
            bars.append(
                Bar(round(x, 1), round(HEIGHT - height, 1), round(width, 1), round(height, 1), is_live)
            )
    return bars
