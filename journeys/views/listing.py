"""The list of journeys: status tabs with counts, search, team filter, and what to begin with when there is none."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from journeys import counts, starters
from journeys.models import Journey
from journeys.steps.registry import steps as step_kinds
from workspaces.access import own_teams, scoped
from workspaces.models import Team

PAGE = 25
STATES = ("live", "draft", "paused", "stopped", "archived")


@dataclass(frozen=True)
class Row:
    """A journey as the list shows it."""

    journey: Journey
    teams: list[Team]
    icons: list[tuple[str, str]]  # icon, label of the media it sends through
    steps: int
    inside: int
    entered: int
    newer_draft: bool


@require_GET
def journey_list(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    query, state, team = (request.GET.get(key, "") for key in ("q", "state", "team"))
    everything = scoped(actor, Journey)
    by_state = dict(everything.values_list("state").annotate(n=Count("pk")).order_by())
    total = sum(n for key, n in by_state.items() if key != "archived")
    rows = everything.select_related("team", "live", "created_by", "updated_by").order_by(
        "-updated_at", "-id"
    )
    rows = rows.filter(state=state) if state in STATES else rows.exclude(state="archived")
    if query:
        rows = rows.filter(name__icontains=query)
    if team:
        rows = rows.filter(Q(team__slug=team) | Q(pk__in=_with_team(everything, team)))
    start = int(raw) if (raw := request.GET.get("after", "")).isdigit() else 0
    page = list(rows[start : start + PAGE + 1])
    more = len(page) > PAGE
    kept = {key: value for key, value in (("q", query), ("state", state), ("team", team)) if value}
    return render(
        request,
        "journeys/list.html",
        {
            "rows": _rows(page[:PAGE], list(Team.objects.filter(workspace=actor.workspace))),
            "tabs": _tabs(by_state, total, state, kept),
            "total": total,
            "query": query,
            "state": state,
            "team": team,
            "kept": {key: value for key, value in kept.items() if key != "q"},
            "filtered": bool(query or team or state),
            "shown": start + len(page[:PAGE]),
            "found": rows.count() if more or start else start + len(page),
            "next_url": f"?{urlencode({**kept, 'after': start + PAGE})}" if more else "",
            "can_create": actor.can("journeys.create"),
            "starters": starters.all_starters() if not total else [],
            "teams": Team.objects.filter(workspace=actor.workspace),
            "own_teams": own_teams(actor),
        },
    )


def _with_team(journeys: Any, slug: str) -> list[int]:
    """Journeys with a step that the team owns: a jsonpath over the drafts, no row is loaded."""
    from django.db.models.expressions import RawSQL

    return list(
        journeys.annotate(
            hit=RawSQL(
                "jsonb_path_exists(draft, '$.steps.* ? (@.team == $slug)', jsonb_build_object('slug', %s::text))",
                [slug],
            )
        )
        .filter(hit=True)
        .values_list("pk", flat=True)
    )


def _rows(journeys: list[Journey], teams: list[Team]) -> list[Row]:
    numbers = counts.inside_by_journey([journey.pk for journey in journeys])
    by_slug = {team.slug: team for team in teams}
    return [_row(journey, by_slug, numbers[journey.pk]) for journey in journeys]


def _row(journey: Journey, teams: dict[str, Team], numbers: dict[str, int]) -> Row:
    steps = [step for step in _steps(journey.draft) if isinstance(step, dict)]
    slugs = [journey.team.slug] if journey.team else []
    slugs += [str(step.get("team")) for step in steps if step.get("team")]
    media: dict[str, str] = {}
    for step in steps:
        kind = step_kinds.get(str(step.get("kind")))
        if kind is not None and kind.tone == "message":
            media[kind.icon] = str(kind.label)
    return Row(
        journey=journey,
        teams=[teams[slug] for slug in dict.fromkeys(slugs) if slug in teams],
        icons=list(media.items()),
        steps=len(steps),
        inside=numbers["inside"],
        entered=numbers["entered"],
        newer_draft=journey.live is not None and journey.live.document != journey.draft,
    )


def _steps(document: Any) -> list[Any]:
    steps = document.get("steps") if isinstance(document, dict) else None
    return list(steps.values()) if isinstance(steps, dict) else []


def _tabs(by_state: dict[str, int], total: int, current: str, kept: dict[str, str]) -> list[dict[str, Any]]:
    names = {
        "": pgettext("journeys", "All"),
        "live": pgettext("status", "Live"),
        "draft": pgettext("status", "Draft"),
        "paused": pgettext("status", "Paused"),
        "stopped": pgettext("status", "Stopped"),
        "archived": pgettext("status", "Archived"),
    }
    rest = {key: value for key, value in kept.items() if key != "state"}
    base = reverse("journeys:list")
    return [
        {
            "label": label,
            "count": total if not state else by_state.get(state, 0),
            "current": state == current,
            "url": f"{base}?{urlencode({**rest, 'state': state})}"
            if state
            else (f"{base}?{urlencode(rest)}" if rest else base),
        }
        for state, label in names.items()
        if state in ("", "live", "draft", "paused") or by_state.get(state)
    ]
