"""Everyone at once: a segment that is new or was changed is filled by one statement; now and then each is compared with
the truth, in case something was missed."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error, connection, transaction

from profiles.conditions.builder import Builder, in_place, zones
from profiles.conditions.compiling import joined
from profiles.conditions.tree import Group, Leaf
from profiles.membership import index as indexes
from profiles.membership.index import Index, Kept
from profiles.membership.settle import FILLING, work
from profiles.models import Segment, TrackedSegment

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=1)  # whoever began before the change, and knows nothing of it, has written by then
AGAIN = timedelta(minutes=5)  # after one that failed
A_DAY = timedelta(days=1)
GUESSED = timedelta(minutes=1)  # where the moments can't be known; longer where a look takes long
PATIENCE = timedelta(minutes=10)  # of the one statement

_FILL = """
with found as materialized (
    select * from ({found}) x where x.inside or x.moment is not null
), gone as (
    delete from profiles_segmentmember m where m.segment_id = %(segment)s
    and not exists (select from found f where f.id = m.profile_id and f.inside) returning m.profile_id
), came as (
    insert into profiles_segmentmember (segment_id, profile_id, since)
    select %(segment)s, id, %(now)s from found where inside on conflict do nothing returning profile_id
), times as (
    insert into profiles_segmentmoment (segment_id, profile_id, due_at)
    select %(segment)s, id, moment from found where moment is not null on conflict do nothing
), news as (
    insert into profiles_segmentchange (workspace_id, segment_id, profile_id, entered, at)
    select %(workspace)s, %(segment)s, c.profile_id, c.entered, %(now)s
    from (select profile_id, true entered from came union all select profile_id, false from gone) c
    where %(told)s order by c.profile_id returning 1
)
select (select count(*) from found where inside), (select count(*) from news)
"""


def fill_due(now: datetime, seconds: float = 20.0) -> int:
    """Fills what waits for it; how many segments."""
    stop, filled = time.monotonic() + seconds, 0
    rows = Segment.objects.filter(kind=Segment.RULES, archived_at=None, stale_since__lte=now - GRACE)
    for segment_id in list(rows.order_by("stale_since").values_list("pk", flat=True)[:200]):
        try:
            filled += fill(segment_id, now)
        except Error:
            log.exception("segment_not_filled", segment_id=segment_id)
            Segment.objects.filter(pk=segment_id).update(stale_since=now + AGAIN)
        if time.monotonic() > stop:
            break
    return filled


@transaction.atomic
def fill(segment_id: int, now: datetime, *, wait: bool = False) -> bool:
    """Members, moments and size anew, if it is stale. Whoever writes members of it meanwhile only queues looks."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {'true from pg_advisory_xact_lock' if wait else 'pg_try_advisory_xact_lock'}({FILLING}, %s)",
            [segment_id],
        )
        if not cursor.fetchone()[0]:
            return False
        segment = Segment.objects.filter(pk=segment_id, archived_at=None, stale_since__isnull=False).first()
        known = indexes.index(segment.workspace_id) if segment is not None else None
        kept = known.segments.get(segment_id) if known is not None else None
        if segment is None or known is None or kept is None or segment.is_list:
            return False
        size = news = 0
        if kept.root is not None:
            cursor.execute(f"set local statement_timeout = '{int(PATIENCE.total_seconds())}s'")
            cursor.execute("delete from profiles_segmentmoment where segment_id = %s", [segment_id])
            told = not segment.quiet and TrackedSegment.objects.filter(pk=segment_id).exists()
            sql, params = everyone(known, kept.root, now, moments=True)
            cursor.execute(
                _FILL.format(found=sql), params | {"segment": segment_id, "now": now, "told": told}
            )
            size, news = cursor.fetchone()
            cursor.execute("delete from profiles_segmentdelta where segment_id = %s", [segment_id])
            cursor.execute("set local statement_timeout = 0")
        else:
            size = segment.members.count()
        segment_rows = Segment.objects.filter(pk=segment_id)
        segment_rows.update(size=size, filled_at=now, quiet=True, repair_at=_next(known, kept, now, 0))
        # Changed once more meanwhile: it is filled again.
        segment_rows.filter(version=segment.version, stale_since=segment.stale_since).update(stale_since=None)
        log.info("segment_filled", segment_id=segment_id, size=size, news=news)
    return True


def everyone(
    known: Index, root: Group | Leaf, now: datetime, *, moments: bool = False, of: str = ""
) -> tuple[str, dict[str, Any]]:
    """A query of all people (columns id, inside, moment) and its parameters. `of`: a further test of `p`."""
    build = Builder(known.workspace_id, now, everyone=True)
    results: list[str] = []
    times: list[str] = []

    def said(node: Group | Leaf) -> str:
        if isinstance(node, Leaf):
            value = in_place(node.kind.value(node.raw, build))
            if moments and (moment := node.kind.moment(node.raw, build, value)):
                times.append(moment)
            return str(node.kind.result(node.raw, build, value))
        return joined(node, [said(part) for part in node.parts])

    results.append(said(root))
    moment = f"least({', '.join(times)})" if times else "null::timestamptz"
    sql = (
        f"{build.front()}select p.id, {results[0]} as inside, {moment} as moment from profiles_profile p "
        "cross join (select null::bigint enrolment_id, null::timestamptz entered_at) b "
        f"{build.people()} where p.workspace_id = %(workspace)s and p.erased_at is null "
        f"and p.merged_into_id is null{of}"
    )
    zone = known.zone if known.zone in zones() else "UTC"
    return sql, build.params | {"workspace": known.workspace_id, "zone": zone}


def repair(now: datetime, seconds: float = 20.0) -> int:
    """Compares the members of segments whose time has come with the truth; how many crossed."""
    stop, crossed = time.monotonic() + seconds, 0
    while time.monotonic() < stop:
        claimed = _claim(now)
        if claimed is None:
            break
        begun = time.monotonic()
        known = indexes.index(claimed.workspace_id)
        kept = known.segments.get(claimed.pk) if known is not None else None
        if known is None or kept is None or kept.root is None or kept.stale:
            continue
        people = list(_suspects(known, kept, now))
        _leave_out_the_gone(kept.id, people)
        if people and kept.id not in known.guessing:
            log.warning("segment_repaired", segment_id=kept.id, people=len(people))
        crossed += work(known, {kept.id: people}, now)
        pause = time.monotonic() - begun
        Segment.objects.filter(pk=kept.id).update(repair_at=_next(known, kept, now, pause))
    return crossed


def _claim(now: datetime) -> Segment | None:
    with transaction.atomic():
        rows = Segment.objects.filter(repair_at__lte=now, archived_at=None, stale_since=None)
        found = rows.order_by("repair_at").select_for_update(skip_locked=True, of=("self",)).first()
        if found is not None:
            found.repair_at = now + AGAIN
            found.save(update_fields=["repair_at"])
        return found


def _next(known: Index, kept: Kept, now: datetime, took: float) -> datetime:
    if kept.id in known.guessing:
        return now + max(GUESSED, timedelta(seconds=50 * took))
    return now + A_DAY + timedelta(seconds=kept.id * 7919 % 14_400)  # spread over hours


def _leave_out_the_gone(segment_id: int, people: list[int]) -> None:
    """Somebody erased or merged while a segment was filled: nobody looks at her any more."""
    if people:
        with connection.cursor() as cursor:
            cursor.execute(
                "with gone as (delete from profiles_segmentmember m using profiles_profile p where m.segment_id = %s "
                "and m.profile_id = any(%s) and p.id = m.profile_id "
                "and (p.erased_at is not null or p.merged_into_id is not null) returning m.segment_id) "
                "insert into profiles_segmentdelta (segment_id, delta) "
                "select segment_id, -count(*) from gone group by 1",
                [segment_id, people],
            )


def _suspects(known: Index, kept: Kept, now: datetime) -> Iterator[int]:
    """Those who are in but no members, or members but not in. Read without a lock: they are looked at again."""
    assert kept.root is not None
    sql, params = everyone(known, kept.root, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select coalesce(i.id, m.profile_id) from (select x.id from ({sql}) x where x.inside) i "
            "full join (select profile_id from profiles_segmentmember where segment_id = %(segment)s) m "
            "on m.profile_id = i.id where i.id is null or m.profile_id is null",
            params | {"segment": kept.id},
        )
        yield from (row[0] for row in cursor.fetchall())
