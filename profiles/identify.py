"""Who a call is about: finds the profiles by the names that sources use, makes new ones, says which are the same.

Names live in two places: a profile's `external_id` is the user id; `Identity` rows hold every other name (anonymous
ids, external ids, devices, user ids that were merged away, addresses that a file named people by). Which names join
people: profiles.linking; which name nobody: profiles.identity_rules; the log of joins: profiles.join_log.

Everything is a set: one statement finds and locks all profiles of a batch in the order of their ids, one makes the
missing ones, one writes the new names. Two batches that make the same person at once: the later one waits for the
unique key, then looks again.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from profiles import identity_rules, join_log, linking
from profiles.attributes import Patch
from profiles.call import Call
from profiles.linking import Links
from profiles.look_up import Key, Node, find

MOST_NAMES = (
    500  # of one person; who has more is a broken source's half of the world, and joins nobody any more
)

MAKE = """
insert into profiles_profile (public_id, workspace_id, external_id, attributes, attribute_times, attributes_at,
    created_at, updated_at)
select n.public_id, %(workspace)s, n.external_id, n.attributes, n.times, n.at, %(now)s, %(now)s
from jsonb_to_recordset(%(rows)s::jsonb)
    as n(public_id uuid, external_id text, attributes jsonb, times jsonb, at bigint)
order by n.external_id
on conflict (workspace_id, external_id) do nothing
returning public_id::text, id
"""

NAME = """
insert into profiles_identity (workspace_id, profile_id, kind, value, state, created_at)
select %(workspace)s, n.profile_id, n.kind, n.value, n.state, %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as n(profile_id bigint, kind text, value text, state int)
order by n.kind, n.value
on conflict (workspace_id, kind, value) do {action}
returning kind, value, id
"""

FULL = """
select w.id from unnest(%s::bigint[]) w(id)
where (select count(*) from (select 1 from profiles_identity i where i.profile_id = w.id limit %s) n) >= %s
"""


def clean(workspace_id: int, calls: Sequence[Call]) -> dict[int, str]:
    """Takes out of the calls what names nobody; the reasons of those that name nobody then, by their index."""
    return linking.cleaned(calls, identity_rules.of(workspace_id))


def link(cursor: CursorWrapper, workspace_id: int, calls: Sequence[Call]) -> Links:
    """Finds and locks; decides in memory, call by call, who is who. Writes nothing."""
    rules = identity_rules.of(workspace_id)
    found = find(cursor, workspace_id, calls, rules)
    links = linking.link(calls, found, rules)
    if pairs := links.pairs():
        cursor.execute(FULL, [sorted({pk for pair in pairs for pk in pair}), MOST_NAMES, MOST_NAMES])
        if full := frozenset(pk for (pk,) in cursor.fetchall()):
            links = linking.link(calls, find(cursor, workspace_id, calls, rules), rules, full)
    return links


def create(
    cursor: CursorWrapper,
    workspace_id: int,
    links: Links,
    patches: dict[int, Patch],
    now: datetime,
    source_id: int | None = None,
) -> bool:
    """Makes the new profiles (patches: by id() of their node), logs the joins and writes new names.

    False: somebody else made one of them meanwhile; nothing is written, link again.
    """
    new = [node for node in links.nodes if node.is_new and node.into is None]
    becoming = [node for node in links.nodes if node.becomes and node.into is None]
    fresh, changed = _names(links)
    if not (new or becoming or fresh or changed or links.merges):
        return True
    try:
        with transaction.atomic():
            _make(cursor, workspace_id, new, patches, now)
            join_log.note(cursor, workspace_id, source_id, links, now)
            if becoming:
                cursor.execute(
                    "update profiles_profile p set external_id = n.external_id, updated_at = %s"
                    " from jsonb_to_recordset(%s::jsonb) as n(id bigint, external_id text) where p.id = n.id",
                    [now, _json([{"id": node.id, "external_id": node.becomes} for node in becoming])],
                )
            _write_names(cursor, workspace_id, links, fresh, now, "nothing")
            _write_names(
                cursor, workspace_id, links, changed, now,
                "update set profile_id = excluded.profile_id, state = excluded.state",
            )  # fmt: skip
    except (IntegrityError, _TakenError):
        return False
    return True


class _TakenError(Exception):
    pass


def _names(links: Links) -> tuple[list[Key], list[Key]]:
    """The names that are new, and those that are another's or in another state than before."""
    fresh, changed, found = [], [], links.found
    for key, node in links.names.items():
        if key in found.identities:
            same = found.nodes[key].final() is node.final()
            if not same or found.states[key] != links.state(key):
                changed.append(key)
        elif key[0] == "user_id":
            if key not in found.nodes and node.final().external_id != key[1]:
                fresh.append(key)  # an alias made it a name of somebody else
        elif key[0] != "id" and key in links.states:
            fresh.append(key)
    return fresh, changed


def _make(
    cursor: CursorWrapper,
    workspace_id: int,
    new: list[Node],
    patches: dict[int, Patch],
    now: datetime,
) -> None:
    if not new:
        return
    by_public_id = {str(uuid.uuid4()): node for node in new}
    nothing, rows = Patch(), []
    for public_id, node in by_public_id.items():
        patch = patches.get(id(node), nothing)
        said = {"attributes": patch.attributes(), "times": patch.times(), "at": patch.at}
        rows.append({"public_id": public_id, "external_id": node.external_id, **said})
    cursor.execute(MAKE, {"workspace": workspace_id, "now": now, "rows": _json(rows)})
    made = cursor.fetchall()
    if len(made) < len(new):
        raise _TakenError
    for public_id, pk in made:
        by_public_id[public_id].id = pk


def _write_names(
    cursor: CursorWrapper, workspace_id: int, links: Links, keys: list[Key], now: datetime, action: str
) -> None:
    if not keys:
        return
    rows = [
        {
            "profile_id": links.names[key].final().id,
            "kind": key[0],
            "value": key[1],
            "state": links.state(key),
        }
        for key in keys
    ]
    cursor.execute(NAME.format(action=action), {"workspace": workspace_id, "now": now, "rows": _json(rows)})
    written = cursor.fetchall()
    if len(written) < len(rows):
        raise _TakenError
    for kind, value, number in written:
        links.found.identities[kind, value] = number


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
