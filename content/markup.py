"""From what an author wrote to a Liquid template of the finished mail: once for each version and language, never per
message. MJML and CSS are worked out with the tokens set aside, then the tokens come back; a message costs Liquid alone.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import css_inline
import html2text
import mjml
from django.utils.translation import gettext as _

from content.sandbox import RenderError

TOKEN = re.compile(
    r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL,
)
_PLACE = re.compile(r"gm(\d+)gm")
_COMMENT_PLACE = re.compile(r"<!--gm(\d+)gm-->")
# What a placeholder may stand in. Between two tags it becomes a comment: text there would be thrown out of tables.
_SPANS = re.compile(
    r"(?P<keep><!--.*?-->|<(style|script|title|textarea)\b[^>]*>.*?</\2\s*>|<[^<>]*>)|(?P<place>gm\d+gm)",
    re.DOTALL | re.IGNORECASE,
)
_MJ = re.compile(
    r"<!--.*?-->|<(?P<close>/?)(?P<name>mj[a-z-]*)\b(?P<rest>[^<>]*?)(?P<empty>/?)>|(?P<place>gm\d+gm)",
    re.DOTALL,
)
# Elements whose inside MJML passes on as it stands; anywhere else it drops text, so a token there travels in mj-raw.
_WORDS = {
    "mj-text",
    "mj-button",
    "mj-raw",
    "mj-table",
    "mj-title",
    "mj-preview",
    "mj-style",
    "mj-navbar-link",
    "mj-social-element",
    "mj-accordion-title",
    "mj-accordion-text",
}
KNOWN_MJ = _WORDS | {
    "mjml",
    "mj-head",
    "mj-body",
    "mj-section",
    "mj-column",
    "mj-group",
    "mj-wrapper",
    "mj-hero",
    "mj-image",
    "mj-divider",
    "mj-spacer",
    "mj-social",
    "mj-navbar",
    "mj-accordion",
    "mj-accordion-element",
    "mj-carousel",
    "mj-carousel-image",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-font",
    "mj-breakpoint",
    "mj-html-attributes",
    "mj-selector",
    "mj-html-attribute",
}
# An address whose beginning comes from a token: only the finished address tells whether it may be followed.
_ADDRESS = re.compile(
    r"""(\s(?:href|src|action|formaction|background|poster|xlink:href)\s*=\s*)(?:"(\s*\{[{%][^"]*(?:\}\}[^"]*|%\}[^"]*))"|'(\s*\{[{%][^']*)'|(\{\{[^}]*\}\}[^\s>]*))""",
    re.IGNORECASE,
)
_OURS = re.compile(r"\s*\{\{-?\s*(?:unsubscribe_url|view_url)\s*-?\}\}")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_HIDDEN = (
    '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px;opacity:0">'
    "{}{}</div>"
)
# Keeps the mail's first line out of the inbox's preview after a short preheader.
_FILL = "&#847;&zwnj;&nbsp;" * 30

_inliner = css_inline.CSSInliner(
    load_remote_stylesheets=False, keep_style_tags=True, keep_at_rules=True, extra_css=None
)


@dataclass(frozen=True)
class Fault:
    message: str
    line: int | None = None


class Tokens:
    """Sets Liquid tokens aside and brings them back."""

    def __init__(self, source: str) -> None:
        self.kept: list[str] = []
        # The author's own "gm1gm" must not be taken for a placeholder.
        self.text = TOKEN.sub(self._aside, source.replace("gm", "g\ue000m"))

    def _aside(self, found: re.Match[str]) -> str:
        self.kept.append(found[0].replace("\ue000", ""))
        return f"gm{len(self.kept) - 1}gm"

    def back(self, text: str) -> str:
        text = _COMMENT_PLACE.sub(self._token, text)
        return _PLACE.sub(self._token, text).replace("\ue000", "")

    def _token(self, found: re.Match[str]) -> str:
        return self.kept[int(found[1])]

    def line(self, index: int) -> int:
        """The author's line of a place in `text`: tokens may have been longer than one line."""
        return self.back(self.text[:index]).count("\n") + 1


def laid_out(source: str, form: str) -> str:
    """The mail as one Liquid template in HTML. `form`: mjml or html. RenderError names what can't be read."""
    tokens = Tokens(source)
    return tokens.back(from_mjml(tokens.text) if form == "mjml" else inlined(tokens.text))


def from_mjml(text: str) -> str:
    if "<mj-include" in text:
        raise RenderError(_("mj-include is not available here."), line=_line_of(text, "<mj-include"))
    try:
        made: str = mjml.mjml2html(_carry(text), fonts={})
    except ValueError as error:
        raise RenderError(
            _("This MJML can't be read: %(words)s") % {"words": _mjml_words(error)},
            line=_mjml_line(error, text),
        ) from error
    return made


def inlined(text: str) -> str:
    if "<style" not in text.lower():
        return (
            text
            if _BODY.search(text)
            else f'<!doctype html><html><head><meta charset="utf-8"></head><body>{text}</body></html>'
        )
    shielded = _SPANS.sub(lambda m: f"<!--{m[0]}-->" if m["place"] else m[0], text)
    try:
        return _inliner.inline(shielded)
    except (ValueError, css_inline.InlineError) as error:
        raise RenderError(
            _("The styles of this mail can't be read: %(words)s") % {"words": str(error)[:200]}
        ) from error


def with_preheader(text: str, preheader: str) -> str:
    if not preheader.strip():
        return text
    hidden = _HIDDEN.format(escaped(preheader), _FILL)
    body = _BODY.search(text)
    return text[: body.end()] + hidden + text[body.end() :] if body else hidden + text


def guard_addresses(text: str) -> str:
    """`href="{{ x }}"` becomes an address that is looked at once it is known (filter `link`)."""

    def guarded(found: re.Match[str]) -> str:
        value = found[2] or found[3] or found[4]
        if _OURS.match(value):
            return found[0]
        quote = "'" if found[3] else '"'
        caught = f"{{% capture gm_link %}}{value.strip()}{{% endcapture %}}{{{{ gm_link | link }}}}"
        return found[1] + quote + caught + quote

    return _ADDRESS.sub(guarded, text)


def plain_text(source_html: str) -> str:
    """The mail's text part, still a template, from the finished HTML before preheader and guards."""
    tokens = Tokens(source_html)
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    reader.ignore_emphasis = True
    reader.ignore_tables = True
    reader.protect_links = True
    text = reader.handle(
        re.sub(r"<(head|style|title)\b.*?</\1\s*>", "", tokens.text, flags=re.DOTALL | re.IGNORECASE)
    )
    text = re.sub(r"\[([^\]\[]*)\]\(<?([^()<>]*)>?\)", _link_in_words, text)
    text = re.sub(r"\\([-.+*#_()!])", r"\1", text)
    text = re.sub(r"^#+ ", "", text, flags=re.MULTILINE)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return tokens.back(re.sub(r"\n{3,}", "\n\n", text).strip()) + "\n"


def _link_in_words(found: re.Match[str]) -> str:
    words, address = found[1].strip(), found[2].strip()
    return address if words in {"", address} else f"{words}: {address}"


def escaped(source: str) -> str:
    """Words for HTML; tokens stay tokens."""
    tokens = Tokens(source)
    return tokens.back(html.escape(tokens.text))


def mjml_faults(source: str) -> list[Fault]:
    """Elements of MJML that don't exist, or don't close. The compiler itself lets them pass in silence."""
    tokens = Tokens(source)
    text = tokens.text
    faults: list[Fault] = []
    open_: list[tuple[str, int]] = []
    for found in _MJ.finditer(text):
        name = found["name"]
        if not name:
            continue
        line = tokens.line(found.start())
        if name not in KNOWN_MJ:
            faults.append(Fault(_("MJML has no element called %(name)s.") % {"name": name}, line))
        elif found["close"]:
            if not open_ or open_[-1][0] != name:
                wanted = open_[-1][0] if open_ else ""
                text_ = (
                    _("%(name)s is closed here, but %(wanted)s is open.")
                    if wanted
                    else _("%(name)s is closed, but was not opened.")
                )
                return [*faults, Fault(text_ % {"name": name, "wanted": wanted}, line)]
            open_.pop()
        elif not found["empty"]:
            open_.append((name, line))
    return [*faults, *(Fault(_("%(name)s is never closed.") % {"name": name}, line) for name, line in open_)]


def _carry(text: str) -> str:
    """Tokens between MJML's building blocks go through in mj-raw."""
    out, at, inside = [], 0, 0
    for found in _MJ.finditer(text):
        name = found["name"]
        if name in _WORDS and not found["empty"]:
            inside += -1 if found["close"] else 1
        elif found["place"] and inside <= 0 and not _within_tag(text, found.start()):
            out += [text[at : found.start()], f"<mj-raw><!--{found['place']}--></mj-raw>"]
            at = found.end()
    return "".join([*out, text[at:]])


def _within_tag(text: str, index: int) -> bool:
    return text.rfind("<", 0, index) > text.rfind(">", 0, index)


def _mjml_words(error: ValueError) -> str:
    return re.sub(r" in (root )?template at position \d+:\d+", "", str(error))[:200]


def _mjml_line(error: ValueError, text: str) -> int | None:
    found = re.search(r"position (\d+):\d+", str(error))
    return text.encode()[: int(found[1])].count(b"\n") + 1 if found and "raw" not in text else None


def _line_of(text: str, words: str) -> int:
    return text.count("\n", 0, text.find(words)) + 1
