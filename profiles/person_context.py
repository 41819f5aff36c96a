"""The context of a person in three groups: relationship, voice, moment (what the page shows beside the timeline)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from profiles import computed, person_events, wording
from profiles.models import ConsentChange, Event, Profile, Source, Topic

Mask = Callable[[str, Any], Any]
DAYS = timedelta(days=7)
# What says how long and how well we know her, in this order.
RELATIONSHIP = (
    "tier", "grade", "level", "loyalty_level", "membership", "vip", "plan", "points", "orders", "order_count", "spent",
    "total_spent", "revenue", "ltv", "last_order_at", "last_order", "company",
)  # fmt: skip
NAMES = (
    "name_ko", "name_en", "korean_name", "english_name", "name_local", "native_name", "name_native", "name_roman",
    "name_hangul", "full_name",
)  # fmt: skip
# Events in which she said something.
SAID = re.compile(
    r"survey|rating|rated|review|feedback|nps|csat|support|ticket|complain|call_|_call|chat|repl(y|ied)|comment|"
    r"question|note|opinion|설문|리뷰|문의|상담|평가"
)
WORDS = ("comment", "text", "message", "note", "answer", "feedback", "body", "question", "subject", "reason")
SCORES = ("rating", "score", "stars", "nps", "csat")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a group. at: when, where that matters. quote: her own words."""

    label: str
    value: str = ""
    at: datetime | None = None
    quote: str = ""
    icon: str = ""


@dataclass(slots=True)
class Context:
    relationship: list[Line] = field(default_factory=list)
    voice: list[Line] = field(default_factory=list)
    moment: list[Line] = field(default_factory=list)
    used: set[str] = field(default_factory=set)  # attributes that need not be shown once more


def read(
    profile: Profile, mask: Mask, event_names: Sequence[str], recent: Sequence[Event], now: datetime
) -> Context:
    """recent: her newest events, for the moment."""
    found = Context()
    found.used |= _name_keys(profile)
    _relationship(found, profile, mask)
    _voice(found, profile, event_names, mask)
    _moment(found, profile, recent, mask, now)
    return found


def other_name(profile: Profile) -> str:
    """Her name in the other script, where it is known."""
    main = profile.name
    korean = bool(re.search("[가-힣]", main))
    candidates = [str(profile.attributes.get(key) or "") for key in (*NAMES, "name")]
    for name in candidates:
        if name and name != main and bool(re.search("[가-힣]", name)) != korean:
            return name
    return ""


def _name_keys(profile: Profile) -> set[str]:
    """The attributes that her other name came from."""
    other = other_name(profile)
    return {key for key in NAMES if other and str(profile.attributes.get(key) or "") == other}


def _relationship(found: Context, profile: Profile, mask: Mask) -> None:
    attributes = profile.attributes
    since = attributes.get("created_at")
    if isinstance(since, str) and since[:4].isdigit():
        found.relationship.append(Line(_("Member since"), wording.value(since[:10])))
        found.used.add("created_at")
    else:
        found.relationship.append(Line(_("Known since"), at=profile.created_at))
    figures = sorted(computed.names(profile.workspace_id))  # what is counted of what she did
    for name in dict.fromkeys((*RELATIONSHIP, *figures)):
        if attributes.get(name) not in (None, ""):
            shown = wording.attribute_value(name, mask(name, attributes[name]))
            found.relationship.append(Line(wording.attribute_label(name), shown))
            found.used.add(name)


def _voice(found: Context, profile: Profile, event_names: Sequence[str], mask: Mask) -> None:
    names = [name for name in event_names if SAID.search(name.lower())]
    for event in person_events.newest(profile.pk, names, 4):
        given = {key: mask(key, value) for key, value in event.properties.items()}
        words = next((str(given[key]) for key in WORDS if given.get(key)), "")
        score = next((given[key] for key in SCORES if given.get(key) is not None), None)
        found.voice.append(
            Line(
                wording.event_title(event.name, given),
                "" if score is None else wording.value(score),
                at=event.ts,
                quote=words[:240],
                icon="",
            )
        )
    gone = ConsentChange.objects.filter(profile_id=profile.pk, state="withdrawn").order_by("-pk")[:3]
    topics = {one.slug: one.shown_name for one in Topic.objects.filter(workspace_id=profile.workspace_id)}
    for change in gone:
        medium = str(wording.MEDIA.get(change.medium, ("", change.medium))[1])
        about = "" if change.topic == "*" else f" · {topics.get(change.topic, change.topic)}"
        found.voice.append(Line(_("Opted out"), f"{medium}{about}", at=change.at, icon="user-x"))


def _moment(found: Context, profile: Profile, recent: Sequence[Event], mask: Mask, now: datetime) -> None:
    if not recent:
        return
    sources = dict(Source.objects.filter(workspace_id=profile.workspace_id).values_list("pk", "name"))
    last = recent[0]
    found.moment.append(Line(_("Last seen"), sources.get(last.source_id or 0, ""), at=last.ts))
    if device := next((name for event in recent if (name := _device(event.context))), ""):
        found.moment.append(Line(_("Device"), device))
    if place := _place(profile, recent, mask):
        found.moment.append(Line(_("Place"), place))
    for name, times in person_events.counts(recent, now - DAYS)[:4]:
        some = times if times < len(recent) else f"{times}+"
        found.moment.append(
            Line(wording.event_title(name, {}), _("%(n)s× in 7 days") % {"n": some}, icon="activity")
        )


def _device(context: dict[str, Any]) -> str:
    """iPhone 15, iOS 18.1; or the browser."""
    device, system = context.get("device"), context.get("os")
    app = context.get("app")
    parts = []
    if isinstance(device, dict):
        parts.append(str(device.get("model") or device.get("name") or device.get("type") or ""))
    if isinstance(system, dict):
        parts.append(f"{system.get('name') or ''} {system.get('version') or ''}".strip())
    if isinstance(app, dict) and app.get("version"):
        parts.append(f"{app.get('name') or ''} {app['version']}".strip())
    if not any(parts) and isinstance(agent := context.get("userAgent"), str):
        parts = [_browser(agent)]
    return ", ".join(part for part in parts if part)[:80]


def _browser(agent: str) -> str:
    browsers = ("Edg", "Whale", "SamsungBrowser", "KAKAOTALK", "Firefox", "Chrome", "Safari")
    names = {"Edg": "Edge", "SamsungBrowser": "Samsung Internet", "KAKAOTALK": "KakaoTalk"}
    found = next((names.get(one, one) for one in browsers if f"{one}/" in agent or f"{one} " in agent), "")
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
    )
    system = next((name for part, name in systems if part in agent), "")
    return ", ".join(part for part in (found, system) if part)


def _place(profile: Profile, recent: Sequence[Event], mask: Mask) -> str:
    for event in recent:
        location = event.context.get("location")
        if isinstance(location, dict) and (city := location.get("city")):
            region = location.get("region") or location.get("country") or ""
            return ", ".join(str(mask("city", part)) for part in (city, region) if part)[:80]
    return wording.value(mask("city", profile.attributes.get("city")))
