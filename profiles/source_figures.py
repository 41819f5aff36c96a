"""How much each source sent, what, and when last: hours and the deltas not yet folded into them, in one statement."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from profiles.models import RefusedSample
from profiles.source_notes import KEPT_FOR, KEPT_SAMPLES, OTHERS

KEPT_HOURS = timedelta(days=8)
MOST_NAMES = 1000  # of one source and hour; the rest is counted together
FOLDED = 20_000
DAYS = 7

_READ = """
select source_id, hour, kind, name, sum(count)::bigint, max(last_at) from (
    select source_id, hour, kind, name, count, last_at from profiles_sourcehour
    where source_id = any(%(sources)s) and hour >= %(since)s
    union all
    select source_id, hour, kind, name, count, last_at from profiles_sourcedelta
    where source_id = any(%(sources)s) and hour >= %(since)s
) both_of_them group by 1, 2, 3, 4
"""
# Whoever folds takes the rows away: two folders never count one twice.
_FOLD = """
with gone as (
    delete from profiles_sourcedelta where id = any(array(
        select id from profiles_sourcedelta order by id limit %(most)s for update skip locked
    )) returning source_id, hour, kind, name, count, last_at
), named as (
    select g.source_id, g.hour, g.kind, case
        when exists (
            select 1 from profiles_sourcehour h
            where (h.source_id, h.hour, h.kind, h.name) = (g.source_id, g.hour, g.kind, g.name)
        ) or (
            select count(*) from profiles_sourcehour h where h.source_id = g.source_id and h.hour = g.hour
        ) < %(names)s then g.name else %(others)s end as name, sum(g.count) as count, max(g.last_at) as last_at
    from gone g group by 1, 2, 3, 4
), summed as (
    select source_id, hour, kind, name, sum(count) as count, max(last_at) as last_at
    from named group by 1, 2, 3, 4
), kept as (
    insert into profiles_sourcehour as h (source_id, hour, kind, name, count, last_at)
    select source_id, hour, kind, name, count, last_at from summed order by 1, 2, 3, 4
    on conflict (source_id, hour, kind, name)
    do update set count = h.count + excluded.count, last_at = greatest(h.last_at, excluded.last_at)
), seen as (
    update profiles_source s set last_call_at = greatest(s.last_call_at, n.last_at)
    from (select source_id, max(last_at) as last_at from summed where kind <> 'refused' group by 1) n
    where s.id = n.source_id
)
select count(*) from gone
"""
_TRIM_SAMPLES = """
delete from profiles_refusedsample r using (
    select id, at, row_number() over (partition by source_id, reason order by id desc) as nth
    from profiles_refusedsample
) n where n.id = r.id and (n.nth > %s or n.at < %s)
"""


@dataclass(slots=True)
class Figures:
    """Of one source. `days`: calls a day, the oldest first, today last, in the workspace's days."""

    today: int = 0
    week: int = 0
    refused_today: int = 0
    refused_week: int = 0
    last: datetime | None = None
    days: list[int] = field(default_factory=lambda: [0] * DAYS)
    refused_days: list[int] = field(default_factory=lambda: [0] * DAYS)
    kinds: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    @property
    def top(self) -> list[tuple[str, int]]:
        return sorted(self.names.items(), key=lambda item: (-item[1], item[0]))[:5]

    @property
    def bars(self) -> list[dict[str, float]]:
        """Days as bars of a picture 84 wide and 28 high; refused calls stand on those that were taken."""
        most = max(map(sum, zip(self.days, self.refused_days, strict=True))) or 1
        found = []
        for place, (taken, bad) in enumerate(zip(self.days, self.refused_days, strict=True)):
            height = max(round(taken / most * 26, 1), 1.5)
            top = round(bad / most * 26, 1) if bad else 0
            top = max(top, 1.5) if bad else 0
            y = round(28 - height, 1)
            found.append({"x": place * 12, "y": y, "height": height, "bad": top, "bad_y": round(y - top, 1)})
        return found

    @property
    def top_kinds(self) -> list[tuple[str, int]]:
        return sorted(self.kinds.items(), key=lambda item: (-item[1], item[0]))


def read(sources: list[Any], zone: Any, now: datetime) -> dict[int, Figures]:
    """Of each source of one workspace, for today and the six days before, in one statement."""
    found = {source.pk: Figures(last=source.last_call_at) for source in sources}
    today = now.astimezone(zone).date()
    first = datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), zone)
    with connection.cursor() as cursor:
        # Zones that are half an hour off begin their day within an hour: that hour counts with its larger part.
        values: dict[str, Any] = {"sources": list(found), "since": first - timedelta(minutes=30)}
        cursor.execute(_READ, values)
        rows = cursor.fetchall()
    for source_id, hour, kind, name, count, last in rows:
        figures = found[source_id]
        place = DAYS - 1 - (today - (hour + timedelta(minutes=30)).astimezone(zone).date()).days
        if not 0 <= place < DAYS:
            continue
        if kind == "refused":
            had = figures.reasons.get(name, (0, last))
            figures.reasons[name] = (had[0] + count, max(had[1], last))
            figures.refused_week += count
            figures.refused_days[place] += count
            figures.refused_today += count if place == DAYS - 1 else 0
            continue
        figures.week += count
        figures.days[place] += count
        figures.today += count if place == DAYS - 1 else 0
        figures.kinds[kind] = figures.kinds.get(kind, 0) + count
        if name:
            figures.names[name] = figures.names.get(name, 0) + count
        figures.last = max(figures.last or last, last)
    return found


def samples(source_id: int, most: int = 3) -> dict[str, list[RefusedSample]]:
    """The newest of each reason."""
    found: dict[str, list[RefusedSample]] = {}
    for sample in RefusedSample.objects.filter(source_id=source_id).order_by("-id")[:500]:
        kept = found.setdefault(sample.reason, [])
        if len(kept) < most:
            kept.append(sample)
    return found


def fold() -> int:
    """Deltas become hours; returns how many."""
    folded = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FOLD, {"most": FOLDED, "names": MOST_NAMES, "others": OTHERS})
            count = int(cursor.fetchone()[0])
        folded += count
        if count < FOLDED:
            return folded


def forget_old(now: datetime) -> None:
    """Hours of long ago, and samples that are old or too many."""
    with connection.cursor() as cursor:
        cursor.execute("delete from profiles_sourcehour where hour < %s", [now - KEPT_HOURS])
        cursor.execute(_TRIM_SAMPLES, [KEPT_SAMPLES, now - KEPT_FOR])
