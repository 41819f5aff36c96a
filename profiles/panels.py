"""The cards beside a person's timeline; packages above add theirs.

    panels.register("journeys/person_panel.html", context, order=10)

context(request, profile) gives the template's variables, or None to show nothing. `place="head"`: beside the buttons in
the head of the page instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from profiles.models import Profile

Context = Callable[[HttpRequest, Profile], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    template: str
    context: Context
    order: int
    place: str = "side"


_panels: dict[str, Panel] = {}


def register(template: str, context: Context, order: int = 100, place: str = "side") -> None:
    _panels[template] = Panel(template, context, order, place)


def read(request: HttpRequest, profile: Profile, place: str = "side") -> list[tuple[str, dict[str, Any]]]:
    """(template, its variables) of the cards to show."""
    found = []
    for panel in sorted(_panels.values(), key=lambda panel: (panel.order, panel.template)):
        if panel.place != place:
            continue
        variables = panel.context(request, profile)
        if variables is not None:
            found.append((panel.template, variables))
    return found
