from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from profiles.conditions import comparing, phrases
from profiles.conditions.base import Builder, LeafKind
from profiles.conditions.registry import register
from profiles.conditions.tree import Json


class Comparison(LeafKind):
    """A named value compared with one in the leaf."""

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        name = leaf.get(self.key)
        if not isinstance(name, str) or not name.strip():
            yield f"/{self.key}", _("Choose what to look at.")
        elif len(name) > 200:
            yield f"/{self.key}", _("This name is too long.")
        yield from comparing.faults(leaf)

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return comparing.result(leaf, build, v)

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return phrases.compared(str(leaf.get(self.key)), leaf)


@register
class Attribute(Comparison):
    key = "attribute"

    def value(self, leaf: Json, build: Builder) -> str:
        name = leaf["attribute"]
        if name == "external_id":
            return "to_jsonb(p.external_id)"
        return f"p.attributes #> {build.param(comparing.path_of(name), 'text[]')}"
