"""How the things of a workspace are called, for summary lines: read once for a whole document."""

from functools import cached_property
from typing import Any

from content.models import Item
from profiles.conditions import sentence
from profiles.models import Topic
from workspaces.models import Workspace


class WorkspaceNames:
    """The `Names` of journeys.steps.base: one query a kind of thing, and only when asked."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @cached_property
    def _contents(self) -> dict[str, str]:
        return dict(Item.objects.filter(workspace=self.workspace).values_list("slug", "name"))

    @cached_property
    def _topics(self) -> dict[str, str]:
        return dict(Topic.objects.filter(workspace=self.workspace).values_list("slug", "name"))

    def content_name(self, slug: str) -> str:
        return self._contents.get(slug, slug)

    def topic_name(self, slug: str) -> str:
        return self._topics.get(slug, slug)

    def sentence(self, condition: dict[str, Any]) -> str:
        return sentence(condition, self.workspace)
