"""What is wrong with one language of an e-mail beyond its tokens: structure, addresses, pictures, the way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from content import markup
from content.filters import safe_link
from content.problems import Problem
from content.sandbox import RenderError

_TAG = re.compile(r"<!--.*?-->|<(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^<>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_ADDRESSES = {"href", "src", "action", "formaction", "background", "background-url", "poster"}
_ACTIVE = {"script", "iframe", "object", "embed", "form"}
LONG_SUBJECT = 150


def email_problems(data: Mapping[str, Any], _: Callable[[str], str]) -> Iterator[Problem]:
    subject, body, form = (str(data.get(name, "")) for name in ("subject", "body", "format"))
    if len(subject) > LONG_SUBJECT:
        yield Problem("warning", "long_subject", _("Most inboxes cut a subject as long as this."), "subject")
    if not body.strip():
        return
    if form == "mjml":
        for fault in markup.mjml_faults(body):
            yield Problem("error", "mjml", fault.message, "body", fault.line)
    try:
        markup.laid_out(body, form)
    except RenderError as error:
        yield Problem("error", "unreadable", error.message, "body", error.line)
    tokens = markup.Tokens(body)
    for found in _TAG.finditer(tokens.text):
        name = (found["name"] or "").lower()
        if not name:
            continue
        line = tokens.line(found.start())
        if name in _ACTIVE:
            text = _("No inbox shows <%(name)s>; some refuse the mail for it.") % {"name": name}
            yield Problem("warning", "active", text, "body", line)
        attributes = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(found["rest"])}
        for key in sorted(_ADDRESSES & attributes.keys()):
            value = tokens.back(attributes[key]).strip()
            if not value.startswith("{") and not safe_link(value):
                text = _("This address can't be opened from a mail: %(address)s") % {"address": value[:60]}
                yield Problem("error", "unsafe_link", text, "body", line)
        if name in {"img", "mj-image"} and "alt" not in attributes:
            text = _("This picture has no words for people who don't see it (alt).")
            yield Problem("warning", "no_alt", text, "body", line)
    if "unsubscribe_url" not in body:
        yield Problem(
            "warning",
            "no_unsubscribe",
            _(
                "There is no way to unsubscribe. Add a link to {{ unsubscribe_url }}; mails of advertising need one."
            ),
            "body",
        )
