"""Why a call, a row or a file was not taken, in the reader's language.

Callers are told in English, and so the reasons are kept. Here are their forms: a text that fits one is said anew, with
what stands in it, in the language that is active; any other stays as it is.
"""

import re
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

# %(reason)s is a reason again.
FORMS = (
    # Calls
    _("a call may have %(n)s kB"),
    _("a body may have %(n)s kB"),
    _("This may have %(n)s kB."),
    _("The body broke off."),
    _("The body is no gzip."),
    _("The gzip body broke off."),
    _("Content-Encoding may be gzip."),
    _("type must be one of %(names)s"),
    _("userId or anonymousId must say who"),
    _("groupId must name the group"),
    _("alias needs previousId and userId"),
    _("event must have a name"),
    _("traits must be an object"),
    _("JSON is nested too deeply"),
    _("JSON must be UTF-8"),
    _("JSON is malformed: %(why)s (byte %(n)s)"),
    _("Input data was truncated"),
    _("Expected %(expected)s, got %(found)s - at %(place)s"),
    _("Expected %(expected)s, got %(found)s"),
    _("Object missing required field %(name)s - at %(place)s"),
    _("Object missing required field %(name)s"),
    _("Number out of range - at %(place)s"),
    _("no JSON: %(reason)s"),
    _("%(field)s must look like 2026-01-31T09:30:00Z"),
    _("%(field)s lies outside of the calendar"),
    _("%(field)s is longer than %(n)s characters"),
    _("%(place)s: text may not hold NUL characters"),
    _("%(place)s is nested more than %(n)s levels deep"),
    _("%(place)s: a name is longer than %(n)s characters"),
    _("%(place)s: %(name)s is larger than a number may be"),
    _("names nobody: the person is unknown or erased"),
    _("names nobody: several people have this %(kind)s; name her by her user id"),
    _("names nobody: the columns that say who are empty"),
    _("names nobody: %(names)s are empty"),
    _("names nobody: %(names)s is empty"),
    _("names nobody"),
    _("this alias was taken back by hand"),
    _("the source is switched off"),
    _("the write key is an old one"),
    _("more than %(n)s attributes of this source: new ones are left out"),
    _("too many different events or properties of this source: stored, but not in the catalogue"),
    # Consents
    _('consents must look like {"email": {"offers": "granted"}}'),
    _("consents: %(name)s is no medium"),
    _("consents.%(medium)s must name topics"),
    _("consents.%(medium)s: %(topic)s is no topic"),
    _("consents.%(place)s must be granted or withdrawn"),
    _("%(name)s must look like consent.email.offers"),
    # Devices
    _("the token of an app is no web address"),
    _("token must be an https address"),
    _("token must be the device's token: %(low)s to %(high)s characters without spaces"),
    _("token: %(reason)s"),
    _("keys must hold p256dh and auth, as the browser's subscription has them"),
    _("keys belong to a subscription, whose token is a web address"),
    _("app may have %(n)s characters"),
    # Webhooks
    _("the signature is missing or wrong"),
    _("there is nothing in it that the mapping looks for"),
    _("one body may hold %(n)s calls"),
    _("the properties are no object"),
    _("the time is no time"),
    _("%(name)s is no text"),
    # Rows of files and queries
    _("the line is too long"),
    _("a quote is not closed"),
    _("holds a NUL character"),
    _("has %(n)s columns, the header has %(width)s"),
    _("not %(encoding)s"),
    _("a line must hold an object"),
    _("a row may have %(n)s kB"),
    _("text may not hold NUL characters"),
    _("a name or id is longer than %(n)s characters"),
    _("the id is longer than %(n)s characters"),
    _("%(value)s is neither yes nor no"),
    _("%(value)s is no date like 2026-01-31"),
    _("%(value)s is no time like %(form)s"),
    _("%(value)s is no number"),
    _("the time is empty"),
    _("the time lies in the future"),
    _("the time is before 1970"),
    _("timestamp lies in the future"),
    _("timestamp is before 1970"),
    # Whole files
    _("the first line is no UTF-8; save the file as CSV UTF-8"),
    _("the first line must name the columns"),
    _("the first line has a quote that is not closed"),
    _("the first line is too long"),
    _("these columns come twice: %(names)s"),
    _("column %(n)s has no name"),
    # Databases
    _("database: %(reason)s"),
    _("one statement only, without a semicolon"),
    _("the query has no column %(name)s"),
    _("no answer within %(n)s seconds"),
    _("an unforeseen fault; the log says more"),
    _("%(host)s is an address inside the network"),
)
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(form)), re.DOTALL)


_EXACT = {form for form in FORMS if "%(" not in form}
# Where several fit, the one with most words of its own tells most.
_PATTERNS = [
    (_pattern(form), form)
    for form in sorted(set(FORMS) - _EXACT, key=lambda form: -len(re.sub(r"%\(\w+\)s", "", form)))
]


def told(text: str) -> str:
    """The reason as the reader should have it."""
    return _told(get_language() or "en", text)[0]


def marked(text: str) -> SafeString | str:
    """The same for a page: what stayed English says so, for voices that read it aloud."""
    said, known = _told(get_language() or "en", text)
    return said if known or not said else format_html('<span lang="en">{}</span>', said)


def is_known(text: str) -> bool:
    return _told("en", text)[1]


@lru_cache(maxsize=4096)
def _told(language: str, text: str) -> tuple[str, bool]:
    """`language` is the active one: it only tells the answers apart that are kept."""
    if text in _EXACT:
        return gettext(text), True
    for pattern, form in _PATTERNS:
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            if "reason" in values:
                values["reason"] = _told(language, values["reason"])[0]
            return gettext(form) % values, True
    return text, False
