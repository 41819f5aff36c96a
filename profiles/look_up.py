"""Finds the profiles that calls name, and locks them in the order of their ids: one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.call import Call

Key = tuple[str, str]

FIND = """
select k.kind, k.value, p.id, p.external_id, p.merged_into_id, p.erased_at, {size},
       array_remove(array[{known}], null)
from (
    select k.kind, k.value, coalesce(
        (select i.profile_id from profiles_identity i
         where i.workspace_id = %(workspace)s and i.kind = k.kind and i.value = k.value),
        case k.kind
            when 'user_id' then (select id from profiles_profile
                                 where workspace_id = %(workspace)s and external_id = k.value)
            when 'id' then k.value::bigint
            when 'email' then (select id from profiles_profile
                               where workspace_id = %(workspace)s and email = k.value order by id limit 1)
            when 'phone' then (select id from profiles_profile
                               where workspace_id = %(workspace)s and phone = k.value order by id limit 1)
        end) as id
    from jsonb_to_recordset(%(keys)s::jsonb) as k(kind text, value text)
    offset 0
) k
join profiles_profile p on p.id = k.id and p.workspace_id + 0 = %(workspace)s -- + 0: not by that index
order by p.id for {lock} of p
"""

# Attributes that are only filled where there are none: which of them a profile has already.
FILLED = ("locale", "time_zone", "email", "phone")
KNOWN = ", ".join(f"case when p.attributes ? '{name}' then '{name}' end" for name in FILLED)


@dataclass(eq=False, slots=True)
class Node:
    """A person as far as this batch knows: in the table (id) or about to be made."""

    id: int | None = None
    external_id: str | None = None
    becomes: str | None = None
    size: int = 0
    known: frozenset[str] = frozenset()
    into: "Node | None" = None
    is_new: bool = False

    def final(self) -> "Node":
        node = self
        while node.into is not None:
            node = node.into
        return node


def lock_for(calls: Iterable[Call]) -> str:
    """The weakest row lock that the batch needs: taken once, in order, never raised later (that would deadlock)."""
    lock = "key share"
    for call in calls:
        if call.kind == "alias" or (call.user_id and call.anonymous_id):
            return "update"
        if call.traits or call.fill or call.consents or call.writes:
            lock = "no key update"
    return lock


def find(cursor: CursorWrapper, workspace_id: int, calls: Sequence[Call]) -> dict[Key, Node]:
    """The people the calls name, as far as they are known."""
    keys = {key for call in calls for key in _keys(call)}
    statement = FIND.format(
        lock=lock_for(calls),
        size="length(p.attributes::text)" if any(call.traits for call in calls) else "0",
        known=KNOWN if any(call.fill for call in calls) else "null::text",
    )
    found: dict[Key, Node] = {}
    for _attempt in range(10):
        found, moved = _find(cursor, workspace_id, keys, statement)
        if not moved:
            break
    return found


def address_of(call: Call) -> Key | None:
    """Files may name people by nothing but an address."""
    if call.email:
        return ("email", call.email.lower())
    return ("phone", call.phone) if call.phone else None


def _keys(call: Call) -> list[Key]:
    if call.profile_id is not None:
        return [("id", str(call.profile_id))]
    keys = []
    if call.user_id:
        keys.append(("user_id", call.user_id))
    if call.anonymous_id:
        keys.append(("anonymous_id", call.anonymous_id))
    if not keys and (address := address_of(call)):
        keys.append(address)
    if call.previous_id:
        keys += [("anonymous_id", call.previous_id), ("user_id", call.previous_id)]
    return keys


def _find(
    cursor: CursorWrapper, workspace_id: int, keys: set[Key], statement: str
) -> tuple[dict[Key, Node], bool]:
    rows = [{"kind": kind, "value": value} for kind, value in sorted(keys)]
    cursor.execute(statement, {"workspace": workspace_id, "keys": msgspec.json.encode(rows).decode()})
    nodes: dict[int, Node] = {}
    found: dict[Key, Node] = {}
    moved = False
    for kind, value, pk, external_id, merged_into, erased_at, size, known in cursor.fetchall():
        if erased_at is not None:
            continue
        if merged_into is not None:
            if kind != "id":
                moved = True  # merged between our look and our lock: its names point to the other one by now
                continue
            follow = [{"kind": "id", "value": str(merged_into)}]
            cursor.execute(
                statement, {"workspace": workspace_id, "keys": msgspec.json.encode(follow).decode()}
            )
            _, _, pk, external_id, _, _, size, known = cursor.fetchall()[0]
        node = nodes.get(pk)
        if node is None:
            node = nodes[pk] = Node(pk, external_id, size=size, known=frozenset(known))
        found[(kind, value)] = node
    return found, moved
