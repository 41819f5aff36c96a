from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import css_inline
import html2text
import mjml
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.media.base import MediumKind
from content.media.registry import media

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


@media.register
class Email(MediumKind):
    kind, label, icon = "email", gettext_lazy("Email"), "mail"
    fields = ("subject", "preheader", "format", "body")
    example = {"subject": "Hello", "preheader": "", "format": "html", "body": "<p>Hi</p>"}

    def render(self, data: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        from content.personalise import render_text

        subject = render_text(str(data.get("subject") or ""), variables, place="subject")
        preheader = render_text(str(data.get("preheader") or ""), variables, place="preheader")
        source = compiled(str(data.get("format") or "html"), str(data.get("body") or ""))
        html = render_text(source, variables, escape=True, place="body")
        return {
            "subject": " ".join(subject.split()),
            "preheader": " ".join(preheader.split()),
            "html": with_preheader(html, preheader),
            "text": render_text(text_of(source), variables, place="body").strip() + "\n",
        }


@lru_cache(maxsize=512)
def compiled(format: str, body: str) -> str:  # noqa: A002 - the field's name
    """The HTML template of a body: MJML built once, styles inlined, tokens left as they stand."""
    from content.personalise import RenderError

    if format == "mjml":
        try:
            return str(mjml.mjml2html(body, fonts={}))
        except ValueError as error:
            raise RenderError(str(error), _("MJML")) from error
    if "<style" not in body.lower():
        return body
    try:
        return str(_INLINER.inline(body))
    except ValueError:
        return body


def with_preheader(html: str, preheader: str) -> str:
    """The line that in-boxes show beside the subject: hidden at the top of the body."""
    if not preheader.strip():
        return html
    hidden = f'<div style="display:none;max-height:0;overflow:hidden">{escape(preheader)}</div>'
    at = html.lower().find("<body")
    end = html.find(">", at) + 1 if at >= 0 else 0
    return html[:end] + hidden + html[end:]


@lru_cache(maxsize=512)
def text_of(html: str) -> str:
    """The text part as a template: links written out, tokens left as they stand."""
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    reader.ignore_tables = True
    return reader.handle(html)
