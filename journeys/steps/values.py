"""Values that a marketer writes as they are or as a template over the person, the entry and the context."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from content.personalise import check_text, render_text
from journeys.steps.outcomes import Json

# A template that is nothing but one token keeps the value's type: a number stays a number.
_TOKEN = re.compile(r"\s*\{\{-?\s*(entry|context|person)((?:\.\w+)+)\s*-?\}\}\s*")


def value_of(value: Any, variables: Json) -> Any:
    """What a value says for one person; raises RenderError."""
    if not isinstance(value, str) or "{" not in value:
        return value
    if token := _TOKEN.fullmatch(value):
        found: Any = variables[token.group(1)]
        for part in token.group(2)[1:].split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found
    return render_text(value, variables)


def filled(values: Mapping[str, Any], variables: Json) -> Json:
    """An object whose values, also those deeper inside, are filled in; raises RenderError."""
    return {name: _deep(value, variables) for name, value in values.items()}


def _deep(value: Any, variables: Json) -> Any:
    if isinstance(value, dict):
        return filled(value, variables)
    if isinstance(value, list):
        return [_deep(part, variables) for part in value]
    return value_of(value, variables)


def is_fixed(value: Any) -> bool:
    """Whether it says the same for everybody."""
    if isinstance(value, dict):
        return all(is_fixed(part) for part in value.values())
    if isinstance(value, list):
        return all(is_fixed(part) for part in value)
    return not isinstance(value, str) or "{" not in value


def template_faults(value: Any, place: str) -> Iterable[tuple[str, str]]:
    """(place, what is wrong) of every template in a value that can't be read."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from template_faults(part, f"{place}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from template_faults(part, f"{place}/{index}")
    elif isinstance(value, str) and "{" in value and (fault := check_text(value)):
        yield place, fault
