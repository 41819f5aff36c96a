"""The plan before publishing: who is inside, at which step, and what becomes of them if they finish on the version they
walk, or move to the new one. Counted with the very rules by which they are moved (engine.fates)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys import counts
from journeys.document import walk
from journeys.document.shape import DocumentError
from journeys.engine import explain, fates, plan
from journeys.engine.fates import Fate
from journeys.engine.plan import Plan
from journeys.engine.resettle import until_by_step
from journeys.models import Journey, Move

SAMPLE = (
    1000  # so many people of a step are asked where SQL can't tell when their wait ends; the rest is reckoned
)


@dataclass(slots=True)
class AtStep:
    """People who stand at one step, on whatever version. `released`: would go on at once in the new one; `about` where
    that is reckoned from some of them."""

    step: str
    name: str
    people: int = 0
    failed: int = 0
    paused: int = 0
    released: int = 0
    about: bool = False
    fates: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    target: str | None = None
    removed: bool = False
    versions: set[int] = field(default_factory=set)


_COUNT = """
select e.version_id, e.step, count(*), count(*) filter (where e.status = 1), count(*) filter (where e.status = 2),
    count(*) filter (where e.status = 0 and e.attempts = 0 and e.due_at > greatest(e.arrived_at, %(now)s)
        and least(e.arrived_at + f.length, (e.entered_at at time zone 'UTC' + %(stay)s::interval) at time zone 'UTC')
            <= %(now)s)
from journeys_enrolment e
left join jsonb_to_recordset(%(fixed)s::jsonb) f(v bigint, s text, length interval)
    on f.v = e.version_id and f.s = e.step
where e.journey_id = %(journey)s and e.version_id <> %(live)s
group by e.version_id, e.step
"""


def plan_of(
    journey: Journey, document: Any, now: datetime, targets: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """What publishing `document` would mean for the people inside. One statement counts them all; another for each
    step whose wait only the step itself can tell. Raises DocumentError.

    {"inside", "small", "default": "move" or "finish", "version", "next", "released", "ended", "steps": [{"step",
    "name", "removed", "people", "failed", "paused", "versions", "what", "released", "about", "target", "target_name",
    "text"}], "targets": [{"key", "name"}]}. A change is small when no step at which people stand is gone or of another
    kind, and nobody's wait is over at once.
    """
    live = journey.live
    same = live is not None and live.document == document
    new = plan.load([live.pk])[live.pk] if live and same else _draft(journey, document)
    numbers = dict(journey.versions.values_list("pk", "number"))
    plans = plan.load(versions_walked(journey))
    whats = {
        (version_id, step): fates.fate(old, new, step, targets or {})
        for version_id, old in plans.items()
        for step in old.document.steps
    }
    found: dict[str, AtStep] = {}
    for version_id, step, people, failed, paused, released in _counted(
        journey, new, whats, now, live.pk if live and same else 0
    ):
        if version_id not in plans:  # not counted, which should not be
            plans |= plan.load([version_id])
        old = plans[version_id]
        what = whats.get((version_id, step), fates.ENDED)
        at = found.setdefault(
            step, AtStep(step, explain.title(new if step in new.document.steps else old, step))
        )
        at.people += people
        at.failed += failed
        at.paused += paused
        at.fates[what.what] += people
        at.versions.add(numbers[version_id])
        at.removed = step not in new.document.steps
        at.target = what.target
        if what.what == "asked":
            share, exact = until_by_step(old, new, step, now, SAMPLE)
            at.released += round(share * people)
            at.about = at.about or not exact
        else:
            at.released += released
    ranks: dict[str, int] = {}
    for each in (*plans.values(), new):
        ranks |= walk.order(each.document)
    steps = sorted(found.values(), key=lambda at: ranks.get(at.step, 0))
    small = not any(at.removed or at.released or at.fates["sent_on"] for at in steps)
    inside = sum(at.people for at in steps)
    return {
        "inside": inside,
        "small": small,
        "default": "move" if small else "finish",
        "version": live.number if live else None,
        "next": live.number if live and same else max(numbers.values(), default=0) + 1,
        "released": sum(at.released for at in steps),
        "ended": sum(at.people for at in steps if at.removed and at.target is None),
        "steps": [_shown(at, new) for at in steps],
        "targets": [{"key": key, "name": explain.title(new, key)} for key in walk.order(new.document)],
    }


def versions_walked(journey: Journey) -> set[int]:
    """The versions that people may walk, by what was counted: of most nobody does any more. Moves are not counted by
    version, so those that people were ever moved to are among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select version_id from ("
            "  select version_id, entered, completed from journeys_stepcount"
            "  where journey_id = %(journey)s and step = ''"
            "  union all select version_id, entered, completed from journeys_countdelta"
            "  where journey_id = %(journey)s and step = ''"
            ") counts group by version_id having sum(entered) > sum(completed) "
            "union select version_id from journeys_move where journey_id = %(journey)s",
            {"journey": journey.pk},
        )
        return {row[0] for row in cursor.fetchall()}


def inside_by_version(journey: Journey) -> dict[int, int] | None:
    """How many people walk each version; None where they could not be counted in a moment."""
    walked = versions_walked(journey)
    if len(walked) < 2:
        inside = counts.inside_by_journey([journey.pk])[journey.pk]["inside"]
        return dict.fromkeys(walked, inside)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 2000")
            cursor.execute(
                "select version_id, count(*) from journeys_enrolment where journey_id = %s group by version_id",
                [journey.pk],
            )
            return dict(cursor.fetchall())
    except OperationalError:
        return None


def under_way(journey_id: int) -> dict[str, Any] | None:
    """The move that is being worked on now, for the canvas."""
    rows = Move.objects.filter(journey_id=journey_id, state__in=("moving", "undoing")).order_by("-pk")
    found = rows.values("id", "state", "total", "moved", "undone").first()
    return dict(found) if found else None


def _draft(journey: Journey, document: Any) -> Plan:
    if not isinstance(document, dict):
        raise DocumentError("", _("This must be an object with named parts."))
    return Plan(0, journey.pk, journey.workspace_id, document)


def _counted(
    journey: Journey, new: Plan, whats: dict[tuple[int, str], Fate], now: datetime, live_id: int
) -> list[tuple[int, str, int, int, int, int]]:
    fixed = [
        {"v": version_id, "s": step, "length": f"{what.length.total_seconds()} seconds"}
        for (version_id, step), what in whats.items()
        if what.length is not None
    ]
    values: dict[str, Any] = {
        "now": now,
        "stay": str(new.rules.policy.max_stay),
        "journey": journey.pk,
        "live": live_id,
        "fixed": msgspec.json.encode(fixed).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        return cursor.fetchall()  # type: ignore[no-any-return]


def _shown(at: AtStep, new: Plan) -> dict[str, Any]:
    return {
        "step": at.step,
        "name": at.name,
        "removed": at.removed,
        "people": at.people,
        "failed": at.failed,
        "paused": at.paused,
        "versions": sorted(at.versions),
        "what": "removed" if at.removed else max(at.fates, key=lambda what: at.fates[what]),
        "released": at.released,
        "about": at.about,
        "target": at.target if at.removed else None,
        "target_name": explain.title(new, at.target) if at.removed and at.target else None,
        "text": _text(at),
    }


def _text(at: AtStep) -> str:
    """What moving means for them, beside the choice of a target."""
    if at.removed:
        return _("The step is gone in the new version.")
    if at.fates["sent_on"]:
        return _("The step is of another kind now: they arrive there anew.")
    if at.released:
        many = ngettext(
            "%(n)s person goes on at once: the new wait is over.",
            "%(n)s people go on at once: the new wait is over.",
            at.released,
        )
        about = ngettext(
            "About %(n)s person goes on at once: the new wait is over.",
            "About %(n)s people go on at once: the new wait is over.",
            at.released,
        )
        return (about if at.about else many) % {"n": f"{at.released:,}"}
    if at.fates["fixed"] or at.fates["asked"]:
        return _("They wait as the new version says, counted from when they came.")
    return _("They stay and notice nothing.")
