"""One person's figures by the clock of somebody else: a simulation moves time, and what leaves a window leaves it."""

from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from profiles.computed.definitions import Definition, of_workspace
from profiles.computed.statements import bring_up
from profiles.computed.updating import _found, write

_DUE = """
select s.computed_id, s.due_at from profiles_computedstate s
join unnest(%(ids)s::bigint[], %(revisions)s::int[]) as d(id, revision)
    on s.computed_id = d.id and s.revision = d.revision
where s.profile_id = %(person)s and s.due_at is not null
"""


def next_look(cursor: CursorWrapper, workspace_id: int, profile_id: int) -> datetime | None:
    """When a figure of hers changes by the passing of time alone; None: never."""
    return min((at for _one, at in _due(cursor, workspace_id, profile_id)), default=None)


def pass_time(cursor: CursorWrapper, workspace_id: int, profile_id: int, now: datetime) -> bool:
    """Brings up those that are due by `now`, in the transaction of the caller, as filling.look_again does for
    everyone; whether any is other than before."""
    values: dict[int, dict[str, Any]] = {}
    for one, at in _due(cursor, workspace_id, profile_id):
        if at <= now:
            _found(values, one, [profile_id], bring_up(cursor, one, [profile_id], "[]", now))
    return bool(values and write(cursor, values, now))


def _due(cursor: CursorWrapper, workspace_id: int, profile_id: int) -> list[tuple[Definition, datetime]]:
    known = {one.id: one for one in of_workspace(workspace_id)}
    if not known:
        return []
    asked: dict[str, Any] = {
        "ids": list(known),
        "revisions": [one.revision for one in known.values()],
        "person": profile_id,
    }
    cursor.execute(_DUE, asked)
    return [(known[pk], at) for pk, at in cursor.fetchall()]
