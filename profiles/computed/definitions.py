"""What each workspace computes, remembered for some seconds: no look at the table for every batch."""

import threading
import time
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from profiles.models import ComputedAttribute

REMEMBERED = 5.0
# From making a definition to going through everyone: by then every process knows of it.
SETTLE = timedelta(seconds=15)

_known: dict[int, tuple[float, tuple["Definition", ...]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Definition:
    """A ComputedAttribute as the statements need it. `events`: the ways its event's name may be written."""

    id: int
    workspace_id: int
    name: str
    kind: str
    events: tuple[str, ...]
    property: str
    where: tuple[dict[str, Any], ...]
    window: timedelta | None
    unit: str
    zone: str
    revision: int


def needed(one: Definition) -> frozenset[str]:
    """The properties that it reads, as their first part."""
    paths = [one.property, *(str(test.get("property") or "") for test in one.where)]
    return frozenset(unicodedata.normalize("NFC", path).split(".")[0] for path in paths if path)


def definition(row: ComputedAttribute) -> Definition:
    names = {unicodedata.normalize(form, row.event) for form in ("NFC", "NFD")} | {row.event}
    return Definition(
        row.pk,
        row.workspace_id,
        row.name,
        row.kind,
        tuple(sorted(names)),
        row.property,
        tuple(row.where or ()),
        timedelta(days=row.window_days) if row.window_days else None,
        row.unit,
        row.zone,
        row.revision,
    )


def of_workspace(workspace_id: int) -> tuple[Definition, ...]:
    """All but those that are being removed."""
    known = _known.get(workspace_id)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    rows = (
        ComputedAttribute.objects.filter(workspace_id=workspace_id).exclude(state="removing").order_by("pk")
    )
    found = tuple(definition(row) for row in rows)
    with _lock:
        if len(_known) > 10_000:
            _known.clear()
        _known[workspace_id] = (time.monotonic() + REMEMBERED, found)
    return found


def names(workspace_id: int) -> frozenset[str]:
    return frozenset(one.name for one in of_workspace(workspace_id))


def forget() -> None:
    """This process looks again; the others do within REMEMBERED seconds."""
    _known.clear()
