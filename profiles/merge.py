"""Two profiles turn out to be one person. Set-wise: all merges of a batch in a handful of statements."""

from datetime import datetime

import msgspec
from django.db.backends.utils import CursorWrapper

from profiles import consent
from profiles.signals import profiles_merged

PAIRS = "jsonb_to_recordset(%(pairs)s::jsonb) as m(merged bigint, target bigint)"

STATEMENTS = (
    f"""update profiles_event e set profile_id = m.target, origin_id = coalesce(e.origin_id, m.merged)
        from {PAIRS} where e.profile_id = m.merged""",
    f"update profiles_identity i set profile_id = m.target from {PAIRS} where i.profile_id = m.merged",
    # A user id that is merged away stays known as a name of the one that is left.
    f"""insert into profiles_identity (workspace_id, profile_id, kind, value, state, created_at)
        select p.workspace_id, m.target, 'user_id', p.external_id, 1, %(now)s
        from {PAIRS} join profiles_profile p on p.id = m.merged where p.external_id is not null
        order by p.external_id
        on conflict (workspace_id, kind, value) do update set profile_id = excluded.profile_id""",
    # Of two answers about the same thing the later one holds; of two at the same moment the no.
    f"""insert into profiles_consent (profile_id, medium, topic, state, at, how, wording)
        select distinct on (m.target, c.medium, c.topic)
               m.target, c.medium, c.topic, c.state, c.at, c.how, c.wording
        from {PAIRS} join profiles_consent c on c.profile_id = m.merged
        order by m.target, c.medium, c.topic, c.at desc, c.state = 'withdrawn' desc
        on conflict (profile_id, medium, topic) do update
        set state = excluded.state, at = excluded.at, how = excluded.how, wording = excluded.wording
        where excluded.at > profiles_consent.at
            or (excluded.at = profiles_consent.at and excluded.state = 'withdrawn')""",
    f"delete from profiles_consent c using {PAIRS} where c.profile_id = m.merged",
    *(one.format(pairs=PAIRS, pairs2=PAIRS.replace(" as m(", " as m2(")) for one in consent.MERGE),
    # Of each attribute the newest, also of those that were taken away (attribute_times names them).
    f"""with people as (
            select m.target, l.* from {PAIRS} join profiles_profile l on l.id = m.merged
            union all select l.id, l.* from profiles_profile l where l.id in (select m.target from {PAIRS})
        ), newest as (
            select target, max(attributes_at) as at, min(created_at) as created_at from people group by target
        ), said as (
            select distinct on (e.target, k.key) e.target, k.key, k.value, k.at
            from people e cross join lateral (
                select a.key, a.value, coalesce((e.attribute_times ->> a.key)::bigint, e.attributes_at) as at
                from jsonb_each(e.attributes) a
                union all select t.key, null, t.value::bigint from jsonb_each(e.attribute_times) t
                where not e.attributes ? t.key
            ) k
            order by e.target, k.key, k.at desc, e.id = e.target desc, e.id
        )
        update profiles_profile p set attributes = coalesce(x.attributes, '{{}}'),
            attribute_times = coalesce(x.times, '{{}}'), attributes_at = x.at,
            created_at = x.created_at, updated_at = %(now)s
        from (select n.target, n.at, n.created_at,
                     jsonb_object_agg(s.key, s.value) filter (where s.value is not null) as attributes,
                     jsonb_object_agg(s.key, s.at)
                         filter (where s.key is not null and (s.at <> n.at or s.value is null)) as times
              from newest n left join said s using (target) group by n.target, n.at, n.created_at) x
        where p.id = x.target""",
    f"update profiles_profile p set merged_into_id = m.target from {PAIRS} where p.merged_into_id = m.merged",
    f"""update profiles_profile p set merged_into_id = m.target, external_id = null, attributes = '{{}}',
               attribute_times = '{{}}', attributes_at = 0, updated_at = %(now)s
        from {PAIRS} where p.id = m.merged""",
)


def merge(cursor: CursorWrapper, workspace_id: int, pairs: list[tuple[int, int]], now: datetime) -> None:
    """pairs (merged, into). Of what both know of the same thing the newer holds.

    Call inside a transaction that has locked all of them; receivers of profiles_merged move their rows in it.
    """
    if not pairs:
        return
    rows = msgspec.json.encode([{"merged": a, "target": b} for a, b in pairs]).decode()
    for statement in STATEMENTS:
        cursor.execute(statement, {"pairs": rows, "now": now})
    profiles_merged.send(sender=None, workspace_id=workspace_id, pairs=pairs, now=now)
