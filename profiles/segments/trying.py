"""A condition tried out before it is saved: how many, of each line too, how many can be reached, some of them and why.

Counting everyone exactly has little time; where that is not enough a sample of people is counted, always the same ones,
so that the figures don't jump, and the answer says that it is an estimate and between what.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import sqrt
from random import Random
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from profiles.conditions import Compiled, Rows, audience, evaluate
from profiles.conditions.builder import Builder, zones
from profiles.conditions.compiling import joined
from profiles.conditions.leaves.reachable import offered
from profiles.conditions.registry import all_kinds
from profiles.conditions.tree import Group, Leaf
from profiles.models import Profile
from profiles.person_consents import in_use
from workspaces.models import Workspace

PATIENCE = 800  # ms for an exact answer
SAMPLE_PATIENCE = 1200
SAMPLE = 10_000
SHOWN = 10
EVERY = (7, 11, 23, 53, 101, 211, 499, 997, 1999, 4999)
ICONS = {
    "email": "mail",
    "sms": "message-square",
    "push": "smartphone",
    "in_app": "app-window",
    "social": "share-2",
}
Node = Group | Leaf
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Count:
    """`low` and `high` only of an estimate: the range in which the number is 95 times out of 100."""

    value: int
    low: int | None = None
    high: int | None = None

    @property
    def exact(self) -> bool:
        return self.low is None


@dataclass(frozen=True, slots=True)
class Reached:
    medium: str
    label: Any
    icon: str
    count: Count
    share: int  # percent of the total


def count(workspace: Workspace, nodes: Sequence[Node], now: datetime) -> list[Count] | None:
    """For how many people each holds, all in one pass; None where even a sample takes too long."""
    exact = in_time(PATIENCE, lambda: _count(workspace, nodes, now, None))
    if exact is not None:
        return [Count(n) for n in exact[1:]]
    return _estimate(workspace, nodes, now)


def _estimate(workspace: Workspace, nodes: Sequence[Node], now: datetime) -> list[Count] | None:
    everyone = in_time(PATIENCE // 2, lambda: people_of(workspace))
    most = _most(workspace) if everyone is None else everyone
    for size in (SAMPLE, SAMPLE // 10):
        every = next((step for step in EVERY if most / step <= size), EVERY[-1])
        found = in_time(SAMPLE_PATIENCE, partial(_count, workspace, nodes, now, every))
        if found is not None and found[0]:
            total = found[0] * every if everyone is None else everyone
            return [_guess(hits, found[0], total) for hits in found[1:]]
    return None


def _most(workspace: Workspace) -> int:
    """No more people than this: known at once where counting them takes too long."""
    ids = Profile.objects.filter(workspace=workspace).values_list("pk", flat=True)
    last, first = ids.order_by("-pk").first(), ids.order_by("pk").first()
    return 0 if last is None or first is None else last - first + 1


def _guess(hits: int, sample: int, everyone: int) -> Count:
    """Wilson's interval: right for few and for none, too."""
    z = 1.96
    share, spread = hits / sample, z * z / sample
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / sample + spread / (4 * sample)) / (1 + spread)
    low, high = max(middle - half, 0) * everyone, min(middle + half, 1) * everyone
    return Count(_rounded(share * everyone), _rounded(low), _rounded(high))


def _rounded(number: float) -> int:
    """To two figures: an estimate claims no more."""
    whole = round(number)
    step = 10 ** max(len(str(whole)) - 2, 0)
    return round(whole / step) * step


def _count(workspace: Workspace, nodes: Sequence[Node], now: datetime, every: int | None) -> list[int]:
    """[people looked at, those for whom the first holds, ...]; `every`: only one of so many people, by the hash of
    their ids: in the order of the ids a file's rows have a rhythm."""
    build = Builder(workspace.pk, now, everyone=True, paged=every is not None)
    known: dict[str, int] = {}
    answers: list[str] = []

    def said(node: Node) -> str:
        if isinstance(node, Leaf):
            key = f"{node.kind.key}{node.raw!r}"
            if key not in known:
                known[key] = len(answers)
                answers.append(node.kind.answer(node.raw, build))
            return f"x.a{known[key]}"
        return joined(node, [said(part) for part in node.parts])

    # Each line is answered once a person, however often the tree and the lines' own figures mention it.
    counts = ", ".join(["count(*)", *(f"count(*) filter (where {said(node)})" for node in nodes)])
    columns = ", ".join(f"{answer} as a{n}" for n, answer in enumerate(answers)) or "true"
    some = " and hashint8(p.id) %% %(every)s = 0" if every is not None else ""
    sql = (
        f"{build.front()}select {counts} from (select {columns} from profiles_profile p "
        "cross join (select null::bigint enrolment_id, null::timestamptz entered_at) b "
        f"{build.people()} where p.workspace_id = %(workspace)s and p.erased_at is null "
        f"and p.merged_into_id is null{some} offset 0) x"
    )
    zone = workspace.time_zone if workspace.time_zone in zones() else "UTC"
    with connection.cursor() as cursor:
        cursor.execute(sql, build.params | {"workspace": workspace.pk, "zone": zone, "every": every})
        return list(cursor.fetchone())


def people_of(workspace: Workspace) -> int:
    rows = Profile.objects.filter(workspace=workspace, erased_at=None, merged_into=None)
    return int(rows.count())


def reach(workspace: Workspace, root: Node, total: Count, now: datetime) -> list[Reached]:
    """How many of them have an address that may be written to, and have not refused the medium: of the media that the
    workspace has an active account for."""
    from profiles.conditions import media

    kind = all_kinds()["reachable"]
    has_account = {medium for media_of in in_use for medium in media_of(workspace.pk)}
    everywhere = dict.fromkeys(medium for offer in offered for medium in offer())
    media_offered = [medium for medium in everywhere if medium in has_account]
    nodes = [Group("all", (root, Leaf(kind, {"reachable": medium}, ""))) for medium in media_offered]
    if not nodes:
        return []
    counts = count(workspace, nodes, now) if total.exact else _estimate(workspace, nodes, now)
    return [
        Reached(
            medium,
            media.name(medium),
            ICONS.get(medium, "send"),
            one,
            round(100 * min(one.value / total.value, 1)) if total.value else 0,
        )
        for medium, one in zip(media_offered, counts or [], strict=False)
    ]


def some(
    workspace: Workspace, compiled: Compiled, now: datetime, turn: int = 0, limit: int = SHOWN
) -> list[tuple[Profile, list[dict[str, Any]]]]:
    """Some people with the values of every part of the condition; others for another `turn`."""

    def find() -> list[int]:
        start = 0
        if turn:
            rows = Profile.objects.filter(workspace=workspace)
            last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
            first = rows.order_by("pk").values_list("pk", flat=True).first() or 0
            start = Random(turn).randint(first, max(last, first))  # noqa: S311 - a choice, no secret
        ids = audience(compiled, workspace.pk, now, start, limit, workspace.time_zone)
        if len(ids) < limit and start:
            more = audience(compiled, workspace.pk, now, 0, limit - len(ids), workspace.time_zone)
            ids += [pk for pk in more if pk not in ids]
        return ids

    ids = in_time(PATIENCE, find) or []
    verdict = evaluate([compiled], Rows(workspace.pk, ids, now, zone=workspace.time_zone))[0]
    people = Profile.objects.in_bulk(ids)
    return [(people[pk], verdict.why(place)) for place, pk in enumerate(ids) if pk in people]


def in_time(milliseconds: int, ask: Callable[[], T]) -> T | None:
    """None where the database takes longer."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {int(milliseconds)}")
            found = ask()
            cursor.execute("set local statement_timeout = 0")
            return found
    except OperationalError as error:
        if type(error.__cause__).__name__ != "QueryCanceled":
            raise
        return None
