"""What the Liquid library says of a faulty token, in the reader's language. What is not known here stays as it is."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# In order; %(1)s and so on are the groups of the pattern.
_SAID: list[tuple[str, str | Promise]] = [
    (r"expected '\}\}', found .*", _("A “{{” isn’t closed: “}}” is missing.")),
    (r"missing tag name or closing delimiter", _("A “{%” isn’t closed: “%}” is missing.")),
    (
        r"expected tag end(\w+), found .*|(\w+) tag was never closed",
        _("“{%% %(1)s %%}” isn’t closed: “{%% end%(1)s %%}” is missing."),
    ),
    (
        r"unexpected tag 'end(\w+)'",
        _("“{%% end%(1)s %%}” closes nothing: “{%% %(1)s %%}” is missing before it."),
    ),
    (
        r"unexpected tag '(else|elsif|when)'",
        _("“{%% %(1)s %%}” stands outside of the tag that it belongs to."),
    ),
    (r"unexpected tag '(.+)'", _("There is no tag “{%% %(1)s %%}”.")),
    (
        r"found an 'else' tag expression, did you mean 'elsif'\?",
        _("After “else” no condition may follow: write “elsif”."),
    ),
    (
        r"missing expression|expected a primitive expression, found end of expression|unexpected expression",
        _("A value is missing in a token: write what it should show or compare."),
    ),
    (r"expected word, found end of expression", _("After “|” the name of a filter is missing.")),
    (
        r"missing or unexpected path segment|expected a dot or bracket notation, .*",
        _("After “.” or “[” a name is missing."),
    ),
    (r"expected end of expression, found '='", _("Write “==” to compare two values.")),
    (
        r"expected end of expression, found .*",
        _("A token has a word too many: names with spaces can’t be used."),
    ),
    (r"expected in, found .*", _("A loop reads “{% for item in list %}”.")),
    (r"expected '=', found .*", _("“assign” reads “{% assign name = value %}”.")),
    (
        r"unexpected ['\"](.+)['\"]",
        _("“%(1)s” can’t stand here: a quotation mark or a bracket may not be closed."),
    ),
    (r"unbalanced parentheses", _("A bracket isn’t closed.")),
]
_PATTERNS = [(re.compile(pattern, re.DOTALL), text) for pattern, text in _SAID]


def explained(said: str) -> str | None:
    """The sentence for what the library said; None for what is not known."""
    for pattern, text in _PATTERNS:
        if found := pattern.fullmatch(said):
            groups = [group for group in found.groups() if group is not None]
            if not found.re.groups:
                return str(text)
            return str(text) % {str(place): group[:40] for place, group in enumerate(groups, 1)}
    return None
