"""Finds the profiles that calls name, and locks them in the order of their ids: one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.identity_rules import Rules, address

Key = tuple[str, str]

FIND = """
select k.kind, k.value, p.id, p.external_id, p.merged_into_id, p.erased_at, {size},
       array_remove(array[{known}], null), k.identity, k.state, {names}
from (
    select k.kind, k.value, i.id as identity, i.state, coalesce(
        i.profile_id,
        case k.kind
            when 'user_id' then (select id from profiles_profile
                                 where workspace_id = %(workspace)s and external_id = k.value)
            when 'id' then k.value::bigint
            when 'email' then (select min(id) from profiles_profile
                               where workspace_id = %(workspace)s and email = k.value and k.whose
                               having count(*) = 1)
            when 'phone' then (select min(id) from profiles_profile
                               where workspace_id = %(workspace)s and phone = k.value and k.whose
                               having count(*) = 1)
        end) as id
    from jsonb_to_recordset(%(keys)s::jsonb) as k(kind text, value text, whose boolean)
    left join lateral (
        select i.id, i.profile_id, i.state from profiles_identity i
        where i.workspace_id = %(workspace)s and i.kind = k.kind and i.value = k.value
    ) i on true
    offset 0
) k
join profiles_profile p on p.id = k.id and p.workspace_id + 0 = %(workspace)s -- + 0: not by that index
order by p.id for {lock} of p
"""

# Addresses that several people have: they name nobody.
SEVERAL = """
select k.kind, k.value from jsonb_to_recordset(%(keys)s::jsonb) as k(kind text, value text)
where case k.kind
    when 'email' then (select count(*) from profiles_profile
                       where workspace_id = %(workspace)s and email = k.value) > 1
    else (select count(*) from profiles_profile where workspace_id = %(workspace)s and phone = k.value) > 1
end
"""

# Aliases that somebody took back are not followed again.
TAKEN_BACK = """
select j.value, coalesce(p.external_id, '') from profiles_join j
join profiles_profile q on q.id = j.person_id join profiles_profile p on p.id = coalesce(q.merged_into_id, q.id)
where j.workspace_id = %s and j.kind = 'user_id' and j.value = any(%s) and j.undone_at is not null
"""

NAMES = "(select count(*) from (select from profiles_identity n where n.profile_id = p.id limit 50) n)"

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
    names: int = 0  # how many she has, as far as that matters
    into: "Node | None" = None
    is_new: bool = False

    def final(self) -> "Node":
        node = self
        while node.into is not None:
            node = node.into
        return node


@dataclass(slots=True)
class Found:
    """What the tables know of the names in a batch."""

    nodes: dict[Key, Node] = field(default_factory=dict)
    identities: dict[Key, int] = field(default_factory=dict)  # number of the name's row, where it has one
    states: dict[Key, int] = field(default_factory=dict)
    several: set[Key] = field(default_factory=set)  # addresses of more than one
    taken_back: set[tuple[str, str]] = field(default_factory=set)  # (previous id, user id) of undone aliases


def joining(call: Call, rules: Rules) -> list[Key]:
    """The names beside the user id that join people, in the order in which they count."""
    keys = [("anonymous_id", call.anonymous_id)] if call.anonymous_id else []
    keys += call.names
    if call.kind == "identify" and call.traits:
        if rules.email_joins and (email := address(call, "email", rules)):
            keys.append(("email", email))
        if rules.phone_joins and (phone := address(call, "phone", rules)):
            keys.append(("phone", phone))
    return keys


def addresses(call: Call, rules: Rules) -> list[Key]:
    """Addresses of a user that join nobody but people who were known by nothing else."""
    if call.kind != "identify" or not call.traits or not call.user_id:
        return []
    given = (("email", rules.email_joins), ("phone", rules.phone_joins))
    return [(kind, value) for kind, joins in given if not joins and (value := address(call, kind, rules))]


def lock_for(calls: Iterable[Call], rules: Rules) -> str:
    """The weakest row lock that the batch needs: taken once, in order, never raised later (that would deadlock)."""
    lock = "key share"
    for call in calls:
        if call.kind == "alias" or (
            (call.anonymous_id is not None) + (call.user_id is not None) + len(call.names) > 1
        ):
            return "update"
        if call.kind == "identify" and (addresses(call, rules) or joining(call, rules)):
            return "update"
        if call.traits or call.fill or call.consents or call.writes:
            lock = "no key update"
    return lock


def find(cursor: CursorWrapper, workspace_id: int, calls: Sequence[Call], rules: Rules) -> Found:
    """The people the calls name, as far as they are known."""
    keys: dict[Key, bool] = {}  # and whether it may stand for whoever has it as an attribute
    for call in calls:
        for key in _keys(call, rules):
            keys.setdefault(key, False)
        if (named := by_address(call)) is not None:
            keys[named] = True
    statement = FIND.format(
        lock=lock_for(calls, rules),
        size="length(p.attributes::text)" if any(call.traits for call in calls) else "0",
        known=KNOWN if any(call.fill for call in calls) else "null::text",
        names=NAMES if any(not call.user_id and len(joining(call, rules)) > 1 for call in calls) else "0",
    )
    found = Found()
    for _attempt in range(10):
        found, moved = _find(cursor, workspace_id, keys, statement)
        if not moved:
            break
    if unknown := [key for key, whose in keys.items() if whose and key not in found.nodes]:
        cursor.execute(SEVERAL, {"workspace": workspace_id, "keys": _json(unknown)})
        found.several = {(kind, value) for kind, value in cursor.fetchall()}
    if aliases := [call.previous_id for call in calls if call.previous_id]:
        cursor.execute(TAKEN_BACK, [workspace_id, aliases])
        found.taken_back = set(cursor.fetchall())
    return found


def by_address(call: Call) -> Key | None:
    """Files and forms may name people by nothing but an address."""
    if call.profile_id is not None or call.user_id or call.anonymous_id or call.names:
        return None
    if call.email:
        return ("email", call.email.lower())
    return ("phone", call.phone) if call.phone else None


def _keys(call: Call, rules: Rules) -> list[Key]:
    if call.profile_id is not None:
        return [("id", str(call.profile_id))]
    keys = joining(call, rules) + addresses(call, rules)
    if call.user_id:
        keys.append(("user_id", call.user_id))
    if call.previous_id:
        keys += [("anonymous_id", call.previous_id), ("user_id", call.previous_id)]
    return keys


def _find(
    cursor: CursorWrapper, workspace_id: int, keys: dict[Key, bool], statement: str
) -> tuple[Found, bool]:
    cursor.execute(statement, {"workspace": workspace_id, "keys": _json(sorted(keys), keys)})
    nodes: dict[int, Node] = {}
    found, moved = Found(), False
    for row in cursor.fetchall():
        kind, value, pk, external_id, merged_into, erased_at, size, known, identity, state, names = row
        if erased_at is not None:
            continue
        if merged_into is not None:
            if kind != "id":
                moved = True  # merged between our look and our lock: its names point to the other one by now
                continue
            cursor.execute(statement, {"workspace": workspace_id, "keys": _json([("id", str(merged_into))])})
            _, _, pk, external_id, _, _, size, known, _, _, names = cursor.fetchall()[0]
        node = nodes.get(pk)
        if node is None:
            node = nodes[pk] = Node(pk, external_id, size=size, known=frozenset(known), names=names)
        found.nodes[(kind, value)] = node
        if identity is not None:
            found.identities[(kind, value)] = identity
            found.states[(kind, value)] = state
    return found, moved


def _json(keys: Iterable[Key], whose: dict[Key, bool] | None = None) -> str:
    rows = [{"kind": key[0], "value": key[1], "whose": whose[key] if whose else False} for key in keys]
    return msgspec.json.encode(rows).decode()
