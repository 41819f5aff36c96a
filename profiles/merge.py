"""Two profiles turn out to be one person. Set-wise: all merges of a batch in a handful of statements."""

from datetime import datetime

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles import consent
from profiles.signals import profiles_merged

PAIRS = "jsonb_to_recordset(%(pairs)s::jsonb) as m(merged bigint, target bigint)"

STATEMENTS = (
    f"update profiles_event e set profile_id = m.target from {PAIRS} where e.profile_id = m.merged",
    f"update profiles_identity i set profile_id = m.target from {PAIRS} where i.profile_id = m.merged",
    # A user id that is merged away stays known as a name of the one that is left.
    f"""insert into profiles_identity (workspace_id, profile_id, kind, value, created_at)
        select p.workspace_id, m.target, 'user_id', p.external_id, %(now)s
        from {PAIRS} join profiles_profile p on p.id = m.merged where p.external_id is not null
        order by p.external_id
        on conflict (workspace_id, kind, value) do update set profile_id = excluded.profile_id""",
    # Of two answers about the same thing the later one holds.
    f"""insert into profiles_consent (profile_id, medium, topic, state, at, how, wording)
        select distinct on (m.target, c.medium, c.topic)
               m.target, c.medium, c.topic, c.state, c.at, c.how, c.wording
        from {PAIRS} join profiles_consent c on c.profile_id = m.merged
        order by m.target, c.medium, c.topic, c.at desc
        on conflict (profile_id, medium, topic) do update
        set state = excluded.state, at = excluded.at, how = excluded.how, wording = excluded.wording
        where excluded.at > profiles_consent.at""",
    f"delete from profiles_consent c using {PAIRS} where c.profile_id = m.merged",
    *(one.format(pairs=PAIRS, pairs2=PAIRS.replace(" as m(", " as m2(")) for one in consent.MERGE),
    f"""update profiles_profile p set attributes = o.attributes || p.attributes,
               created_at = least(p.created_at, o.created_at), updated_at = %(now)s
        from (select m.target, min(l.created_at) as created_at, jsonb_object_agg(a.key, a.value order by l.id desc)
                     filter (where a.key is not null) as attributes
              from {PAIRS} join profiles_profile l on l.id = m.merged
              left join lateral jsonb_each(l.attributes) a on true group by m.target) o
        where p.id = o.target and o.attributes is not null""",
    f"update profiles_profile p set merged_into_id = m.target from {PAIRS} where p.merged_into_id = m.merged",
    f"""update profiles_profile p set merged_into_id = m.target, external_id = null, attributes = '{{}}',
               updated_at = %(now)s
        from {PAIRS} where p.id = m.merged""",
)


def merge(cursor: CursorWrapper, workspace_id: int, pairs: list[tuple[int, int]], now: datetime) -> None:
    """pairs (merged, into). What the one that is left knows already wins over what the merged one knew.

    Call inside a transaction that has locked all of them; receivers of profiles_merged move their rows in it.
    """
    if not pairs:
        return
    rows = msgspec.json.encode([{"merged": a, "target": b} for a, b in pairs]).decode()
    for statement in STATEMENTS:
        cursor.execute(statement, {"pairs": rows, "now": now})
    profiles_merged.send(sender=None, workspace_id=workspace_id, pairs=pairs, now=now)
