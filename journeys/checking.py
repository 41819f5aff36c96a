"""The problems of a draft in the reader's language, with what only the workspace knows: contents, segments, names."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext

from content.models import Item
from journeys.checks import contents, contradicting, entering, personal
from journeys.checks import names as known_names
from journeys.checks.draft import Draft
from journeys.checks.names import Names
from journeys.document import problems
from journeys.document.shape import DocumentError, parse
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from journeys.webhooks import vault
from profiles.conditions import ConditionError, compile_condition
from workspaces.models import Workspace


class WorkspaceContext:
    """What the checks ask about the world; answers come from one query a kind of thing."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.workspace_id: int | None = workspace.pk
        self.gettext: Callable[[str], str] = gettext
        self._media: dict[str, str] | None = None
        self._secrets: dict[str, str] | None = None

    def step_kind(self, kind: str) -> Any:
        return steps.get(kind)

    def trigger_kind(self, kind: str) -> Any:
        return triggers.get(kind)

    def medium_of(self, content: str) -> str | None:
        if self._media is None:
            rows = Item.objects.filter(workspace=self.workspace, archived_at=None)
            self._media = dict(rows.values_list("slug", "medium"))
        return self._media.get(content)

    def secret_hosts(self) -> dict[str, str]:
        if self._secrets is None:
            self._secrets = vault.hosts(self.workspace.pk)
        return self._secrets

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
    context = WorkspaceContext(workspace)
    found = problems.find(parsed, context)
    if len(parsed.steps) > problems.MAX_STEPS:
        return found
    draft, names = Draft(parsed, context), Names(workspace)
    brought = entering.Brought(draft, names)
    found += contradicting.problems(draft)
    found += known_names.problems(draft, names)
    found += entering.problems(draft, brought)
    found += personal.problems(draft, workspace)
    found += contents.problems(draft, workspace, brought)
    return problems.in_order(found, parsed)


def problems_as_json(document: Any, workspace: Workspace) -> list[dict[str, Any]]:
    return [problem.as_dict() for problem in find(document, workspace)]
