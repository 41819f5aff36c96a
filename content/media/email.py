"""An e-mail: subject, preheader, and a body in MJML or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content import markup, sandbox
from content.email_checks import email_problems
from content.email_starters import STARTERS
from content.media.base import ContentMedium, Data, Field
from content.media.registry import media
from content.problems import Problem
from content.sandbox import RenderError, Template

_BLANK = re.compile(r"\n\s*\n\s*\n")


@dataclass(frozen=True)
class CompiledEmail:
    subject: Template
    preheader: Template
    html: Template
    text: Template
    source: str  # the author's body, for line numbers

    def render(self, variables: Mapping[str, Any], locale: str) -> dict[str, str]:
        return {
            "subject": " ".join(_part("subject", self.subject, variables, locale).split()),
            "preheader": _part("preheader", self.preheader, variables, locale).strip(),
            "html": _part("body", self.html, variables, locale, self.source),
            "text": _BLANK.sub("\n\n", _part("body", self.text, variables, locale, self.source)).strip()
            + "\n",
        }


def _part(place: str, template: Template, variables: Mapping[str, Any], locale: str, source: str = "") -> str:
    try:
        return sandbox.run(template, variables, locale, source)
    except RenderError as error:
        raise error.at(place) from error


def _parse(place: str, source: str, *, markup_too: bool = False) -> Template:
    try:
        template = sandbox.parse(source, markup=markup_too)
    except RenderError as error:
        raise error.at(place) from error
    return template


@media.register
class Email(ContentMedium):
    kind = "email"
    order = 10
    fields = (
        Field("subject", gettext_lazy("Subject"), most=998, required=True),
        Field(
            "preheader",
            gettext_lazy("Preview text"),
            gettext_lazy("Stands after the subject in the inbox"),
            most=998,
        ),
        Field("format", gettext_lazy("Written in"), choices=("mjml", "html"), default="mjml", template=False),
        Field("body", gettext_lazy("Source"), most=400_000, lines=20, required=True, code=True),
    )
    example = {
        "subject": "Hello {{ person.first_name | default: 'friend' }}",
        "preheader": "Good to see you",
        "format": "mjml",
        "body": "<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text>"
        '<mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>',
    }
    preview_template = "content/preview_email.html"
    editor_template = "content/edit_email.html"
    starters = STARTERS

    def compile(self, data: Data, locale: str) -> CompiledEmail:
        subject, preheader, body = (str(data.get(name, "")) for name in ("subject", "preheader", "body"))
        _parse("body", body)  # first as it was written, so that a fault has the author's own line
        parts = (_parse("subject", subject), _parse("preheader", preheader))
        try:
            made = markup.laid_out(body, str(data.get("format", "mjml"))) if body.strip() else ""
            made = made.replace('lang="und"', f'lang="{locale}"', 1)  # MJML's, when the author names none
            made_html = markup.guard_addresses(markup.with_preheader(made, preheader))
        except RenderError as error:
            raise error.at("body") from error
        text = markup.plain_text(made) if made else ""
        return CompiledEmail(*parts, _parse("body", made_html, markup_too=True), _parse("body", text), body)

    def problems(self, data: Data) -> Iterable[Problem]:
        return email_problems(data, _)
