from collections.abc import Mapping
from typing import Any

from content.media.base import MediumKind
from content.media.registry import media


@media.register
class Sms(MediumKind):
    kind, label, icon = "sms", "SMS", "message-square"
    fields = ("body",)
    example = {"body": "Hi {{ person.first_name | default: 'friend' }}"}

    def render(self, data: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        from content.personalise import render_text

        return {"body": render_text(str(data.get("body") or ""), variables, place="body").strip()}
