"""The problems of a draft in the reader's language, with what only the workspace knows: contents, segments, names."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext

from content.models import Item
from journeys.document import problems
from journeys.document import settings as codec
from journeys.document.settings import SettingsError
from journeys.document.shape import Document, DocumentError, parse
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from profiles.conditions import ConditionError, compile_condition
from profiles.conditions.names import known_names, unknown_names
from workspaces.models import Workspace


class WorkspaceContext:
    """What the checks ask about the world; answers come from one query a kind of thing."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.workspace_id: int | None = workspace.pk
        self.gettext: Callable[[str], str] = gettext
        self._media: dict[str, str] | None = None

    def step_kind(self, kind: str) -> Any:
        return steps.get(kind)

    def trigger_kind(self, kind: str) -> Any:
        return triggers.get(kind)

    def medium_of(self, content: str) -> str | None:
        if self._media is None:
            rows = Item.objects.filter(workspace=self.workspace, archived_at=None)
            self._media = dict(rows.values_list("slug", "medium"))
        return self._media.get(content)

    def condition_faults(self, condition: dict[str, Any]) -> list[tuple[str, str]]:
        try:
            compile_condition(condition, self.workspace.pk)
        except ConditionError as error:
            return list(error.problems)
        return []


def find(document: Any, workspace: Workspace) -> list[problems.Problem]:
    """All problems of a document; an unreadable one has exactly that problem."""
    try:
        parsed = parse(document)
    except DocumentError as error:
        return [
            problems.Problem(
                "error", "unreadable", f"{error.pointer}: {gettext(error.template) % error.params}"
            )
        ]
    found = problems.find(parsed, WorkspaceContext(workspace))
    return [*found, *_never_seen(parsed, workspace)]


def _never_seen(document: Document, workspace: Workspace) -> Iterator[problems.Problem]:
    """Warnings for conditions on names that never came in: no fault, but most likely a slip."""
    places = list(_conditions(document))
    known = known_names(workspace) if places else frozenset()
    for key, place, condition in places:
        for at, message in unknown_names(condition, workspace, known):
            yield problems.Problem("warning", "never_seen", message, key, (place + at).lstrip("/"))


def _conditions(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(step or trigger, place in its settings, condition) of all settings that can be read."""
    nodes: list[tuple[Any, Any]] = [(triggers.get(one.kind), one) for one in document.triggers.values()]
    nodes += [(steps.get(one.kind), one) for one in document.steps.values()]
    for kind, node in nodes:
        try:
            settings = kind.parse(node.settings) if kind else None
        except SettingsError:
            continue
        for place, condition in codec.conditions(settings) if settings else []:
            yield node.key, place, condition


def problems_as_json(document: Any, workspace: Workspace) -> list[dict[str, Any]]:
    return [problem.as_dict() for problem in find(document, workspace)]
