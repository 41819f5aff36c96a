"""What is known of a person: folds a batch of calls into one change a profile and writes them in one statement."""

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
set attributes = ((d.fill || p.attributes) || d.given) - d.gone, updated_at = %(now)s
from (select p.id, n.fill, n.given, array(select jsonb_array_elements_text(n.gone)) as gone
      from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, fill jsonb, given jsonb, gone jsonb)
      join profiles_profile p on p.id = n.id
      order by p.id for no key update of p) d
where p.id = d.id and ((d.fill || p.attributes) || d.given) - d.gone is distinct from p.attributes
returning p.id
"""


@dataclass(slots=True)
class Patch:
    given: dict[str, Any] = field(default_factory=dict)
    fill: dict[str, Any] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    size: int = 0

    def attributes(self) -> dict[str, Any]:
        """What a profile that is new holds afterwards."""
        return {**self.fill, **self.given}


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
            for key, value in call.traits.items():
                if value is None:
                    patch.given.pop(key, None)
                    patch.fill.pop(key, None)
                    patch.gone.add(key)
                else:
                    patch.given[key] = value
                    patch.gone.discard(key)
        for key, value in fill.items():
            if key not in patch.gone:
                patch.fill[key] = value
    return patches, refused


def write(cursor: CursorWrapper, patches: dict[int, Patch], now: datetime) -> list[int]:
    """patches by profile id; returns the ids of those that are other than before."""
    if not patches:
        return []
    rows = [
        {"id": pk, "fill": patch.fill, "given": patch.given, "gone": sorted(patch.gone)}
        for pk, patch in patches.items()
    ]
    cursor.execute(CHANGE, {"rows": msgspec.json.encode(rows).decode(), "now": now})
    return [pk for (pk,) in cursor.fetchall()]
