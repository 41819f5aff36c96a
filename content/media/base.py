from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise


class MediumKind:
    """`fields`: the names a variant's data may have. `render` fills a variant in; it raises RenderError."""

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    example: ClassVar[dict[str, str]]

    def render(self, data: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError
