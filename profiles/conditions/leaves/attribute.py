from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.conditions import comparing, comparison_row, phrases
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json


class Comparison(LeafKind):
    """A named value compared with one in the leaf."""

    keys = ("name", *comparison_row.KEYS)
    prompt: Any = gettext_lazy("which one")
    known_kind = ""  # of KnownName: what is suggested

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        name = leaf.get(self.key)
        if not isinstance(name, str) or not name.strip():
            yield f"/{self.key}", _("Choose what to look at.")
        elif len(name) > 200:
            yield f"/{self.key}", _("This name is too long.")
        yield from comparing.faults(leaf)

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return comparing.result(leaf, build, v)

    def moment(self, leaf: Json, build: Builder, v: str) -> str:
        return comparing.moment_of_change(leaf, build, v)

    def of_nobody(self, leaf: Json) -> bool | None:
        return comparing.of_nothing(leaf)

    def shown(self, v: str) -> str:
        return f"gm_brief({v})"

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return phrases.compared(str(leaf.get(self.key)), leaf)

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        return phrases.found_of(leaf.get(self.key), leaf, value, result)

    def empty(self) -> Json:
        return {self.key: "", "op": "is", "value": ""}

    def fields(self, leaf: Json) -> Fields:
        return {"name": str(leaf.get(self.key) or ""), **comparison_row.fields(leaf)}

    def read(self, found: Fields, known: Known) -> Json:
        name = found["name"].strip()
        return {self.key: name, **comparison_row.read(found, known.type(self.known_kind, name))}

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        names = blanks.known.names(self.known_kind) if self.known_kind else None
        name = blanks.text("name", found["name"], self.prompt, names=names, list_key=self.known_kind)
        return comparison_row.row(found, blanks, name, blanks.known.type(self.known_kind, found["name"]))


@register
class Attribute(Comparison):
    key, label, order = "attribute", gettext_lazy("whose"), 10
    prompt, known_kind = gettext_lazy("attribute"), "attribute"
    of_profile = True

    def value(self, leaf: Json, build: Builder) -> str:
        name = leaf["attribute"]
        if name == "external_id":
            return f"to_jsonb({build.profile('external_id')})"
        return comparing.at_path(build.profile("attributes"), name, build)

    def reads(self, leaf: Json, workspace_id: int) -> Iterable[tuple[str, str]]:
        name = leaf["attribute"]
        yield ("profile", "*") if name == "external_id" else ("attribute", comparing.path_of(name)[0])
