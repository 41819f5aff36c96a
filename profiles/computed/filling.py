"""By the clock: going through everyone for figures that are new or changed, and looking again at whom time moves.

Chunks that each commit, under a lock on the definition's row, so that two workers never do the same one. The people of
a chunk are locked FOR UPDATE: that waits for batches that began before they knew of the definition.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from profiles import announcements
from profiles.computed.definitions import SETTLE, definition, forget
from profiles.computed.statements import bring_up
from profiles.computed.updating import _found, write
from profiles.models import ComputedAttribute, KnownName, Profile

CHUNK = 2000
_LOCK = """
select id from profiles_profile where workspace_id = %(workspace)s and id > %(after)s and id <= %(last)s
order by id limit %(limit)s for update
"""
_CLEAR = (
    "delete from profiles_computedstate where computed_id = %(id)s and profile_id = any(%(ids)s::bigint[])",
    "delete from profiles_computedtally where computed_id = %(id)s and profile_id = any(%(ids)s::bigint[])",
)
_STRIP = """
update profiles_profile set attributes = attributes - %(name)s, updated_at = %(now)s
where id = any(%(ids)s::bigint[]) and attributes ? %(name)s returning id
"""
_DUE = """
select s.computed_id, array_agg(s.profile_id order by s.profile_id) from (
    select computed_id, profile_id from profiles_computedstate where due_at <= %s order by due_at limit %s
) s group by s.computed_id
"""
_HOLD = """
select id from profiles_profile where id = any(%s::bigint[]) order by id for no key update skip locked
"""


def fill(now: datetime, seconds: float = 20.0, clock: Callable[[], datetime] | None = None) -> int:
    """Goes on with what is to be filled or removed, until nothing is left or the time is over; how many people."""
    stop, people = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        done = _chunk(clock() if clock else now)
        if done is None:
            break
        people += done
    return people


@transaction.atomic
def _chunk(now: datetime) -> int | None:
    row = (
        ComputedAttribute.objects.select_for_update(skip_locked=True)
        .filter(state__in=("filling", "removing"), fill_after__lte=now)
        .order_by("pk")
        .first()
    )
    if row is None:
        return None
    with connection.cursor() as cursor:
        if not row.last_person:
            newest = (
                Profile.objects.filter(workspace=row.workspace_id)
                .order_by("-pk")
                .values_list("pk", flat=True)
            )
            row.last_person = newest.first() or 0
        cursor.execute(
            _LOCK,
            {"workspace": row.workspace_id, "after": row.cursor, "last": row.last_person, "limit": CHUNK},
        )
        ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            _finished(row)
            return 0
        for statement in _CLEAR:
            cursor.execute(statement, {"id": row.pk, "ids": ids})
        if row.state == "removing":
            cursor.execute(_STRIP, {"name": row.name, "ids": ids, "now": now})
            changed = [pk for (pk,) in cursor.fetchall()]
        else:
            one = definition(row)
            values: dict[int, dict[str, Any]] = {}
            _found(values, one, ids, bring_up(cursor, one, ids, "[]", now))
            changed = write(cursor, values, now)
        row.cursor, row.done = ids[-1], row.done + len(ids)
        row.save(update_fields=["cursor", "done", "last_person"])
        _tell(cursor, row, changed, now)
    return len(ids)


def _finished(row: ComputedAttribute) -> None:
    if row.state == "removing":
        KnownName.objects.filter(
            workspace=row.workspace_id, kind="attribute", event="", name=row.name, computed=True
        ).delete()
        row.delete()
    else:
        row.state = "live"
        row.save(update_fields=["state", "last_person"])


def refill(workspace_id: int, events: Iterable[str], now: datetime, *, beyond: int | None = None) -> int:
    """Counts anew what is computed over these events: some of them were deleted. How many figures that are. `beyond`:
    only figures over more of the last days than that; those over all time keep what they have counted."""
    found = ComputedAttribute.objects.filter(workspace=workspace_id, event__in=list(events)).exclude(
        state="removing"
    )
    if beyond is not None:
        found = found.filter(window_days__gt=beyond)
    count = found.update(
        revision=F("revision") + 1, state="filling", cursor=0, done=0, last_person=0, fill_after=now + SETTLE
    )
    forget()
    return count


def look_again(now: datetime, seconds: float = 20.0, clock: Callable[[], datetime] | None = None) -> int:
    """Those whose figure changes by the passing of time; how many were looked at."""
    stop, people = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        done = _due(clock() if clock else now)
        if not done:
            break
        people += done
    return people


def _due(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now, CHUNK])
        groups = cursor.fetchall()
    rows = ComputedAttribute.objects.in_bulk([pk for pk, _people in groups])
    done = 0
    for pk, people in groups:
        row = rows.get(pk)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_HOLD, [people])
            held = [found for (found,) in cursor.fetchall()]
            # Of a person or a definition that is gone, or of an older revision: whoever fills anew makes another.
            cursor.execute(
                "update profiles_computedstate set due_at = null where computed_id = %s and profile_id = any(%s) "
                "and due_at <= %s and (%s::int is null or revision <> %s)",
                [pk, people, now, row.revision if row else None, row.revision if row else None],
            )
            if row is None or row.state == "removing" or not held:
                continue
            one = definition(row)
            values: dict[int, dict[str, Any]] = {}
            _found(values, one, held, bring_up(cursor, one, held, "[]", now))
            _tell(cursor, row, write(cursor, values, now), now)
            done += len(held)
    return done


def _tell(cursor: CursorWrapper, row: ComputedAttribute, changed: list[int], now: datetime) -> None:
    """As any other change of people: segments and journeys look at them after commit."""
    if not changed:
        return
    workspace_id = row.workspace_id
    minded = announcements.minds(workspace_id, set(), changed=True)
    told = None
    if minded is not False:
        told, _ids = announcements.number(cursor, workspace_id, now, changed=changed)
    announcements.announce(told, workspace_id, [], changed, minded, frozenset({row.name}))
