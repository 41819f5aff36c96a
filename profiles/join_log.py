"""The log of joins: written before the rows move, with what is needed to part the two again (profiles.parting)."""

from datetime import datetime
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles.linking import Evidence, Links
from profiles.signals import profiles_joining

MERGED, NAMED = "merged", "named"

# before: what the former was (user, attributes, names, consents, proofs of them, devices), what the other held of the
# same, and `upto`, the number of the last event until then. For NAMED, former and person are the same row.
NOTE = """
insert into profiles_join (workspace_id, at, source_id, message_id, kind, value, how, person_id, former_id, before)
select %(workspace)s, %(now)s, %(source)s, j.message_id, j.kind, j.value, j.how, t.id,
    case when j.how = 'merged' then l.id end,
    jsonb_build_object(
        'user', l.external_id, 'attributes', l.attributes, 'times', l.attribute_times, 'at', l.attributes_at,
        'created_at', l.created_at, 'moved', j.moved, 'upto', (select last_value from profiles_event_id_seq),
        'names', (select coalesce(jsonb_agg(jsonb_build_array(i.id, i.kind, i.value)), '[]')
                  from profiles_identity i where i.profile_id = l.id),
        'consents', (select coalesce(jsonb_agg(to_jsonb(c) - 'id' - 'profile_id'), '[]')
                     from profiles_consent c where c.profile_id = l.id),
        'proofs', (select coalesce(jsonb_agg(c.id), '[]') from profiles_consentchange c where c.profile_id = l.id),
        'devices', (select coalesce(jsonb_agg(d.id), '[]') from profiles_device d where d.profile_id = l.id),
        'held', case when j.how = 'merged' then (
            select coalesce(jsonb_object_agg(k, jsonb_build_array(
                t.attributes -> k, coalesce((t.attribute_times ->> k)::bigint, t.attributes_at))), '{}')
            from jsonb_object_keys(l.attributes) k where t.attributes ? k) else '{}' end,
        'held_consents', case when j.how = 'merged' then (
            select coalesce(jsonb_agg(to_jsonb(c) - 'id' - 'profile_id'), '[]')
            from profiles_consent c where c.profile_id = t.id) else '[]' end)
from jsonb_to_recordset(%(rows)s::jsonb)
    as j(former bigint, person bigint, kind text, value text, message_id text, how text, moved jsonb)
join profiles_profile l on l.id = j.former
join profiles_profile t on t.id = j.person
order by l.id
"""


def note(
    cursor: CursorWrapper, workspace_id: int, source_id: int | None, links: Links, now: datetime
) -> None:
    """In the transaction of the joins, before the first row moves."""
    rows: list[dict[str, Any]] = [
        _row(loser.id, loser.final().id, evidence, MERGED)
        for loser, _winner, evidence in links.merges
        if loser.id is not None
    ]
    rows += [
        _row(node.id, node.id, evidence, NAMED)
        for node, evidence in links.claims.values()
        if node.becomes and node.into is None
    ]
    if not rows:
        return
    former = [row["former"] for row in rows]
    answers: list[tuple[Any, Any]] = profiles_joining.send(
        sender=None, workspace_id=workspace_id, profile_ids=former
    )
    for _receiver, moved in answers:
        for row in rows:
            row["moved"].update(moved.get(row["former"], {}))
    values: dict[str, Any] = {"workspace": workspace_id, "now": now, "source": source_id}
    cursor.execute(NOTE, {**values, "rows": msgspec.json.encode(rows).decode()})


def _row(former: int | None, person: int | None, evidence: Evidence, how: str) -> dict[str, Any]:
    (kind, value), call = evidence.key, evidence.call
    return {
        "former": former,
        "person": person,
        "kind": kind,
        "value": value,
        "message_id": call.message_id,
        "how": how,
        "moved": {},
    }
