"""A content becomes the message of one person: Liquid in a sandbox, over parts that were worked out once.

    render_message(version, "ko-KR", variables) -> Rendered(data={"subject", "preheader", "html", "text"})   # e-mail
    render_message(version, "en", variables)    -> Rendered(data={"body"})                                   # SMS
    render_text("{{ person.first_name | default: 'friend' }}", variables) -> str

`version` is an ItemVersion, or a Draft for what nobody has saved. Variables: {"person": attributes and id, "entry",
"context", "workspace", "unsubscribe_url", "view_url"}. A missing value renders as nothing. RenderError says what is
wrong, in which part and line; nothing else is raised for whatever an author or a customer wrote.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from content import sandbox
from content.media.base import Compiled
from content.media.registry import media
from content.models import ItemVersion
from content.sandbox import RenderError
from content.variants import choose

__all__ = ["Draft", "RenderError", "Rendered", "check_text", "digest_of", "render_message", "render_text"]

KEPT = 500  # compiled languages in this process; a mail's is some 100 kB


@dataclass(frozen=True)
class Rendered:
    """What goes out: the parts of the medium, all text. `locale`: the language that was chosen."""

    data: Mapping[str, str]
    locale: str


@dataclass(frozen=True)
class Draft:
    """A content that is no version (yet): what the editor shows, what the API is asked to try."""

    medium: str
    default_locale: str
    variants: Mapping[str, Mapping[str, Any]]

    @cached_property
    def digest(self) -> str:
        return digest_of(self.variants, self.default_locale)


def digest_of(variants: Mapping[str, Any], default_locale: str) -> str:
    """What makes two states of a content the same."""
    text = json.dumps([default_locale, variants], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def render_message(version: ItemVersion | Draft, locale: str, variables: Mapping[str, Any]) -> Rendered:
    found = choose(version.variants, locale, version.default_locale)
    if found is None:
        raise RenderError(_("This content has no words in any language."))
    medium = version.medium if isinstance(version, Draft) else version.item.medium
    return Rendered(
        _compiled(medium, version.digest, found, version.variants[found]).render(variables, found), found
    )


def render_text(template: str, variables: Mapping[str, Any], locale: str = "en") -> str:
    """One text outside of a content: an attribute's new value, the body of a call. Nothing is escaped."""
    return sandbox.run(sandbox.parse(template), variables, locale)


def check_text(template: str) -> str | None:
    """What is wrong with such a text, or None."""
    try:
        sandbox.parse(template)
    except RenderError as error:
        return error.message
    return None


_cache: OrderedDict[tuple[str, ...], Compiled | RenderError] = OrderedDict()
_lock = threading.Lock()


def _compiled(medium: str, digest: str, locale: str, data: Mapping[str, Any]) -> Compiled:
    """Compiled once a digest and language; what can't be compiled is remembered too, so a batch fails at once."""
    key = (medium, digest, locale)
    refusal = (*key, get_language() or "")  # its sentence is in the reader's language
    with _lock:
        kept = key if key in _cache else refusal
        if found := _cache.get(kept):
            _cache.move_to_end(kept)
    if not found:
        kind = media.get(medium)
        if kind is None:
            raise RenderError(_("There is no medium called %(name)s.") % {"name": medium})
        try:
            kept, found = key, kind.compile(data, locale)
        except RenderError as error:
            kept, found = refusal, error
        with _lock:
            _cache[kept] = found
            while len(_cache) > KEPT:
                _cache.popitem(last=False)
    if isinstance(found, RenderError):
        raise RenderError(found.message, found.place, found.line)
    return found
