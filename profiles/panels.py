"""The cards beside a person's timeline; packages above add theirs.

    panels.register("journeys/person_panel.html", context, order=10)

context(request, profile) gives the template's variables, or None to show nothing.
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


_panels: dict[str, Panel] = {}


def register(template: str, context: Context, order: int = 100) -> None:
    _panels[template] = Panel(template, context, order)


def read(request: HttpRequest, profile: Profile) -> list[tuple[str, dict[str, Any]]]:
    """(template, its variables) of the cards to show."""
    found = []
    for panel in sorted(_panels.values(), key=lambda panel: (panel.order, panel.template)):
        variables = panel.context(request, profile)
        if variables is not None:
            found.append((panel.template, variables))
    return found
