"""What stands between a content and its customers: a list of problems, each with language, field and line.

Syntax and limits, tokens without a fallback, attributes that nobody has, missing languages, empty fields, and what the
medium itself knows (content/media): structure, addresses, pictures, the way out, length.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.context import RenderContext

from content import addresses, sandbox
from content.media.base import ContentMedium, Field
from content.media.registry import media
from content.problems import Problem
from content.sandbox import RenderError, Template
from content.variants import choose, clean_locale
from profiles.data_classes import SENSITIVE, class_of
from profiles.models import KnownName
from workspaces.models import Workspace

ROOTS = frozenset({"person", "entry", "context", "workspace", "unsubscribe_url", "view_url"})
ALWAYS_KNOWN = frozenset(
    {
        "id",
        "email",
        "phone",
        "first_name",
        "last_name",
        "name",
        "birthday",
        "locale",
        "time_zone",
        "country",
        "city",
    }
)
NEEDS_FALLBACK = frozenset({"person", "entry", "context"})


@dataclass(frozen=True)
class Known:
    """Names as really seen in the workspace. `attributes` None: not looked at. `classes`: of personal data, where
    people have set one."""

    attributes: Collection[str] | None = None
    languages: Collection[str] = ()
    classes: Mapping[str, str] = dataclasses.field(default_factory=dict)


def known_of(workspace: Workspace) -> Known:
    """One query."""
    names = KnownName.objects.filter(workspace=workspace, kind="attribute")
    seen = dict(names.values_list("name", "data_class"))
    classes = {name: chosen for name, chosen in seen.items() if chosen}
    return Known({*seen, *ALWAYS_KNOWN}, (workspace.default_locale,), classes)


def problems(
    medium: str, default_locale: str, variants: Mapping[str, Mapping[str, Any]], known: Known | None = None
) -> list[Problem]:
    """Errors first, then in the order of the languages and fields."""
    kind = media.get(medium)
    if kind is None:
        return [
            Problem("error", "unknown_medium", _("There is no medium called %(name)s.") % {"name": medium})
        ]
    known = known or Known()
    found = list(_languages(default_locale, variants, known))
    for locale, data in variants.items():
        found += [problem.within(locale) for problem in _of_variant(kind, data, known)]
    order = {"error": 0, "warning": 1}
    return sorted(dict.fromkeys(found), key=lambda problem: order[problem.severity])


def _languages(default_locale: str, variants: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    if default_locale not in variants:
        text = _("The default language has no words.")
        yield Problem("error", "no_default", text, locale=default_locale)
    for locale in known.languages:
        base = clean_locale(locale).split("-")[0]
        chosen = choose(variants, locale, default_locale)
        if chosen is None or chosen.split("-")[0] != base:
            text = _("There are no words in the workspace's own language; people get the default one.")
            yield Problem("warning", "missing_language", text, locale=locale)


def _of_variant(kind: ContentMedium, data: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    for name, field, value in _places(kind.fields, data):
        if field.required and not value.strip():
            text = _("%(field)s is empty.") % {"field": field.label}
            yield Problem("error", "empty", text, name)
        if field.template:
            yield from _of_template(name, value, known)
        if field.address:
            yield from _of_address(name, field, value)
    yield from kind.problems(data)


def _places(fields: Iterable[Field], data: Mapping[str, Any]) -> Iterator[tuple[str, Field, str]]:
    """Every text with its name; the rows of a list that are not empty as a whole."""
    for field in fields:
        if not field.parts:
            yield field.name, field, str(data.get(field.name, ""))
            continue
        for number, row in enumerate(data.get(field.name) or []):
            if any(str(text).strip() for text in row.values()):
                for part in field.parts:
                    yield f"{field.name}.{number}.{part.name}", part, str(row.get(part.name, ""))


def _of_address(name: str, field: Field, value: str) -> Iterator[Problem]:
    text = value.strip()
    if not text or "{{" in text or "{%" in text:
        return  # known when it is filled in
    if not (addresses.is_page(text) if field.address == "page" else addresses.is_picture(text)):
        yield Problem("error", "bad_address", _("This is no web address. It begins with https://."), name)
    elif text.lower().startswith("http://"):
        words = _("Use https://: phones and web sites refuse the rest.")
        yield Problem("warning", "insecure_address", words, name)


def _of_template(name: str, source: str, known: Known) -> Iterator[Problem]:
    try:
        template = sandbox.parse(source)
        sandbox.run(template, {}, "en", source)  # endless loops and the like show without any person
    except RenderError as error:
        yield Problem("error", "template", error.message, name, error.line)
        return
    yield from _unknown_names(name, template, known)
    for path, line in _without_fallback(template):
        text = _("%(token)s has no fallback: people without it see a gap.") % {"token": path}
        yield Problem("warning", "no_fallback", text, name, line)


def _unknown_names(name: str, template: Template, known: Known) -> Iterator[Problem]:
    found = template.analyze()
    for root, uses in found.globals.items():
        line = _line(template, uses[0].span.index)
        if root not in ROOTS:
            text = _(
                "Nothing is called %(name)s here. Tokens begin with person, entry, context or workspace."
            )
            yield Problem("warning", "unknown_root", text % {"name": root}, name, line)
        elif root == "person" and known.attributes is not None:
            for use in uses:
                second = use.segments[1] if len(use.segments) > 1 else None
                if isinstance(second, str) and second not in known.attributes:
                    text = _("Nobody has the attribute %(name)s so far.") % {"name": second}
                    yield Problem("warning", "unknown_attribute", text, name, _line(template, use.span.index))
                if isinstance(second, str) and class_of(second, known.classes) == SENSITIVE:
                    text = _(
                        "“%(name)s” is sensitive: it would stand in the message for everybody who sees it."
                    )
                    yield Problem(
                        "warning", "sensitive", text % {"name": second}, name, _line(template, use.span.index)
                    )


def tokens_without_fallback(source: str) -> list[str]:
    """The tokens of a text that leave a gap where their value is missing; none of a text that can't be read."""
    try:
        return [path for path, _line in _without_fallback(sandbox.parse(source))] if "{{" in source else []
    except RenderError:
        return []


def _without_fallback(template: Template) -> Iterator[tuple[str, int | None]]:
    """Tokens that show a person's value and nothing in its place; inside an `if` the author has thought of it."""
    for node in template.nodes:
        yield from _outputs(node, template, guarded=False)


def _outputs(node: Node, template: Template, *, guarded: bool) -> Iterator[tuple[str, int | None]]:
    if isinstance(node, OutputNode) and not guarded:
        expression = node.expression
        path = expression.left if isinstance(expression, FilteredExpression) else expression
        names = (
            {found.name for found in expression.filters or ()}
            if isinstance(expression, FilteredExpression)
            else set()
        )
        if "default" not in names and isinstance(path, Path) and _may_be_missing(path):
            yield str(path), _line(template, node.token.start_index)
    inside = guarded or re.match(r"(?:if|unless|case|for|tablerow)\b", node.token.value or "") is not None
    for child in node.children(RenderContext(template), include_partials=False):
        yield from _outputs(child, template, guarded=inside)


def _may_be_missing(path: Path) -> bool:
    return path.path[0] in NEEDS_FALLBACK and list(path.path) != ["person", "id"]


def _line(template: Template, index: int) -> int | None:
    return template.source.count("\n", 0, index) + 1 if index >= 0 else None
