"""Whoever wants to know the comings and goings of a segment (a journey that starts with one): each is a row, written
with the membership, and there until `take` gives it to whoever acts on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from profiles.membership.filling import fill
from profiles.membership.settle import CHUNK
from profiles.models import Segment, TrackedSegment


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody entered (else left) a segment at `at`."""

    id: int
    segment_id: int
    profile_id: int
    entered: bool
    at: datetime


def track(segment: Segment, now: datetime) -> None:
    """Follows a segment from now on, in the caller's transaction: whoever is in it now is no news."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_trackedsegment (segment_id, workspace_id, since) values (%s, %s, %s) "
            # Followed already: its row is ours now, so that nobody gives it up.
            "on conflict (segment_id) do update set since = profiles_trackedsegment.since",
            [segment.pk, segment.workspace_id, now],
        )
        if segment.is_counting and segment.filled_at is None:
            fill(segment.pk, now, wait=True)


def untrack(segment_ids: Iterable[int]) -> None:
    """Nobody follows these any more. In the caller's transaction, after `lock`."""
    TrackedSegment.objects.filter(pk__in=list(segment_ids)).delete()


def lock(segment_ids: Iterable[int]) -> list[int]:
    """Those of them that are followed, kept from changing hands until the transaction ends."""
    rows = TrackedSegment.objects.select_for_update().filter(pk__in=list(segment_ids)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def take(limit: int = CHUNK, workspace_id: int | None = None) -> list[Change]:
    """The oldest changes, gone with the caller's transaction. Call it in the one that acts on them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from profiles_segmentchange where id = any(array(select id from profiles_segmentchange "
            "where %(workspace)s::bigint is null or workspace_id = %(workspace)s "
            "order by id limit %(limit)s for update skip locked)) returning id, segment_id, profile_id, entered, at",
            {"workspace": workspace_id, "limit": limit},
        )
        return [Change(*row) for row in sorted(cursor.fetchall())]


def members(segment_id: int, until: datetime, after_id: int, limit: int) -> list[int]:
    """Those who were in at `until` and still are, by their ids after `after_id`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select profile_id from profiles_segmentmember where segment_id = %s and profile_id > %s and since <= %s "
            "order by profile_id limit %s",
            [segment_id, after_id, until, limit],
        )
        return [row[0] for row in cursor.fetchall()]
