"""News of people: whom to look at, for which segments. Called after the commit of whatever made it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from profiles.membership import index as indexes
from profiles.membership import settle
from profiles.membership.index import ANYTHING, CONSENTS, NEWCOMERS, Index, Key
from profiles.signals import CONSENTS as SAID
from profiles.signals import NEW, RecordedEvent


def notice(
    workspace_id: int,
    events: Sequence[RecordedEvent],
    changed: Sequence[int],
    now: datetime,
    *,
    attributes: frozenset[str] | None = None,
    quiet: bool = False,
) -> int:
    """How many entered or left a segment. `attributes`: which were written (signals.events_recorded); `quiet`: it is no
    news that starts a journey (an import of the past)."""
    known = indexes.index(workspace_id)
    if known is None or not known.minding:
        return 0
    concerned: dict[Key, set[int]] = defaultdict(set)
    for event in events:
        key = ("event", event.name)
        if key in known.minding:
            concerned[key].add(event.profile_id)
            if event.ts > now:
                settle.owe([(one, event.profile_id) for one in known.minding[key]], workspace_id, event.ts)
    if changed:
        people = set(changed)
        for key in known.minding:
            if _touched(key, attributes):
                concerned[key] |= people
    return settle.work(known, by_segment(known, concerned), now, quiet=quiet)


def _touched(key: Key, attributes: frozenset[str] | None) -> bool:
    kind, name = key
    if kind == "attribute":
        return attributes is None or name in attributes
    if key == CONSENTS:
        return attributes is None or SAID in attributes
    if key == NEWCOMERS:
        return attributes is None or NEW in attributes
    return key == ANYTHING


def by_segment(known: Index, concerned: dict[Key, set[int]]) -> dict[int, set[int]]:
    wanted: dict[int, set[int]] = defaultdict(set)
    for key, people in concerned.items():
        for segment_id in known.minding[key]:
            wanted[segment_id] |= people
    return wanted


def refresh(
    workspace_id: int, people: Iterable[int], now: datetime, segment_ids: Sequence[int] | None = None
) -> int:
    """Looks at these people again, for all segments of the workspace or for some; how many crossed."""
    known = indexes.index(workspace_id)
    ids = sorted(set(people))
    if known is None or not ids:
        return 0
    chosen = [one for one in known.segments.values() if segment_ids is None or one.id in segment_ids]
    return settle.work(known, {one.id: ids for one in chosen if one.root is not None}, now)


def minder(workspace_id: int, names: set[str], changed: bool) -> bool:
    """For profiles.announcements: whether such news may move anybody."""
    known = indexes.index(workspace_id)
    return known is not None and known.minds(names, changed=changed)
