"""Who waits for which event: rows that an event finds people by. Changes of profiles are waited for like events."""

from typing import Any

from journeys.engine.rows import Row
from journeys.engine.run import Batch
from lib.fast_sql import array, run


def there(batch: Batch, version_id: int, key: str) -> bool:
    """Whether people may wait for events at this step."""
    step = batch.plans[version_id].steps.get(key)
    if step is None:
        return True
    return bool([*step.kind.wait_events(step.settings), *step.kind.wait_conditions(step.settings)])


def remember(rows: list[Row]) -> None:
    if not rows:
        return
    waits = [(row.profile_id, name, row.id, row.due_at) for row in rows for name in row.waits]
    names = sorted({wait[1] for wait in waits})
    place = {name: index for index, name in enumerate(names, 1)}
    run(
        "insert into journeys_eventwait (profile_id, name, enrolment_id, expires_at) "
        "select u.profile_id, (%s::text[])[u.name], u.id, u.expires_at "
        "from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[]) u(profile_id, name, id, expires_at) "
        "on conflict do nothing",
        [
            names,
            array(w[0] for w in waits),
            array(place[w[1]] for w in waits),
            array(w[2] for w in waits),
            [w[3] for w in waits],
        ],
    )


def forget_left(cursor: Any, batch: Batch, rows: list[Row]) -> None:
    """Of those who have left the step they stood at: of these rows, and of the batch's crowds."""
    stood = {(row.version_id, row.step0) for row in rows}
    stood |= {(crowd.claimed.version_id, crowd.claimed.step) for crowd in batch.crowds}
    waiting = {at for at in stood if there(batch, *at)}
    if not waiting:
        return
    for crowd in batch.crowds:
        if (crowd.claimed.version_id, crowd.claimed.step) in waiting:
            forget(cursor, crowd.own("profile_id"), crowd.own("id"))
    left = [
        row
        for row in rows
        if (row.version_id, row.step0) in waiting and not row.fresh and (row.seq != row.seq0 or row.end)
    ]
    if left:
        forget(cursor, [row.profile_id for row in left], [row.id for row in left])


def forget(cursor: Any, profile_ids: list[int], enrolment_ids: list[int]) -> None:
    cursor.execute(
        "delete from journeys_eventwait w using unnest(%s::bigint[], %s::bigint[]) v(profile_id, id) "
        "where w.profile_id = v.profile_id and w.enrolment_id = v.id",
        [array(profile_ids), array(enrolment_ids)],
    )
