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

    def render(self, variables: Mapping[str, Any], locale: str) -> dict[str, str]: ...


@dataclass(frozen=True)
class Field:
    """One value of a variant. `choices`: what it may be; `most`: characters; `lines`: the height of its input."""

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


class ContentMedium:
    """One instance a kind, registered. `example`: a valid variant, for docs and contract tests."""

    kind: str
    order = 100
    fields: tuple[Field, ...]
    example: Mapping[str, str]
    preview_template: str  # the preview's page, in a frame of its own
    editor_template: str  # the inputs
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

    def cleaned(self, data: Data) -> dict[str, str]:
        """Texts only, every field present, line ends as \\n. ValueError of the field's name and a sentence."""
        from content.variants import clean

        return clean(self.fields, data)

    def compile(self, data: Data, locale: str) -> Compiled:
        """RenderError names the field and the line."""
        raise NotImplementedError

    def problems(self, data: Data) -> Iterable[Problem]:
        """What is wrong with a variant beyond what check.py finds in every template."""
        return ()

    def starter(self, key: str) -> Starter | None:
        return next((starter for starter in self.starters if starter.key == key), None)
