"""A variant's values: cleaned, and the language that a person gets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from content.media.base import Field

LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


def clean(fields: Sequence[Field], data: Mapping[str, Any]) -> dict[str, Any]:
    """Every field as text, or as a list of rows of texts. ValidationError by the name of the place: `subject`,
    `actions.0.url`."""
    errors: dict[str, Any] = {}
    found: dict[str, Any] = {}
    known = {field.name for field in fields}
    for name in data:
        if name not in known:
            errors[str(name)] = _("There is no field of this name.")
    for field in fields:
        if field.parts:
            try:
                found[field.name] = _rows(field, data.get(field.name) or [])
            except ValidationError as error:
                errors |= error.message_dict
            continue
        value = data.get(field.name, field.default)
        if not isinstance(value, str):
            errors[field.name] = _("This must be a text.")
            continue
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            errors[field.name] = _("This holds characters that can't be stored.")
        elif len(value) > field.most:
            errors[field.name] = _("This is too long: %(most)d characters at most.") % {"most": field.most}
        elif field.choices and value not in field.choices:
            errors[field.name] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(field.choices)}
        elif field.lines == 1 and "\n" in value:
            errors[field.name] = _("This must be one line.")
        found[field.name] = value
    if errors:
        raise ValidationError(errors)
    return found


def _rows(field: Field, rows: Any) -> list[dict[str, str]]:
    """Empty rows at the end are left out. ValidationError by place."""
    if not isinstance(rows, list):
        raise ValidationError({field.name: _("This must be a list.")})
    if len(rows) > field.rows:
        raise ValidationError({field.name: _("At most %(most)d here.") % {"most": field.rows}})
    found: list[dict[str, str]] = []
    errors: dict[str, Any] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            errors[f"{field.name}.{number}"] = _("This must be an object of texts.")
            continue
        try:
            found.append(clean(field.parts, row))
        except ValidationError as error:
            errors |= {f"{field.name}.{number}.{name}": words for name, words in error.message_dict.items()}
    if errors:
        raise ValidationError(errors)
    while found and not any(text.strip() for text in found[-1].values()):
        found.pop()
    return found


def clean_locale(value: Any) -> str:
    """en, ko, pt-BR. ValidationError for anything else."""
    text = str(value).strip().replace("_", "-")
    language, *rest = text.split("-")
    text = "-".join([language.lower(), *rest])
    if not LOCALE.fullmatch(text) or len(text) > 16:
        raise ValidationError(_("“%(value)s” is no language.") % {"value": str(value)[:40]})
    return text


def choose(locales: Sequence[str] | Mapping[str, Any], wanted: str, default: str) -> str | None:
    """The language of the content for a person: her own, its base (ko for ko-KR), another region of it, the default,
    else the first there is."""
    if wanted in locales:
        return wanted
    spelled = {name.lower().replace("_", "-"): name for name in locales}
    tag = (wanted or "").lower().replace("_", "-")
    base = tag.split("-")[0]
    for candidate in (tag, base):
        if candidate in spelled:
            return spelled[candidate]
    for tag, name in spelled.items():
        if base and tag.split("-")[0] == base:
            return name
    return default if default in locales else next(iter(locales), None)
