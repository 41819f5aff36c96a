"""Liquid, sandboxed: people's values in, texts and mails out.

Templates see only the variables given; no files, no includes, no attributes of Python objects. Loops, output and local
names are limited, so that a template can't run for ever. Values are escaped in HTML and left alone in subjects and
texts. Parsed templates are kept by their source, so a batch parses each once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, ResourceLimitError

from content.media.registry import media

MAX_OUTPUT = 1_000_000
MAX_SOURCE = 400_000


class RenderError(ValueError):
    """What is wrong, in words; `place`: "subject, line 3" or "". """

    def __init__(self, message: str, place: str = "", line: int | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message, self.place, self.line = message, place, line


@dataclass(frozen=True, slots=True)
class Rendered:
    """`data`: {"subject", "preheader", "html", "text"} for e-mail, {"body"} for SMS. `locale`: the variant used."""

    data: dict[str, Any]
    locale: str = field(default="")


class _Sandbox(Environment):
    loop_iteration_limit = 20_000
    local_namespace_limit = 200_000
    output_stream_limit = MAX_OUTPUT
    context_depth_limit = 30


def _environment(*, escape: bool) -> Environment:
    environment = _Sandbox(autoescape=escape)
    for tag in ("include", "render"):
        environment.tags.pop(tag, None)
    environment.filters["number"] = _number
    environment.filters["money"] = _money
    return environment


def _number(value: Any, *_rest: Any) -> str:
    """182000 as 182,000; what is no number stays as it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value if value is not None else "")
    return f"{int(number):,}" if number == int(number) else f"{number:,.2f}"


def _money(value: Any, currency: Any = "KRW", locale: Any = "") -> str:
    """₩182,000; 182,000원 for Korean readers."""
    amount = _number(value)
    if str(currency).upper() != "KRW":
        return f"{str(currency).upper()} {amount}"
    return f"{amount}원" if str(locale).startswith("ko") else f"₩{amount}"


_PLAIN = _environment(escape=False)
_HTML = _environment(escape=True)


@lru_cache(maxsize=2048)
def _parsed(source: str, escape: bool) -> BoundTemplate:
    return (_HTML if escape else _PLAIN).from_string(source)


def parse(source: str, *, escape: bool = False, place: str = "") -> BoundTemplate:
    """Raises RenderError with the line of a syntax error."""
    if len(source) > MAX_SOURCE:
        raise RenderError(_("The template is too long."), place)
    try:
        return _parsed(source, escape)
    except LiquidError as error:
        raise _told(error, place) from error
    except RecursionError as error:
        raise RenderError(_("The template is nested too deeply."), place) from error


def check_text(source: str) -> str | None:
    """What is wrong with a template, or None."""
    try:
        parse(source)
    except RenderError as error:
        return str(error)
    return None


def render_text(source: str, variables: Mapping[str, Any], *, escape: bool = False, place: str = "") -> str:
    """The text with the variables' values; RenderError for a broken or endless template."""
    if "{" not in source:
        return source
    template = parse(source, escape=escape, place=place)
    try:
        return template.render(_Plain(variables))
    except ResourceLimitError as error:
        raise RenderError(_("The template works too long or writes too much."), place) from error
    except LiquidError as error:
        raise _told(error, place) from error
    except (ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise RenderError(_("The template can't be filled in."), place) from error


class _Plain(dict[str, Any]):
    """A copy of the variables with nothing but plain JSON values: no objects whose attributes could be reached."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        super().__init__({str(key): _value(value) for key, value in variables.items()})


def _value(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool | datetime | date):
        return value
    if isinstance(value, Mapping):
        return {str(key): _value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_value(inner) for inner in value]
    return str(value)


def _told(error: LiquidError, place: str) -> RenderError:
    line = getattr(error, "linenum", None) or getattr(error, "lineno", None)
    context = getattr(error, "context", None)
    if line is None and callable(context):
        found = context()
        line = found[0] if found else None
    message = re.sub(r",? on line \d+", "", str(getattr(error, "message", None) or error)).strip()
    words = _("line %(line)s") % {"line": line} if line else ""
    return RenderError(message, ", ".join(part for part in (place, words) if part), line)


def choose(variants: Mapping[str, Any], locale: str, default: str) -> str:
    """The variant for a reader: her locale, its language, another of that language, the default, any."""
    wanted = (locale or "").replace("_", "-")
    for name in (wanted, wanted.split("-")[0]):
        if name and name in variants:
            return name
    language = wanted.split("-")[0]
    near = next((name for name in variants if language and name.split("-")[0] == language), None)
    return near or (default if default in variants else next(iter(variants), ""))


def render_message(version: Any, locale: str, variables: Mapping[str, Any]) -> Rendered:
    """A version of a content (`variants`, `default_locale`, `item.medium`) as this person gets it."""
    name = choose(version.variants, locale, version.default_locale)
    if not name:
        raise RenderError(_("This content has no language yet."))
    kind = media.get(version.item.medium)
    if kind is None:
        raise RenderError(_("This kind of message is unknown."))
    return Rendered(kind.render(version.variants[name], {**variables, "locale": name}), name)
