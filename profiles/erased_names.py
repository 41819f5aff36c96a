"""Who was erased stays erased: late calls with a name she had make nobody new.

A name (member number, device, e-mail, phone, ...) is kept as a keyed hash: with the key one can say whether a name that
comes was erased, but nobody reads the names out of the table. Only people who would be made are looked up, by one
statement a batch: somebody who is known may have an address that an erased person had.

She is let in again, and the hashes of what she came with are forgotten, when
- she does what the workspace takes for a new sign-up (PrivacySettings.readmit_events) at a time after the erasure
- the erasure lies back PrivacySettings.readmit_after_days
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.identify import Links
from profiles.look_up import Node

SIGN_UP = ("signed_up",)  # where the workspace says nothing else

REMEMBER = """
insert into profiles_erasedname (workspace_id, digest, erased_at)
select %s, d, %s from unnest(%s::text[]) d order by d
on conflict (workspace_id, digest) do update set erased_at = excluded.erased_at
"""
NAMES = """
select 'user_id', external_id from profiles_profile where id = any(%(ids)s) and external_id is not null
union select 'email', email from profiles_profile where id = any(%(ids)s) and email <> ''
union select 'phone', phone from profiles_profile where id = any(%(ids)s) and phone <> ''
union select kind, value from profiles_identity where profile_id = any(%(ids)s)
"""
LOOK_UP = """
select e.digest, e.erased_at, s.readmit_events, s.readmit_after_days, s.workspace_id is not null
from profiles_erasedname e left join profiles_privacysettings s on s.workspace_id = e.workspace_id
where e.workspace_id = %s and e.digest = any(%s)
"""

Name = tuple[str, str]
# Told in the transaction which names are known again: (cursor, workspace_id, names).
Readmitted = Callable[[CursorWrapper, int, Sequence[Name]], None]
_readmitted: list[Readmitted] = []


def when_readmitted(listener: Readmitted) -> None:
    if listener not in _readmitted:
        _readmitted.append(listener)


def digests(workspace_id: int, name: Name) -> list[str]:
    """Under the present secret key first, then under earlier ones."""
    kind, value = name
    if kind == "email":
        value = value.lower()
    text = f"{workspace_id}\0{kind}\0{value}".encode()
    keys = (str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS))
    return [hmac.new(b"erased names" + key.encode(), text, hashlib.sha256).hexdigest() for key in keys]


def remember(cursor: CursorWrapper, workspace_id: int, ids: Sequence[int], now: datetime) -> list[Name]:
    """The names of these people, while they still have them; returns them."""
    cursor.execute(NAMES, {"ids": list(ids)})
    names: list[Name] = cursor.fetchall()
    cursor.execute(REMEMBER, [workspace_id, now, [digests(workspace_id, name)[0] for name in names]])
    return names


def names_in(call: Call) -> set[Name]:
    """All that the call says of who it is about."""
    given = {
        ("user_id", call.user_id),
        ("anonymous_id", call.anonymous_id),
        ("anonymous_id", call.previous_id),
        ("user_id", call.previous_id),
        ("email", call.email or call.traits.get("email") or call.fill.get("email")),
        ("phone", call.phone or call.traits.get("phone") or call.fill.get("phone")),
    }
    return {(kind, value) for kind, value in (*given, *call.names) if isinstance(value, str) and value}


def bar(
    cursor: CursorWrapper, workspace_id: int, calls: Sequence[Call], links: Links, now: datetime
) -> set[int]:
    """Takes the calls that would make an erased person anew out of `links`; returns their positions."""
    new: dict[int, list[int]] = {}  # by node: positions of its calls
    for position, node in enumerate(links.of_call):
        if node is not None and (final := node.final()).is_new:
            new.setdefault(id(final), []).append(position)
    if not new:
        return set()
    names = {node: {name for at in places for name in names_in(calls[at])} for node, places in new.items()}
    of_digest = {
        digest: name for found in names.values() for name in found for digest in digests(workspace_id, name)
    }
    cursor.execute(LOOK_UP, [workspace_id, list(of_digest)])
    erased = {of_digest[row[0]]: row for row in cursor.fetchall()}
    if not erased:
        return set()
    barred: set[int] = set()
    known_again: set[Name] = set()
    for made, places in new.items():
        hit = names[made] & erased.keys()
        if not hit:
            continue
        rows = [erased[name] for name in hit]
        if _let_in([calls[at] for at in places], rows, now):
            known_again |= hit
        else:
            barred.update(places)
    if barred:
        _take_out(links, barred)
    if known_again:
        cursor.execute(
            "delete from profiles_erasedname where workspace_id = %s and digest = any(%s)",
            [workspace_id, [digest for name in known_again for digest in digests(workspace_id, name)]],
        )
        for listener in _readmitted:
            listener(cursor, workspace_id, sorted(known_again))
    return barred


def _let_in(calls: Iterable[Call], rows: Sequence[tuple], now: datetime) -> bool:  # type: ignore[type-arg]
    _digest, _at, events, days, said = rows[0]
    erased_at = max(row[1] for row in rows)
    if days is not None and now - erased_at >= timedelta(days=days):
        return True
    events = events if said else SIGN_UP
    return any(call.event in events and call.ts > erased_at for call in calls)


def _take_out(links: Links, positions: set[int]) -> None:
    gone: list[Node] = []
    for position in positions:
        node = links.of_call[position]
        if node is not None:
            gone.append(node.final())
        links.of_call[position] = None
    dead = {id(node) for node in gone}
    links.nodes[:] = [node for node in links.nodes if id(node.final()) not in dead]
    for key in [key for key, node in links.names.items() if id(node.final()) in dead]:
        del links.names[key]
    links.merges[:] = [pair for pair in links.merges if id(pair[1].final()) not in dead]
