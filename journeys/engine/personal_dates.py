"""What is known of people's dates (PersonalDate): read from their profiles, a page or a few at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec
from django.db import connection, transaction

from journeys.engine import plan
from journeys.engine.plan import Plan, PlanTrigger
from journeys.models import DateWatch
from journeys.triggers.base import Occasion
from lib.localtime import first_zone
from profiles.conditions.comparing import path_of

PAGE = 2000
LOOK = timedelta(minutes=10)  # between two looks at everyone; longer where one takes long
MOST_TEXT = 64  # of a date; what is longer is none
JUST_AFTER = timedelta(microseconds=1)


@dataclass(slots=True)
class Watch:
    """A watch whose row is locked by this transaction, with the trigger it is of."""

    row: DateWatch
    found: Plan
    way: PlanTrigger
    zone: str

    @property
    def path(self) -> list[str]:
        return path_of(self.row.attribute)


def lock(watch_id: int, *, skip: bool = False) -> Watch | None:
    rows = DateWatch.objects.select_for_update(of=("self",), skip_locked=skip)
    row = rows.select_related("journey__workspace").filter(pk=watch_id, active=True).first()
    if row is None or row.journey.state != "live" or row.journey.live_id is None:
        return None
    found = plan.load([row.journey.live_id])[row.journey.live_id]
    way = found.triggers.get(row.trigger)
    if way is None or not way.kind.date_of(way.settings):
        return None
    return Watch(row, found, way, row.journey.workspace.time_zone)


# So many people are looked at, not found: whoever has news of one waits for the watch's row.
_PAGE = """
with page as materialized (
    select id, attributes from profiles_profile
    where workspace_id = %(workspace)s and id > %(after)s and erased_at is null and merged_into_id is null
    order by id limit %(limit)s
)
select (select count(*) from page), (select max(id) from page), array(select p.id from page p
left join journeys_personaldate d on d.watch_id = %(watch)s and d.profile_id = p.id
where case when d.profile_id is null then p.attributes #>> %(path)s::text[] is not null
    else d.round <> %(round)s or d.value <> left(coalesce(p.attributes #>> %(path)s::text[], ''), %(most)s)
        or d.zone <> left(coalesce(p.attributes ->> 'time_zone', ''), %(most)s) end
order by p.id)
"""


def read_round(watch_id: int, now: datetime) -> bool:
    """The next page of people, of whom those are read whose dates are not as they were; False when there is nothing to
    do now."""
    with transaction.atomic():
        watch = lock(watch_id, skip=True)
        if watch is None or (watch.row.read_at is not None and watch.row.next_at > now):
            return False
        row = watch.row
        with connection.cursor() as cursor:
            cursor.execute(
                _PAGE,
                {
                    "watch": row.pk, "workspace": watch.found.workspace_id, "after": row.cursor, "path": watch.path,
                    "round": row.round, "most": MOST_TEXT, "limit": PAGE,
                },
            )  # fmt: skip
            looked, last, ids = cursor.fetchone()
        if ids:
            read(watch, ids, now)
        if row.cursor == 0 and row.read_at is not None:
            row.next_at = now  # when this look at everyone began
        if looked == PAGE:
            row.cursor = last
        else:  # everyone is read
            pause = max(LOOK, 50 * (now - row.next_at)) if row.read_at is not None else LOOK
            row.cursor, row.read_at, row.next_at = 0, row.read_at or now, now + pause
        row.save(update_fields=["cursor", "read_at", "next_at"])
    return bool(looked == PAGE)


_PEOPLE = """
select p.id, left(coalesce(p.attributes #>> %(path)s::text[], ''), %(most)s),
    left(coalesce(p.attributes ->> 'time_zone', ''), %(most)s), d.round, d.value, d.zone, coalesce(d.done, '')
from profiles_profile p
left join journeys_personaldate d on d.watch_id = %(watch)s and d.profile_id = p.id
where p.workspace_id = %(workspace)s and p.id = any(%(ids)s) and p.erased_at is null and p.merged_into_id is null
and (d.profile_id is not null or p.attributes #>> %(path)s::text[] is not null)
order by p.id
"""
_WRITE = """
insert into journeys_personaldate as d (watch_id, profile_id, round, value, zone, day, due_at, done)
select %(watch)s, r.p, %(round)s, r.v, r.z, r.d, r.a, ''
from jsonb_to_recordset(%(rows)s::jsonb) r(p bigint, v text, z text, d text, a timestamptz)
on conflict (watch_id, profile_id) do update
set round = excluded.round, value = excluded.value, zone = excluded.zone, day = excluded.day, due_at = excluded.due_at
"""


def read(watch: Watch, ids: list[int], now: datetime) -> bool:
    """Writes the dates of these people; whether one of them is due already. The watch's row is locked, so whoever reads
    last has seen everything."""
    row, due = watch.row, False
    values: list[dict[str, Any]] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "select from journeys_personaldate where watch_id = %s and profile_id = any(%s) for update",
            [row.pk, ids],
        )
        cursor.execute(
            _PEOPLE,
            {
                "watch": row.pk, "workspace": watch.found.workspace_id, "ids": ids, "path": watch.path,
                "most": MOST_TEXT,
            },
        )  # fmt: skip
        for person, value, zone, round_, old, old_zone, done in cursor.fetchall():
            # In the first round nobody's date is news: what lies before the publishing is history.
            fresh = row.read_at is not None and round_ in (None, row.round)
            if fresh and (value, zone) == (old, old_zone):
                continue
            occasion = next_of(watch, value, zone, row.since if not fresh else now, done)
            if fresh and value != old and (late := _late(watch, value, zone, now)) and late.day != done:
                occasion = late
            due |= occasion is not None and occasion.at <= now
            day, at = (occasion.day, occasion.at) if occasion else ("", None)
            values.append({"p": person, "v": value, "z": zone, "d": day, "a": at})
        if values:
            cursor.execute(
                _WRITE,
                {"watch": row.pk, "round": row.round, "rows": msgspec.json.encode(values).decode()},
            )
    return due


def _zone(watch: Watch, zone: str) -> tzinfo:
    return first_zone(zone, watch.found.document.time_zone, watch.zone)


def next_of(watch: Watch, value: str, zone: str, after: datetime, done: str) -> Occasion | None:
    kind, settings, where = watch.way.kind, watch.way.settings, _zone(watch, zone)
    found: Occasion | None = kind.next_occasion(settings, value, where, after)
    if found is not None and found.day == done:
        found = kind.next_occasion(settings, value, where, found.at + JUST_AFTER)
    return found


def _late(watch: Watch, value: str, zone: str, now: datetime) -> Occasion | None:
    found: Occasion | None = watch.way.kind.last_occasion(watch.way.settings, value, _zone(watch, zone), now)
    return found
