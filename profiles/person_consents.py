"""What a person allows, with the proof: when, how, by which source, to which words, and what she said before."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from profiles import night, wording
from profiles.models import Consent, ConsentChange, PendingConsent, Profile, Source, Topic

MOST = 200
# channels adds the media that the workspace has accounts for: about the others nobody is asked.
in_use: list[Callable[[int], Iterable[str]]] = []
# How an answer came, in words; others are shown as they are.
HOW = {
    "page": lambda: _("on her preference page"),
    "one-click": lambda: _("by her mailbox’s unsubscribe button"),
    "double opt-in": lambda: _("confirmed by a click in her mailbox"),
    "identify": lambda: _("told by a source"),
    "import": lambda: _("from a file"),
    "journey": lambda: _("by a journey"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. state: granted, withdrawn, asked (waits for a click)."""

    state: str
    at: datetime
    how: str
    source: str
    wording: str
    ip: str


@dataclass(slots=True)
class Answer:
    """A channel and a topic as they stand now. state: granted, withdrawn, waits, unknown."""

    icon: str
    medium: str
    topic: str
    state: str
    at: datetime | None = None
    history: list[Said] = field(default_factory=list)


def read(profile: Profile) -> list[Answer]:
    """Every answer, and for the channels in use the topics about which nobody asked."""
    topics = {topic.slug: topic for topic in Topic.objects.filter(workspace_id=profile.workspace_id)}
    rows = {(row.medium, row.topic): row for row in Consent.objects.filter(profile=profile)}
    waiting = {
        (row.medium, row.topic): row.asked_at for row in PendingConsent.objects.filter(profile=profile)
    }
    said = _history(profile)
    keys = set(rows) | set(waiting)
    for medium in {one for some in in_use for one in some(profile.workspace_id)} | {key[0] for key in rows}:
        if (medium, "*") not in rows:
            keys |= {
                (medium, topic.slug)
                for topic in topics.values()
                if not topic.transactional
                and not topic.archived_at
                and (not topic.media or medium in topic.media)
            }
    if profile.workspace.night_consent:
        keys.add((night.MEDIUM, "*"))
    order = list(wording.MEDIA)
    found = []
    for medium, slug in sorted(
        keys, key=lambda key: (order.index(key[0]) if key[0] in order else 99, key[0], key[1])
    ):
        row = rows.get((medium, slug))
        asked = waiting.get((medium, slug))
        state = "waits" if asked else row.state if row else "unknown"
        found.append(
            Answer(
                icon=wording.MEDIA.get(medium, ("message-circle", ""))[0],
                medium=medium_label(medium),
                topic=_topic(medium, slug, topics),
                state=state,
                at=asked or (row.at if row else None),
                history=said.get((medium, slug), []),
            )
        )
    return found


def _topic(medium: str, slug: str, topics: dict[str, Topic]) -> str:
    if medium == night.MEDIUM:
        return _("texts, push, messengers")
    if slug == "*":
        return _("all topics")
    return topics[slug].shown_name if slug in topics else slug


def medium_label(medium: str) -> str:
    return str(wording.MEDIA.get(medium, ("", ""))[1]) or wording.sentence_case(medium)


def how(text: str) -> str:
    known = HOW.get(text)
    return known() if known else text


def _history(profile: Profile) -> dict[tuple[str, str], list[Said]]:
    sources = dict(Source.objects.filter(workspace_id=profile.workspace_id).values_list("pk", "name"))
    found: dict[tuple[str, str], list[Said]] = {}
    for row in ConsentChange.objects.filter(profile_id=profile.pk).order_by("-pk")[:MOST]:
        source = sources.get(row.source_id or 0, "")
        entry = Said(row.state, row.at, how(row.how), source, row.wording, row.ip or "")
        found.setdefault((row.medium, row.topic), []).append(entry)
    return found
