"""Who is replayed: people drawn by a hash of their ids, so that two drawings of one workspace are the same people, and
a larger share holds the smaller one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

SPACE = 1 << 31
FIRST_LOOK = 20_000  # people looked at before it is known how many of them matter
MOST_LOOKED_AT = 500_000


@dataclass(frozen=True, slots=True)
class Sample:
    """`people`: all of the workspace; `share` of them was looked at (0 to 1), `ids` are those of these who matter."""

    ids: list[int]
    people: int
    share: float

    @property
    def factor(self) -> float:
        """How many of all people each one stands for."""
        return 1 / self.share if self.share else 1.0


def choose(
    workspace_id: int, names: Sequence[str] | None, since: datetime, until: datetime, size: int
) -> Sample:
    """At most `size` people with an event of `names` in the time; anybody, where `names` is None."""
    people = _count(workspace_id)
    if not people or size < 1 or names == []:
        return Sample([], people, 1.0)
    if names is None:
        share = min(1.0, size / people)
        return _cut(_drawn(workspace_id, None, since, until, share), people, share, size)
    share = min(1.0, FIRST_LOOK / people)
    found = _drawn(workspace_id, names, since, until, share)
    if len(found) < size and share < 1:
        wanted = share * size / max(len(found), 1)
        share = min(1.0, wanted, MOST_LOOKED_AT / people)
        found = _drawn(workspace_id, names, since, until, share)
    return _cut(found, people, share, size)


def _cut(found: list[tuple[int, int]], people: int, share: float, size: int) -> Sample:
    """The first `size` in the order of their hashes, and the share that would have drawn just these."""
    if len(found) > size:
        share = found[size][1] / SPACE
        found = [one for one in found if one[1] < found[size][1]]
    return Sample([id_ for id_, _hash in found], people, share)


def _count(workspace_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from profiles_profile where workspace_id = %s and erased_at is null "
            "and merged_into_id is null",
            [workspace_id],
        )
        return int(cursor.fetchone()[0])


_DRAW = """
select p.id, hashint8extended(p.id, 0) & %(mask)s h from profiles_profile p
where p.workspace_id = %(workspace)s and p.erased_at is null and p.merged_into_id is null
and hashint8extended(p.id, 0) & %(mask)s < %(below)s
"""
_MATTERS = """
and exists (
    select from profiles_event e where e.profile_id = p.id and e.name = any(%(names)s)
    and e.ts >= %(since)s and e.ts < %(until)s
)
"""


def _drawn(
    workspace_id: int, names: Sequence[str] | None, since: datetime, until: datetime, share: float
) -> list[tuple[int, int]]:
    """(id, hash) of that share of the people who matter, in order of their hashes."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_DRAW} {_MATTERS if names is not None else ''} order by h, p.id",
            {
                "workspace": workspace_id,
                "mask": SPACE - 1,
                "below": round(share * SPACE),
                "names": list(names or ()),
                "since": since,
                "until": until,
            },
        )
        return list(cursor.fetchall())
