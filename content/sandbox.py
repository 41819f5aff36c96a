"""Liquid without doors and with a lid: what a template can't reach, and how much it may take.

Nothing of the outside is in reach: no include, render or layout, no files, no attributes of Python objects (Liquid only
indexes mappings and lists), no `safe`. Limits that no honest mail comes near: rounds of all loops together, characters
written, size of what is assigned, length of lists, depth of nesting, and a second of time. A template that passes one
ends with RenderError; nothing else ever leaves this module.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _
from liquid import Environment, Mode
from liquid.context import RenderContext
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LiquidSyntaxError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
)
from liquid.template import BoundTemplate

from content import filters, token_words

MOST_SOURCE = 500_000  # characters
MOST_OUTPUT = 1_000_000
MOST_ROUNDS = 10_000
MOST_TAG_RUNS = (
    1_000_000  # rounds times tags in the template: keeps a long template from using all its rounds
)
MOST_UNCLOSED = 10
SECONDS = 1.0


class RenderError(Exception):
    """A template that can't be rendered: a sentence for its author, the part ("subject", "body") and the line in it."""

    def __init__(self, message: str, place: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.place, self.line = message, place, line

    def __str__(self) -> str:
        at = f"{self.place}: " if self.place else ""
        return f"{at}{self.message}" + (f" ({self.line})" if self.line else "")

    def at(self, place: str) -> RenderError:
        return RenderError(self.message, place, self.line)


class TooLong(Exception):
    """The second is over."""


class Output(StringIO):
    """Counts characters; the library's own counts bytes, encoding everything a second time."""

    def __init__(self) -> None:
        super().__init__()
        self.left = MOST_OUTPUT

    def write(self, text: str) -> int:
        self.left -= len(text)
        if self.left < 0:
            raise OutputStreamLimitError("output", token=None)
        return super().write(text)


class Context(RenderContext):
    """One rendering: what is left of the rounds and of the time, and how numbers and dates read."""

    __slots__ = ("locale", "rounds", "until")

    def __init__(
        self, template: BoundTemplate, *, locale: str = "en", rounds: int = MOST_ROUNDS, **kwargs: Any
    ) -> None:
        super().__init__(template, **kwargs)
        self.locale = locale
        self.rounds = rounds
        self.until = time.monotonic() + SECONDS

    def raise_for_loop_limit(self, length: int = 1) -> None:
        # Asked at the door of every loop, inner ones each time anew: so this counts rounds really begun.
        self.rounds -= length
        if self.rounds < 0:
            raise LoopIterationLimitError("rounds", token=None)
        if time.monotonic() > self.until:
            raise TooLong

    def get_buffer(self, buf: Any = None) -> StringIO:
        found = Output()
        if isinstance(buf, Output):
            found.left = buf.left
        return found


class Template(BoundTemplate):
    context_class = Context
    rounds = MOST_ROUNDS
    source = ""

    def words(self, variables: Mapping[str, Any], locale: str) -> str:
        """The rendered text; raises what the library raises."""
        context = Context(self, globals=variables, locale=locale, rounds=self.rounds)
        buffer = Output()
        for node in self.nodes:
            node.render(context, buffer)
        return buffer.getvalue()


class Sandbox(Environment):
    template_class = Template
    context_depth_limit = 30
    block_nesting_limit = 50
    local_namespace_limit = 500_000
    string_first_and_last = True

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in ("include", "render", "liquid", "doc"):  # `liquid` holds tags that nothing could count
            self.tags.pop(tag, None)
        filters.register(self)


_marking_up = Sandbox(autoescape=True, tolerance=Mode.STRICT)
_plain = Sandbox(autoescape=False, tolerance=Mode.STRICT)


@lru_cache(maxsize=2000)
def parse(source: str, *, markup: bool = False) -> Template:
    """The template, kept by its text. `markup`: values are escaped for HTML."""
    if len(source) > MOST_SOURCE:
        raise RenderError(_("This text is too long: %(most)d characters at most.") % {"most": MOST_SOURCE})
    _refuse_unclosed(source)
    try:
        template = (_marking_up if markup else _plain).from_string(source)
        _refuse_unknown_filters(template, source)
    except Exception as error:
        raise explained(error, source) from error
    assert isinstance(template, Template)
    template.source = source
    tags = source.count("{%") + source.count("{{") + 1
    template.rounds = max(1, min(MOST_ROUNDS, MOST_TAG_RUNS // tags))
    return template


def _refuse_unclosed(source: str) -> None:
    """The library looks for the end of each opening anew, through all that follows: many without one take for ever."""
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        end = source.rfind(closing)
        if source.count(opening, end + 1) > MOST_UNCLOSED:
            text = _("Something is wrong with a token: %(words)s") % {"words": f"{opening} … {closing}"}
            raise RenderError(text, line=source.count("\n", 0, source.find(opening, end + 1)) + 1)
    for name in ("raw", "comment"):
        last = max((found.end() for found in re.finditer(rf"end{name}\b", source)), default=0)
        if len(re.findall(rf"\{{%[-\s]{{0,9}}{name}\b", source[last:])) > MOST_UNCLOSED:
            text = _("Something is wrong with a token: %(words)s") % {"words": f"{name} … end{name}"}
            raise RenderError(text, line=source.count("\n", 0, last) + 1)


def _refuse_unknown_filters(template: BoundTemplate, source: str) -> None:
    """The library itself finds them only when it gets there, which may be with one customer in a thousand."""
    for name, spans in template.analyze().filters.items():
        if name not in template.env.filters:
            text = _("There is no filter called %(name)s.") % {"name": name[:40]}
            raise RenderError(text, line=source.count("\n", 0, spans[0].index) + 1 if spans else None)


def run(template: Template, variables: Mapping[str, Any], locale: str, source: str = "") -> str:
    """Renders; every fault is a RenderError. `source`: the author's text when the template is made of it."""
    try:
        return template.words(variables, locale)
    except Exception as error:
        raise explained(error, source) from error


def explained(error: Exception, source: str = "") -> RenderError:
    """The library's error as a sentence with a line."""
    if isinstance(error, RenderError):
        return error
    line = _line(error, source) if isinstance(error, LiquidError) else None
    match error:
        case TooLong() | LoopIterationLimitError():
            text = _("This runs too long: its loops go round too often.")
        case OutputStreamLimitError() | LocalNamespaceLimitError() | filters.TooLarge():
            text = _("This grows too large.")
        case BlockNestingError() | ContextDepthError() | RecursionError():
            text = _("This is nested too deeply.")
        case LiquidSyntaxError():
            said = _short(error)
            text = token_words.explained(said) or _("Something is wrong with a token: %(words)s") % {
                "words": said
            }
        case LiquidError():
            text = _("A token can't be worked out: %(words)s") % {"words": _short(error)}
        case _:
            text = _("A token can't be worked out.")
    return RenderError(text, line=line)


def _short(error: LiquidError) -> str:
    return html.unescape(str(error.message))[:200]


def _line(error: LiquidError, source: str) -> int | None:
    token = error.token
    if token is None or token.start_index < 0:
        return None
    if not source or token.source == source:
        return token.source.count("\n", 0, token.start_index) + 1
    found = source.find(token.value)  # the mail as compiled has other lines than its author's
    return source.count("\n", 0, found) + 1 if found >= 0 and token.value.strip() else None
