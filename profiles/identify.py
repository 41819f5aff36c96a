"""Who a call is about: finds the profiles by the names that sources use, makes new ones, says which are the same.

Names live in two places: a profile's `external_id` is the user id; `Identity` rows hold every other name (anonymous
ids, user ids that were merged away, addresses that a file named people by). A call with a user id and an anonymous id
says that both are one person:

- neither is known: one new profile
- the anonymous profile has no user id yet: it becomes that user, or merges into the one that is there
- the device was somebody else's before: the anonymous id follows the last user, the profiles stay apart

Everything is a set: one statement finds and locks all profiles of a batch in the order of their ids, one makes the
missing ones, one writes the new names. Two batches that make the same person at once: the later one waits for the
unique key, then looks again.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.look_up import Key, Node, address_of, find

MAKE = """
insert into profiles_profile (public_id, workspace_id, external_id, attributes, created_at, updated_at)
select n.public_id, %(workspace)s, n.external_id, n.attributes, %(now)s, %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as n(public_id uuid, external_id text, attributes jsonb)
order by n.external_id
on conflict (workspace_id, external_id) do nothing
returning public_id::text, id
"""

NAME = """
insert into profiles_identity (workspace_id, profile_id, kind, value, created_at)
select %(workspace)s, n.profile_id, n.kind, n.value, %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as n(profile_id bigint, kind text, value text)
order by n.kind, n.value
on conflict (workspace_id, kind, value) do {action}
"""


@dataclass(slots=True)
class Links:
    """The batch's people: one node a call (None: it names nobody we may write to), and what must be written."""

    of_call: list[Node | None]
    names: dict[Key, Node]
    found: dict[Key, Node]
    merges: list[tuple[Node, Node]]
    nodes: list[Node] = field(default_factory=list)

    def pairs(self) -> list[tuple[int, int]]:
        """(merged, into) of profiles that are in the table."""
        ids = [(loser.id, loser.final().id) for loser, _ in self.merges]
        return [(a, b) for a, b in ids if a is not None and b is not None]


def link(cursor: CursorWrapper, workspace_id: int, calls: Sequence[Call]) -> Links:
    """Finds and locks; decides in memory, call by call, who is who. Writes nothing."""
    found = find(cursor, workspace_id, calls)
    links = Links([], dict(found), found, [], list({id(node): node for node in found.values()}.values()))
    for call in calls:
        links.of_call.append(_place(call, links))
    return links


def create(
    cursor: CursorWrapper,
    workspace_id: int,
    links: Links,
    attributes: dict[int, dict[str, Any]],
    now: datetime,
) -> bool:
    """Makes the new profiles (attributes: by id() of their node) and writes new names.

    False: somebody else made one of them meanwhile; nothing is written, link again.
    """
    new = [node for node in links.nodes if node.is_new and node.into is None]
    becoming = [node for node in links.nodes if node.becomes and node.into is None]
    names = {
        key: node.final()
        for key, node in links.names.items()
        if key[0] not in ("user_id", "id")
        and (key not in links.found or links.found[key].final() is not node.final())
    }
    if not (new or becoming or names):
        return True
    try:
        with transaction.atomic():
            _make(cursor, workspace_id, new, attributes, now)
            if becoming:
                cursor.execute(
                    "update profiles_profile p set external_id = n.external_id, updated_at = %s"
                    " from jsonb_to_recordset(%s::jsonb) as n(id bigint, external_id text) where p.id = n.id",
                    [now, _json([{"id": node.id, "external_id": node.becomes} for node in becoming])],
                )
            _write_names(
                cursor, workspace_id, {k: n for k, n in names.items() if k not in links.found}, now, "nothing"
            )
            moved = {k: n for k, n in names.items() if k in links.found}
            _write_names(cursor, workspace_id, moved, now, "update set profile_id = excluded.profile_id")
    except (IntegrityError, _TakenError):
        return False
    return True


class _TakenError(Exception):
    pass


def _place(call: Call, links: Links) -> Node | None:
    names = links.names
    if call.profile_id is not None:
        known = names.get(("id", str(call.profile_id)))
        return known.final() if known else None
    user = _named(names, "user_id", call.user_id)
    anonymous = _named(names, "anonymous_id", call.anonymous_id)
    if call.user_id:
        if user is None and anonymous is not None and anonymous.external_id is None:
            user = anonymous
            user.external_id = call.user_id
            user.becomes = None if user.is_new else call.user_id
        elif user is None:
            user = _new(links, call.user_id)
        names["user_id", call.user_id] = user
        if call.anonymous_id:
            _join(links, anonymous, user)
            names["anonymous_id", call.anonymous_id] = user
        if call.previous_id and call.previous_id != call.user_id:
            _alias(links, call.previous_id, user)
        return user
    if call.anonymous_id:
        node = anonymous or _new(links, None)
        names["anonymous_id", call.anonymous_id] = node
        return node
    if address := address_of(call):
        node = _named(names, *address) or _new(links, None)
        names[address] = node
        return node
    return None


def _named(names: dict[Key, Node], kind: str, value: str | None) -> Node | None:
    node = names.get((kind, value)) if value else None
    return node.final() if node else None


def _new(links: Links, external_id: str | None) -> Node:
    node = Node(external_id=external_id, is_new=True)
    links.nodes.append(node)
    return node


def _join(links: Links, anonymous: Node | None, user: Node) -> None:
    if anonymous is not None and anonymous is not user and anonymous.external_id is None:
        anonymous.into = user
        links.merges.append((anonymous, user))


def _alias(links: Links, previous_id: str, user: Node) -> None:
    """An alias joins whatever the old name stands for, a user too."""
    names = links.names
    known = False
    for kind in ("anonymous_id", "user_id"):
        node = _named(names, kind, previous_id)
        if node is None:
            continue
        known = True
        if node is not user:
            node.into = user
            node.becomes = None
            links.merges.append((node, user))
    if not known:
        names["anonymous_id", previous_id] = user


def _make(
    cursor: CursorWrapper,
    workspace_id: int,
    new: list[Node],
    attributes: dict[int, dict[str, Any]],
    now: datetime,
) -> None:
    if not new:
        return
    by_public_id = {str(uuid.uuid4()): node for node in new}
    rows = [
        {"public_id": public_id, "external_id": node.external_id, "attributes": attributes.get(id(node), {})}
        for public_id, node in by_public_id.items()
    ]
    cursor.execute(MAKE, {"workspace": workspace_id, "now": now, "rows": _json(rows)})
    made = cursor.fetchall()
    if len(made) < len(new):
        raise _TakenError
    for public_id, pk in made:
        by_public_id[public_id].id = pk


def _write_names(
    cursor: CursorWrapper, workspace_id: int, names: dict[Key, Node], now: datetime, action: str
) -> None:
    if not names:
        return
    rows = [{"profile_id": node.id, "kind": kind, "value": value} for (kind, value), node in names.items()]
    cursor.execute(NAME.format(action=action), {"workspace": workspace_id, "now": now, "rows": _json(rows)})
    if cursor.rowcount < len(rows):
        raise _TakenError


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
