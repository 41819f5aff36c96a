"""The entries of the navigation. An entry whose page does not exist in this installation is left out."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from workspaces.models import Team


@dataclass(frozen=True)
class Entry:
    url: str
    icon: str
    label: str
    current: bool = False
    find: str = ""  # "Find people named", for the search dialog
    team: Team | None = None


def build(request: HttpRequest, teams: list[Team]) -> dict[str, list[Entry]]:
    """main, teams, foot, searches: lists of entries."""
    path = request.path
    match = request.resolver_match
    here = (match.namespace or match.url_name or "") if match else ""

    def entry(route: str, area: str, icon: str, label: str, find: str = "") -> list[Entry]:
        try:
            url = reverse(route)
        except NoReverseMatch:
            return []
        return [
            Entry(url, icon, label, current=here == area and (area != "workspaces" or path == url), find=find)
        ]

    main = [
        *entry("home", "home", "house", pgettext("page", "Home")),
        *entry("journeys:list", "journeys", "route", _("Journeys"), _("Find journeys with")),
        *entry("profiles:list", "profiles", "users", _("People"), _("Find people with")),
        *(
            entry("segments:list", "segments", "filter", _("Segments"), _("Find segments with"))
            if (found := getattr(request, "actor", None)) and found.can("segments.view")
            else []
        ),
        *entry("content:list", "content", "layout-template", _("Content"), _("Find content with")),
    ]
    actor = getattr(request, "actor", None)
    privacy = here if here in ("privacy", "suppressions") else "privacy"
    foot = [
        *entry("channels:list", "channels", "send", _("Channels")),
        *(entry("health", "health", "activity", _("Health")) if actor and actor.can("health.view") else []),
        *entry("privacy:consent", privacy, "hand", _("Consent & privacy")),
        *entry("workspaces:team", "workspaces", "shield-check", _("Team & permissions")),
    ]
    return {
        "main": main,
        "foot": foot,
        "searches": [found for found in main if found.find],
        "teams": _teams(request, teams, here),
    }


def _teams(request: HttpRequest, teams: list[Team], here: str) -> list[Entry]:
    try:
        url = reverse("journeys:list")
    except NoReverseMatch:
        return []
    chosen = request.GET.get("team") if here == "journeys" else None
    korean = (get_language() or "").startswith("ko")

    def label(team: Team) -> str:
        name = team.name_ko if korean and team.name_ko else team.name
        return pgettext("a team by its name", "%(name)s team") % {"name": name}

    return [
        Entry(f"{url}?team={team.slug}", "", label(team), current=team.slug == chosen, team=team)
        for team in teams
    ]
