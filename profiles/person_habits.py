"""What a person buys, and at which hour of her day she is there: the small card beside the timeline."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles.figures import Figures, figures
from profiles.models import Profile
from workspaces import words

HEIGHT = 32  # of the highest bar
LEAST = 5  # events; of fewer no hour is a habit


@dataclass(frozen=True, slots=True)
class Bar:
    """In a drawing of 24 × 10 by HEIGHT."""

    x: int
    y: int
    height: int
    best: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """facts: (label, value). best: "20:00–21:00", or "" where there is too little to say. text: the bars in words."""

    facts: list[tuple[str, str]]
    best: str = ""
    text: str = ""
    bars: tuple[Bar, ...] = ()


def read(profile: Profile, now: datetime) -> Habits | None:
    """None: nothing to tell."""
    found = figures(profile, now, profile.workspace.time_zone)
    facts = _facts(found)
    if sum(found.hours) < LEAST or found.favourite_hour is None:
        return Habits(facts) if facts else None
    hour = found.favourite_hour
    best = f"{hour:02}:00–{(hour + 1) % 24:02}:00"
    share = found.hours[hour] / sum(found.hours)
    text = _("Most is done at %(hour)s by her clock: %(share)s of the last %(n)s events.") % {
        "hour": best,
        "share": words.percent(share),
        "n": words.number(sum(found.hours)),
    }
    return Habits(facts, best, text, _bars(found.hours, hour))


def _facts(found: Figures) -> list[tuple[str, str]]:
    facts = []
    if found.orders:
        facts.append((_("Orders"), words.number(found.orders) + ("+" if found.capped else "")))
    if found.revenue is not None:
        total = words.number(float(found.revenue) if found.revenue % 1 else int(found.revenue))
        facts.append((_("Spent"), f"{total} {found.currency}".strip()))
        if found.orders > 1 and not found.capped:
            facts.append((_("An order on average"), words.number(round(float(found.revenue) / found.orders))))
    if found.device:
        kinds = {
            "mobile": pgettext("device", "Phone"),
            "tablet": pgettext("device", "Tablet"),
            "desktop": pgettext("device", "Computer"),
        }
        facts.append((_("Comes by"), kinds[found.device]))
    return facts


def _bars(hours: tuple[int, ...], best: int) -> tuple[Bar, ...]:
    most = max(hours)
    bars = []
    for hour, count in enumerate(hours):
        height = max(1, round(count / most * HEIGHT))
        bars.append(Bar(hour * 10, HEIGHT - height, height, hour == best))
    return tuple(bars)
