"""What the shell knows on every page: actor, theme, nav. One query (the teams), and only where it is drawn."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from workspaces import navigation
from workspaces.models import Team


def shell(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)

    def nav() -> dict[str, list[navigation.Entry]]:
        teams = list(Team.objects.filter(workspace=actor.workspace)) if actor else []
        return navigation.build(request, teams)

    return {"actor": actor, "theme": getattr(request, "theme", ""), "nav": SimpleLazyObject(nav)}
