"""What is known of a person: folds a batch of calls into one change a profile and writes them in one statement.

Of each attribute the newest by the calls' time is kept, in whatever order they come (the function profiles_tell).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.call import Call
from profiles.look_up import Node

MAX_PROFILE = 100_000  # characters of JSON

CHANGE = """
update profiles_profile p
set attributes = d.attributes, attribute_times = d.times, attributes_at = d.at,
    updated_at = case when d.other then %(now)s else p.updated_at end
from (select l.id, t.*, t.attributes is distinct from l.attributes as other,
             t.at <> l.attributes_at or t.times is distinct from l.attribute_times as newer
      from (select p.id, p.attributes, p.attribute_times, p.attributes_at, n.fill, n.given,
                   array(select jsonb_array_elements_text(n.gone)) as gone, n.told, n.at
            from jsonb_to_recordset(%(rows)s::jsonb)
                 as n(id bigint, fill jsonb, given jsonb, gone jsonb, told jsonb, at bigint)
            join profiles_profile p on p.id = n.id
            order by p.id for no key update of p offset 0) l
      cross join lateral profiles_tell(
          l.attributes, l.attribute_times, l.attributes_at, l.fill, l.given, l.gone, l.told, l.at) t
      offset 0) d
where p.id = d.id and (d.other or d.newer)
returning p.id, d.other
"""


@dataclass(slots=True)
class Patch:
    given: dict[str, Any] = field(default_factory=dict)
    fill: dict[str, Any] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    size: int = 0
    at: int = 0  # ms, of the newest call; `told`: of what an older one said
    told: dict[str, int] = field(default_factory=dict)

    def attributes(self) -> dict[str, Any]:
        """What a profile that is new holds afterwards."""
        return {**self.fill, **self.given}

    def times(self) -> dict[str, int]:
        """Its attribute_times."""
        filled = {key: 0 for key in self.fill if key not in self.given}
        return {**filled, **dict.fromkeys(self.gone, self.at), **self.told}

    def say(self, key: str, value: Any, at: int) -> None:
        """Calls come in the order of their times."""
        if at > self.at:
            for known in (*self.given, *self.gone):
                self.told.setdefault(known, self.at)
            self.at = at
        self.told.pop(key, None)
        if value is None:
            self.given.pop(key, None)
            self.fill.pop(key, None)
            self.gone.add(key)
        else:
            self.given[key] = value
            self.gone.discard(key)


def fold(calls: Sequence[Call], nodes: Sequence[Node | None]) -> tuple[dict[int, Patch], dict[int, str]]:
    """One patch a node, by its id(); later calls (by their time) win. Also the calls that would make a profile too
    large: index -> reason; they change nothing."""
    patches: dict[int, Patch] = {}
    refused: dict[int, str] = {}
    order = [index for index, call in enumerate(calls) if call.traits or call.fill]
    order.sort(key=lambda index: calls[index].ts)
    for index in order:
        call, node = calls[index], nodes[index]
        if node is None:
            continue
        node = node.final()
        fill = {key: value for key, value in call.fill.items() if key not in node.known} if call.fill else {}
        if not (call.traits or fill):
            continue
        patch = patches.get(id(node))
        if patch is None:
            patch = patches[id(node)] = Patch(size=node.size)
        if call.traits:
            size = len(msgspec.json.encode(call.traits))
            if patch.size + size > MAX_PROFILE:
                refused[index] = f"the attributes of one person may hold {MAX_PROFILE // 1000} kB"
                continue
            patch.size += size
            at = int(call.ts.timestamp() * 1000)
            for key, value in call.traits.items():
                patch.say(key, value, at)
        for key, value in fill.items():
            if key not in patch.gone:
                patch.fill[key] = value
    return patches, refused


def write(cursor: CursorWrapper, patches: dict[int, Patch], now: datetime) -> list[int]:
    """patches by profile id; returns the ids of those that are other than before."""
    if not patches:
        return []
    rows = [
        {
            "id": pk,
            "fill": patch.fill,
            "given": patch.given,
            "gone": sorted(patch.gone),
            "told": patch.told,
            "at": patch.at,
        }
        for pk, patch in patches.items()
    ]
    cursor.execute(CHANGE, {"rows": msgspec.json.encode(rows).decode(), "now": now})
    return [pk for pk, other in cursor.fetchall() if other]
