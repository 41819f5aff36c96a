"""One person's story: what she did, what she was sent, the roads she walked. Packages above add their own part.

    timeline.register(provider, kinds=("email", "sms"))

A provider takes (profile, before, limit, mask) and gives its newest entries with at < before (None: now), newest first,
at most `limit`, in as few queries as it can, texts in the active language, without what the reader may not see
(profiles.masking). `kinds` are the filter chips it fills,
`tells` the names of events that it tells itself, so that they do not stand here twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles import masking, person_events
from profiles.models import Event, Profile, Source
from profiles.wording import LOOKS, event_title, properties_line

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """kind: the chip it is under. tone: entry, message, decide, data, flow. icon: a lucide name. text: a second line.
    detail: more lines, [(label, value)]. quote: somebody's words. note: the Note that it is."""

    at: datetime
    kind: str
    tone: str
    icon: str
    title: Text
    text: Text = ""
    url: str = ""
    detail: Any = field(default_factory=list)
    quote: str = ""
    note: Any = None


Provider = Callable[[Profile, datetime | None, int, masking.Show], Iterable[Entry]]

# Chips in the order they are shown; a kind that nobody fills has none.
KINDS: dict[str, tuple[str, Text]] = {
    "web": ("monitor", _("Web")),
    "app": ("smartphone", _("App")),
    "store": ("store", _("Store")),
    "file": ("file-text", _("Files")),
    "api": ("code-xml", _("API")),
    "event": ("activity", _("Other events")),
    "email": ("mail", _("Email")),
    "sms": ("message-square", _("SMS")),
    "push": ("bell", _("Push")),
    "message": ("send", _("Messages")),
    "journey": ("route", _("Journeys")),
    "note": ("sticky-note", _("Notes")),
}
RECENT = 200
TIES = 25  # how many more of the same moment a page may hold

_providers: list[tuple[Provider, tuple[str, ...]]] = []
_told: set[str] = set()


def register(provider: Provider, kinds: Iterable[str] = (), tells: Iterable[str] = ()) -> None:
    _told.update(tells)
    if all(known is not provider for known, _kinds in _providers):
        _providers.append((provider, tuple(kinds)))


@dataclass(frozen=True, slots=True)
class Known:
    """The names of her events that stand here, and the newest RECENT of those."""

    names: list[str]
    newest: list[Event]


def look(profile: Profile) -> Known:
    names = [one for one in person_events.names_of(profile.pk) if one not in _told]
    return Known(names, person_events.newest(profile.pk, names, RECENT))


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Entry]
    next_before: datetime | None


def read(
    profile: Profile,
    *,
    before: datetime | None = None,
    kind: str = "",
    name: str = "",
    limit: int = 30,
    mask: masking.Show | None = None,
    known: Known | None = None,
) -> Page:
    """Everyone's entries, newest first, of one kind or all; or (`name`) her events of one name.

    mask: (property, value) -> the value as the reader may see it; without, everything personal is hidden.
    known: what the caller has read of her events already.
    """
    wanted, mask = limit + TIES, mask or masking.of_nobody(profile.workspace_id)
    found, floor = _events(profile, before, wanted, kind, name, mask, known)
    for provider, kinds in _providers:
        if not name and (not kind or not kinds or kind in kinds):
            found += provider(profile, before, wanted, mask)
    if kind:
        found = [entry for entry in found if entry.kind == kind]
    found.sort(key=lambda entry: entry.at, reverse=True)
    end = min(limit, len(found))
    while 0 < end < len(found) and found[end].at == found[end - 1].at:
        end += 1
    if end < len(found):
        return Page(found[:end], found[end - 1].at)
    return Page(found, floor + timedelta(microseconds=1) if floor else None)


def chips(profile: Profile) -> list[tuple[str, str, Text]]:
    """(kind, icon, label) of the kinds that may have entries here."""
    there = {
        _kind(kind)
        for kind in Source.objects.filter(workspace_id=profile.workspace_id).values_list("kind", flat=True)
    }
    for _provider, kinds in _providers:
        there.update(kinds)
    return [(kind, icon, label) for kind, (icon, label) in KINDS.items() if kind in there]


def _kind(source_kind: str) -> str:
    return source_kind if source_kind in KINDS else "event"


def _events(
    profile: Profile,
    before: datetime | None,
    limit: int,
    kind: str,
    name: str,
    mask: masking.Show,
    known: "Known | None" = None,
) -> tuple[list[Entry], datetime | None]:
    """Her events as entries, and how far back was looked where that is not all the way."""
    if known is not None:
        names = known.names
    else:
        names = [one for one in person_events.names_of(profile.pk) if one not in _told]
    if name:
        names = [one for one in names if one == name]
    sources = {
        pk: (source, _kind(source_kind))
        for pk, source, source_kind in Source.objects.filter(workspace_id=profile.workspace_id).values_list(
            "pk", "name", "kind"
        )
    }
    if known is not None and not kind and not name and before is None and limit <= RECENT:
        return [_entry(event, sources, mask) for event in known.newest[:limit]], None
    if not kind:
        return [
            _entry(event, sources, mask)
            for event in person_events.newest(profile.pk, names, limit, before=before)
        ], None
    of_kind = [pk for pk, (_name, source_kind) in sources.items() if source_kind == kind]
    if kind == "event":
        others = [pk for pk in sources if pk not in of_kind]
        found = person_events.of_sources(profile.pk, names, limit, without=others, before=before)
    elif of_kind:
        found = person_events.of_sources(profile.pk, names, limit, sources=of_kind, before=before)
    else:
        return [], None
    return [_entry(event, sources, mask) for event in found.events], found.floor


def _entry(event: Event, sources: dict[int, tuple[str, str]], mask: masking.Show) -> Entry:
    source, kind = sources.get(event.source_id or 0, ("", "event"))
    default = (KINDS[kind][0], "entry" if kind == "store" else "flow")
    icon, tone = LOOKS.get(event.name, default)
    properties = {key: mask(key, value) for key, value in event.properties.items()}
    line = properties_line(event.name, properties)
    return Entry(
        at=event.ts,
        kind=kind,
        tone=tone,
        icon=icon,
        title=event_title(event.name, properties),
        text=" · ".join(part for part in (source, line) if part),
    )
