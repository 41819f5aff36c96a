"""The base of a medium's content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise

from channels.media import Medium
from content.problems import Problem
from content.starter import Starter

Data = Mapping[str, Any]


class Compiled(Protocol):
    """One language of a version, ready to be filled: parsed once, rendered for every message."""

    def render(self, variables: Mapping[str, Any], locale: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Field:
    """One value of a variant. `choices`: what it may be; `most`: characters; `lines`: the height of its input;
    `advice`: the length up to which it is shown in full. With `parts` it is a list of at most `rows` objects of these
    fields, such as buttons; a place in it is called `actions.0.label`."""

    name: str
    label: str | Promise
    help: str | Promise = ""
    most: int = 500_000
    lines: int = 1
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    template: bool = True  # may hold tokens
    code: bool = False  # source, in a fixed-width face
    advice: int = 0
    parts: tuple[Field, ...] = ()
    rows: int = 0
    row_label: str | Promise = ""  # one of them: "Button"
    address: str = ""  # "page" or "picture": what cannot be the address of one is a problem

    @property
    def grid(self) -> list[list[tuple[str, Field]]]:
        """The places of a list, row by row."""
        return [[(f"{self.name}.{row}.{part.name}", part) for part in self.parts] for row in range(self.rows)]


class ContentMedium:
    """One instance a kind, registered. `example`: a valid variant, for docs and contract tests."""

    kind: str
    order = 100
    fields: tuple[Field, ...]
    example: Mapping[str, Any]
    preview_template: str  # the preview's page, in a frame of its own
    editor_template: str = "content/edit_fields.html"  # what stands above the preview
    # Written in a form of short inputs beside the preview, which has the width of a phone.
    is_form: bool = False
    starters: tuple[Starter, ...] = ()

    @property
    def medium(self) -> Medium:
        return Medium(self.kind)

    @property
    def label(self) -> str | Promise:
        return self.medium.label

    @property
    def icon(self) -> str:
        return self.medium.icon

    def cleaned(self, data: Data) -> dict[str, Any]:
        """Texts and lists of texts only, every field present, line ends as \\n. ValidationError by place."""
        from content.variants import clean

        return clean(self.fields, data)

    def compile(self, data: Data, locale: str) -> Compiled:
        """RenderError names the field and the line."""
        raise NotImplementedError

    def problems(self, data: Data) -> Iterable[Problem]:
        """What is wrong with a variant beyond what check.py finds in every template."""
        return ()

    def labels(self) -> dict[str, str]:
        """What the places of a variant are called."""
        found = {field.name: str(field.label) for field in self.fields}
        for field in self.fields:
            for number, row in enumerate(field.grid, start=1):
                found |= {place: f"{field.row_label} {number}, {part.label}" for place, part in row}
        return found

    def starter(self, key: str) -> Starter | None:
        return next((starter for starter in self.starters if starter.key == key), None)
