"""What the short messages (push, in-app, social) have in common: a few texts, a picture, buttons, each with tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from content import addresses, sandbox
from content.media.base import Data, Field
from content.sandbox import RenderError, Template

TITLE = Field("title", gettext_lazy("Title"), most=200, advice=40)
IMAGE = Field(
    "image",
    gettext_lazy("Picture"),
    most=2000,
    address="picture",
)
LABEL = Field("label", gettext_lazy("Words"), most=100, required=True, advice=20)
URL = Field(
    "url",
    pgettext_lazy("button", "Leads to"),
    gettext_lazy("Empty: the button is only an answer."),
    most=2000,
    address="page",
)


def buttons(rows: int) -> Field:
    return Field(
        "actions", gettext_lazy("Buttons"), parts=(LABEL, URL), rows=rows, row_label=gettext_lazy("Button")
    )


@dataclass(frozen=True)
class _Part:
    """One text, parsed. `place` as problems call it."""

    place: str
    field: Field
    template: Template

    def render(self, variables: Mapping[str, Any], locale: str) -> str:
        try:
            text = sandbox.run(self.template, variables, locale).strip()
        except RenderError as error:
            raise error.at(self.place) from error
        if self.field.lines == 1:
            text = " ".join(text.split())
        # A token may have brought anything: what is no address is left out, the message goes.
        if self.field.address == "page" and not addresses.is_page(text):
            return ""
        if self.field.address == "picture" and not addresses.is_picture(text):
            return ""
        return text


@dataclass(frozen=True)
class CompiledShort:
    texts: Sequence[tuple[str, _Part]]
    lists: Sequence[tuple[str, Sequence[Mapping[str, _Part]]]]

    def render(self, variables: Mapping[str, Any], locale: str) -> dict[str, Any]:
        """The fields of the medium. A row whose first text is empty is left out: a button without words is none."""
        found: dict[str, Any] = {name: part.render(variables, locale) for name, part in self.texts}
        for name, rows in self.lists:
            made = [{key: part.render(variables, locale) for key, part in row.items()} for row in rows]
            found[name] = [row for row in made if next(iter(row.values()))]
        return found


def compile_short(fields: Sequence[Field], data: Data) -> CompiledShort:
    """RenderError names the place."""
    texts = [
        (field.name, _parse(field.name, field, data.get(field.name))) for field in fields if not field.parts
    ]
    lists = [
        (
            field.name,
            [
                {
                    part.name: _parse(f"{field.name}.{number}.{part.name}", part, row.get(part.name))
                    for part in field.parts
                }
                for number, row in enumerate(data.get(field.name) or [])
            ],
        )
        for field in fields
        if field.parts
    ]
    return CompiledShort(texts, lists)


def _parse(place: str, field: Field, source: Any) -> _Part:
    try:
        return _Part(place, field, sandbox.parse(str(source or "")))
    except RenderError as error:
        raise error.at(place) from error
