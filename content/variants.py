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


def clean(fields: Sequence[Field], data: Mapping[str, Any]) -> dict[str, str]:
    """Every field as text. ValidationError by field name."""
    errors: dict[str, str] = {}
    found: dict[str, str] = {}
    known = {field.name for field in fields}
    for name in data:
        if name not in known:
            errors[str(name)] = _("There is no field of this name.")
    for field in fields:
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
