"""Where somebody was last, as far as calls say: the attribute `last_place`, {"lat", "lon", "at"}.

From `context.location` of any call (and of the page it was made on), else from the address of an identify call. Only
what is newer than what is known counts, whatever the order in which calls come.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.call import Call

ATTRIBUTE = "last_place"

_WRITE = """
update profiles_profile p
set attributes = jsonb_set(p.attributes, '{last_place}', n.place), updated_at = %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, place jsonb)
where p.id = n.id and coalesce(p.attributes #>> '{last_place,at}', '') < n.place ->> 'at'
returning p.id
"""


def watch(calls: Sequence[Call]) -> None:
    """Before anybody is looked up: a call that says where somebody is writes her row; nobody else says so."""
    for call in calls:
        if call.traits and ATTRIBUTE in call.traits and not _own(call.traits[ATTRIBUTE]):
            del call.traits[ATTRIBUTE]
        if (call.context or call.traits) and place_of(call) is not None:
            call.writes = True


def place_of(call: Call) -> dict[str, float] | None:
    """{"lat", "lon"}"""
    context = call.context
    for given in (context.get("location"), context.get("page"), call.traits.get("address")):
        if isinstance(given, dict):
            inner = given.get("location")
            if (found := point(inner if isinstance(inner, dict) else given)) is not None:
                return found
    return None


def point(given: dict[str, Any]) -> dict[str, float] | None:
    """latitude and longitude, however they are called; None where they are no place on Earth (0, 0 is none)."""
    lat = _number(given.get("latitude", given.get("lat")))
    lon = _number(given.get("longitude", given.get("lon", given.get("lng"))))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None
    return {"lat": round(lat, 5), "lon": round(lon, 5)}


def note(cursor: CursorWrapper, rows: Sequence[tuple[Call, int]], now: datetime) -> list[int]:
    """Who is somewhere else now: their ids. A time in the future is as new as now."""
    newest: dict[int, tuple[datetime, dict[str, float]]] = {}
    for call, pk in rows:
        if not call.writes:
            continue
        found, at = place_of(call), min(call.ts, now)
        if found is not None and (pk not in newest or newest[pk][0] <= at):
            newest[pk] = (at, found)
    if not newest:
        return []
    given = [{"id": pk, "place": {**place, "at": written(at)}} for pk, (at, place) in sorted(newest.items())]
    cursor.execute(_WRITE, {"rows": msgspec.json.encode(given).decode(), "now": now})
    return [pk for (pk,) in cursor.fetchall()]


def written(at: datetime) -> str:
    """In UTC to the millisecond: these texts are in order as their moments are."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _own(value: Any) -> bool:
    """As this module writes it (a file that was exported from here, a person made up for a test)."""
    return isinstance(value, dict) and point(value) is not None and isinstance(value.get("at"), str)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
