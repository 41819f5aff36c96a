"""Content's renderer, which channels ask for the words of the messages they deliver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels import rendering
from channels.models import Message
from content.models import ItemVersion
from content.personalise import Rendered, RenderError, render_message
from workspaces.models import Workspace


class GoneError(RenderError):
    """The version was deleted meanwhile."""


class ContentRenderer:
    """Versions never change, so a process keeps those it has seen; workspaces are read once a batch."""

    MOST = 200

    def __init__(self) -> None:
        self._versions: dict[int, ItemVersion] = {}

    def render(
        self, messages: Sequence[Message], profiles: Mapping[int, dict[str, Any]]
    ) -> list[Rendered | Exception]:
        versions = self._load({m.content_version_id for m in messages if m.content_version_id})
        workspaces = {
            row.pk: {"name": row.name, "time_zone": row.time_zone}
            for row in Workspace.objects.filter(pk__in={message.workspace_id for message in messages})
        }
        return [self._render(message, versions, profiles, workspaces) for message in messages]

    def _render(
        self,
        message: Message,
        versions: Mapping[int, ItemVersion],
        profiles: Mapping[int, dict[str, Any]],
        workspaces: Mapping[int, dict[str, str]],
    ) -> Rendered | Exception:
        version = versions.get(message.content_version_id or 0)
        if version is None:
            return GoneError("The content of this message is gone.")
        person = profiles.get(message.profile_id, {})
        variables = {
            **rendering.variables(message, person),
            "workspace": workspaces.get(message.workspace_id, {}),
        }
        try:
            return render_message(version, message.locale or str(person.get("locale") or ""), variables)
        except RenderError as error:
            return error

    def _load(self, wanted: set[int]) -> Mapping[int, ItemVersion]:
        if missing := wanted - set(self._versions):
            if len(self._versions) > self.MOST:
                self._versions.clear()
                missing = wanted
            self._versions |= ItemVersion.objects.select_related("item").in_bulk(missing)
        return self._versions
