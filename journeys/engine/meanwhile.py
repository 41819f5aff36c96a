"""What happened while a batch was on its way to its commit: it is looked at right after."""

from collections import defaultdict

import msgspec
from django.db import connection

from journeys.engine import live
from journeys.engine.on_events import go_on
from journeys.engine.plan import PROFILE
from journeys.engine.run import Batch
from journeys.steps.outcomes import Happened, Wake

_MEANWHILE = f"""
select e.profile_id, e.name, e.ts, e.properties::text, e.id
from unnest(%(people)s::bigint[]) w(profile_id) cross join lateral (
    select * from profiles_event where profile_id = w.profile_id and name = any(%(names)s)
    and ts >= %(now)s::timestamptz - interval '1 day' and received_at >= %(now)s::timestamptz - interval '1 minute'
) e
union all
select p.id, '{PROFILE}', p.updated_at, null, null from profiles_profile p
where '{PROFILE}' = any(%(names)s) and p.id = any(%(people)s::bigint[]) and (
    p.updated_at >= %(now)s::timestamptz - interval '1 minute' or exists (
        select 1 from profiles_consent c
        where c.profile_id = p.id and c.at >= %(now)s::timestamptz - interval '1 minute'
    )
)
order by 3, 5
"""


def look_again(batch: Batch) -> None:
    """Event against wait: both write, commit and look again, so one that came meanwhile is found here. The same for
    the rules of those who have just entered, and for profiles that others have changed.

    What came may be stamped a little before she arrived, or long: whether it counts is for the step to say."""
    if live.in_sandbox():  # nobody writes beside a sandbox, and what comes "later" is still to happen
        return
    ruling = {key: plan.rule_names() - {PROFILE} for key, plan in batch.plans.items() if plan.ruling}
    watched = {
        row.id: (row, set(row.waits), ruling.get(row.version_id, set()) if row.fresh else set())
        for row in batch.rows
        if row.end is None and (row.waits or (row.fresh and ruling))
    }
    names = sorted({name for _row, waits, rules in watched.values() for name in (*waits, *rules)})
    if not names:
        return
    people = sorted({row.profile_id for row, _waits, _rules in watched.values()})
    by_profile: dict[int, list[Happened]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_MEANWHILE, {"people": people, "names": names, "now": batch.now})
        for profile_id, name, ts, properties, id_ in cursor.fetchall():
            by_profile[profile_id].append(
                Happened(name, ts, msgspec.json.decode(properties) if properties else {}, id_)
            )
    wakes = {}
    for row, waits, rules in watched.values():
        came = by_profile.get(row.profile_id, [])
        wake = Wake(
            # One stamped as she arrived may be the very one that brought her here.
            events=tuple(e for e in came if e.name in waits and e.name != PROFILE and e.ts != row.arrived_at),
            profile_changed=PROFILE in waits and any(e.name == PROFILE for e in came),
            rules=tuple(e for e in came if e.name in rules and e.ts > row.entered_at),
        )
        if wake.events or wake.profile_changed or wake.rules:
            wakes[row.id] = wake
    go_on(wakes, batch.now, batch.store.draws)
