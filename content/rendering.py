"""What channels ask to turn a batch of messages into what goes out (see channels.rendering)."""

from collections.abc import Mapping, Sequence
from typing import Any

from channels import rendering
from channels.models import Message
from content.models import ItemVersion
from content.personalise import Rendered, RenderError, render_message
from workspaces.models import Workspace


class ContentRenderer:
    def render(
        self, messages: Sequence[Message], profiles: Mapping[int, dict[str, Any]]
    ) -> list[Rendered | Exception]:
        """Two queries a batch. A message whose content is gone gets a RenderError."""
        versions = ItemVersion.objects.select_related("item").in_bulk({m.content_version_id for m in messages})
        names = dict(Workspace.objects.filter(pk__in={m.workspace_id for m in messages}).values_list("pk", "name"))
        return [self._one(m, versions.get(m.content_version_id or 0), profiles, names) for m in messages]

    @staticmethod
    def _one(
        message: Message, version: ItemVersion | None, profiles: Mapping[int, dict[str, Any]], names: dict[int, str]
    ) -> Rendered | Exception:
        if version is None:
            return RenderError("The content is gone.")
        person = profiles.get(message.profile_id, {})
        variables = rendering.variables(message, person) | {"workspace": {"name": names.get(message.workspace_id, "")}}
        try:
            return render_message(version, message.locale, variables)
        except RenderError as error:
            return error
