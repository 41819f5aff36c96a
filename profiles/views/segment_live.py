"""What comes of a segment's condition as it stands, beside the sentences."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lib import clock
from profiles.conditions import ConditionError, cards, compile_condition, tree
from profiles.conditions.blanks import Known
from profiles.conditions.forms import count_id
from profiles.models import Segment
from profiles.segments import editing, shown, trend, trying
from profiles.views.segment_form import SegmentForm
from workspaces.access import get_or_404, require
from workspaces.actor import Actor


@require_POST
def live(request: HttpRequest) -> HttpResponse:
    """Counts, whom one can reach, some people and why. `segment`: it is only read, as it is stored; `of`: it is being
    edited; without either a new one."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "segments.view")
    saved, edited = request.POST.get("segment", ""), request.POST.get("of", "")
    found = get_or_404(actor, Segment, saved or edited, related=("team",)) if saved or edited else None
    if found is not None and saved:
        condition = found.condition
        form = cards.from_tree(condition, Known(actor.workspace))
    else:
        bound = SegmentForm(request.POST, actor=actor, segment=found)
        condition, form = bound.tree, bound.cards
    now = clock.now()
    context: dict[str, Any] = {"unfinished": "", "now": now, "segment": found}
    if found is not None:
        context |= history_of(found, now, actor)
    try:
        compiled = compile_condition(condition, actor.workspace.pk)
        editing.check(condition, actor.workspace, found)
    except ConditionError as error:
        context["unfinished"] = error.problems[0][1] if condition else _("Add a condition.")
        return render(request, "segments/live.html", context)
    raw = request.POST.get("turn", "")
    turn = int(raw) if raw.isdecimal() and len(raw) < 9 else 0
    lines = [(path, tree.read(one)) for path, one in cards.lines(form)]
    if saved:
        lines = [(path, node) for path, node in lines if path.count(".") == 1]
    counts = trying.count(actor.workspace, [compiled.root, *(node for _path, node in lines)], now)
    if counts is not None:
        everyone = trying.in_time(trying.PATIENCE, lambda: trying.people_of(actor.workspace))
        context |= {
            "total": counts[0],
            "everyone": everyone,
            "share": counts[0].value / everyone if everyone else None,
            "lines": [
                (count_id("id_condition", path), one)
                for (path, _node), one in zip(lines, counts[1:], strict=True)
            ],
            "reach": trying.reach(actor.workspace, compiled.root, counts[0], now),
            **change_of(counts[0].value, context.get("week_ago")),
        }
    if actor.can("people.view"):
        people = trying.some(actor.workspace, compiled, now, turn, 5)
        since = shown.since_of(found, [person.pk for person, _why in people]) if found else {}
        context |= {"people": shown.shown(people, actor, since), "turn": turn + 1}
    return render(request, "segments/live.html", context)


def history_of(found: Segment, now: datetime, actor: Actor) -> dict[str, Any]:
    """Its size by day, and what it was a week ago."""
    zone = actor.workspace.time_zone
    figures = trend.sizes([found.pk], now, zone).get(found.pk, [])
    return {"chart": trend.chart(figures, now), "week_ago": trend.week_ago(figures, now, zone)}


def change_of(size: int, before: int | None) -> dict[str, Any]:
    if before is None:
        return {}
    return {"since_last_week": size - before, "less_than_last_week": before - size}
