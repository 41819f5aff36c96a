"""Lists: people put in by hand, by the API or by a file, and taken out again."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from django.db import connection, transaction

from lib.fast_sql import array
from profiles.membership import index as indexes
from profiles.membership import settle
from profiles.models import Segment, SegmentUpload
from workspaces import audit
from workspaces.actor import Actor

CHUNK = 5000
SHOWN = 100  # of the names that nobody has
COLUMNS = (
    "external_id",
    "user_id",
    "userid",
    "id",
    "email",
    "e-mail",
    "mail",
    "phone",
    "이메일",
    "회원번호",
    "전화번호",
)
ENCODINGS = ("utf-8-sig", "cp949", "latin-1")

_PUT = """
with wanted as (
    select p.id from unnest(%(people)s::bigint[]) w(id) join profiles_profile p on p.id = w.id
    where p.workspace_id = %(workspace)s and p.erased_at is null and p.merged_into_id is null
), came as (
    insert into profiles_segmentmember (segment_id, profile_id, since)
    select %(segment)s, id, %(now)s from wanted order by id on conflict do nothing returning profile_id
), news as (
    insert into profiles_segmentchange (workspace_id, segment_id, profile_id, entered, at)
    select %(workspace)s, %(segment)s, profile_id, true, %(now)s from came
    where exists (select from profiles_trackedsegment where segment_id = %(segment)s) order by profile_id
), sizes as (
    insert into profiles_segmentdelta (segment_id, delta) select %(segment)s, count(*) from came having count(*) > 0
)
select profile_id from came
"""
_TAKE = """
with gone as (
    delete from profiles_segmentmember where segment_id = %(segment)s and profile_id = any(%(people)s::bigint[])
    returning profile_id
), news as (
    insert into profiles_segmentchange (workspace_id, segment_id, profile_id, entered, at)
    select %(workspace)s, %(segment)s, profile_id, false, %(now)s from gone
    where exists (select from profiles_trackedsegment where segment_id = %(segment)s) order by profile_id
), sizes as (
    insert into profiles_segmentdelta (segment_id, delta) select %(segment)s, -count(*) from gone having count(*) > 0
)
select profile_id from gone
"""
# What somebody is called in a list: her number in the company's systems, an address, or our own id of her.
_MATCH = """
select v.n, coalesce(x.id, i.profile_id, e.id, t.id, u.id)
from unnest(%(values)s::text[]) with ordinality v(name, n)
left join profiles_profile x on x.workspace_id = %(workspace)s and x.external_id = v.name and x.erased_at is null
left join profiles_identity i on i.workspace_id = %(workspace)s and i.kind = 'user_id' and i.value = v.name
left join lateral (select id from profiles_profile where workspace_id = %(workspace)s and email = lower(v.name)
    and position('@' in v.name) > 0 and erased_at is null and merged_into_id is null order by id limit 1) e on true
left join lateral (select id from profiles_profile where workspace_id = %(workspace)s and phone = v.name
    and erased_at is null and merged_into_id is null order by id limit 1) t on true
left join profiles_profile u on u.workspace_id = %(workspace)s and u.merged_into_id is null and u.erased_at is null
    and v.name ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and u.public_id = case
    when v.name ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then v.name::uuid end
"""


@dataclass
class Report:
    """`lines` with a name on them, those `matched` with somebody, those `added`; the first names that nobody has."""

    lines: int = 0
    matched: int = 0
    added: int = 0
    unknown: list[str] = field(default_factory=list)

    @property
    def missed(self) -> int:
        return self.lines - self.matched


def put(actor: Actor, segment: Segment, people: Sequence[int], now: datetime) -> int:
    """How many are new in it."""
    return _move(actor, segment, people, now, _PUT, "segment.people_added")


def take_out(actor: Actor, segment: Segment, people: Sequence[int], now: datetime) -> int:
    return _move(actor, segment, people, now, _TAKE, "segment.people_removed")


def _move(
    actor: Actor, segment: Segment, people: Sequence[int], now: datetime, statement: str, action: str
) -> int:
    assert segment.is_list
    with transaction.atomic():
        moved = _write(segment, people, now, statement)
        if moved:
            audit.record(actor, action, segment, {"people": len(moved)}, at=now)
    tell(segment, moved, now, entered=statement is _PUT)
    return len(moved)


def _write(segment: Segment, people: Sequence[int], now: datetime, statement: str) -> list[int]:
    values: dict[str, Any] = {
        "people": array(people), "segment": segment.pk, "workspace": segment.workspace_id, "now": now
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [pk for (pk,) in cursor.fetchall()]


def tell(segment: Segment, moved: Sequence[int], now: datetime, *, entered: bool) -> None:
    """After the commit: what is made of the list, and who wants to know."""
    if not moved:
        return
    known = indexes.index(segment.workspace_id)
    if known is not None:
        concerned = known.minding.get(("list", str(segment.pk)), ())
        settle.work(known, dict.fromkeys(concerned, moved), now)
    settle.announce_segment(
        segment.workspace_id, segment.pk, list(moved) if entered else [], [] if entered else list(moved)
    )


def match(workspace_id: int, names: Sequence[str]) -> list[int | None]:
    """Who is called that, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, {"values": list(names), "workspace": workspace_id})
        found: dict[int, int | None] = dict(cursor.fetchall())
    return [found.get(n) for n in range(1, len(names) + 1)]


def upload(actor: Actor, segment: Segment, file: BinaryIO, file_name: str, now: datetime) -> Report:
    """One name a line, or a table with a column of them; each chunk commits, and the same file again adds nobody."""
    report = Report()
    for some in _chunks(read_names(file)):
        people: list[int] = []
        for name, pk in zip(some, match(segment.workspace_id, some), strict=True):
            report.lines += 1
            if pk is not None:
                report.matched += 1
                people.append(pk)
            elif len(report.unknown) < SHOWN:
                report.unknown.append(name)
        with transaction.atomic():
            moved = _write(segment, sorted(set(people)), now, _PUT)
        report.added += len(moved)
        tell(segment, moved, now, entered=True)
    with transaction.atomic():
        SegmentUpload.objects.create(
            segment=segment, user=actor.user, at=now, file_name=file_name.replace("\0", "")[:200],
            lines=report.lines, matched=report.matched, added=report.added,
        )  # fmt: skip
        detail = {"lines": report.lines, "matched": report.matched, "added": report.added}
        audit.record(actor, "segment.list_uploaded", segment, detail, at=now)
    return report


def read_names(file: BinaryIO) -> Iterator[str]:
    """The column that is called like a name of people, else the first one; without such a heading all lines count."""
    head = file.read(1 << 16)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=_encoding(head), errors="replace", newline="")
    sample = head.decode(_encoding(head), errors="replace").split("\n", 1)[0]
    delimiter = max(",;\t", key=sample.count)
    column = 0
    for number, cells in enumerate(csv.reader(_lines(text), delimiter=delimiter)):
        if number == 0:
            named = [cell.strip().lower() for cell in cells]
            found = next((named.index(name) for name in COLUMNS if name in named), None)
            if found is not None:
                column = found
                continue
        name = cells[column].strip().replace("\0", "")[:300] if len(cells) > column else ""
        if name:
            yield name


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(65_536):
        yield line.replace("\0", "")


def _encoding(head: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            head[:-4].decode(encoding) if len(head) > 8 else head.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 8:
                continue
        return encoding
    return "latin-1"


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for name in names:
        some.append(name)
        if len(some) == CHUNK:
            yield some
            some = []
    if some:
        yield some
