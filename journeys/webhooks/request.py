"""What a webhook sends: the step's settings as templates, filled in for one person.

In the address every value is escaped. A body that is JSON before it is filled in stays JSON whatever the values are:
a text that is nothing but one token becomes that very value. Any other body is filled in as text.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from django.utils.translation import gettext as _

from content.personalise import RenderError, render_text
from journeys.steps.values import value_of
from journeys.webhooks.vault import Vault

SECONDS = 1.0  # for all the templates of a request together
MOST_BODY = 256_000
MOST_URL = 8_000
OURS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "keep-alive",
        "expect",
    }
    | {"proxy-authorization", "idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature"}
)
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OUTPUT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_ESCAPED = re.compile(r"\|\s*(url_encode|uri_escape)\b[^|]*-?\}\}$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Spec(Protocol):
    """The settings of the step."""

    @property
    def method(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, Any]: ...
    @property
    def body(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]
    body: str | None

    @property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").lower()

    def dump(self) -> str:
        return json.dumps([self.method, self.url, self.headers, self.body])

    @classmethod
    def load(cls, text: str) -> "Request":
        return cls(*json.loads(text))


def fixed_host(url: str) -> str:
    """The host of an address template; "" where a token decides it, or it can't be read."""
    before = url.split("{", 1)[0]
    try:
        parts = urlsplit(before)
        host = parts.hostname or ""
    except ValueError:
        return ""
    ended = "{" not in url or "/" in before.partition("//")[2] or "?" in before
    return host.lower() if ended and parts.scheme in ("http", "https") else ""


def render(spec: Spec, variables: Mapping[str, Any], vault: Vault) -> Request:
    """Raises RenderError, which says in which part."""
    until = time.monotonic() + SECONDS
    known = {**variables, "secrets": vault}

    def fill(template: str, place: str, how: Any = render_text) -> Any:
        if time.monotonic() > until:
            raise RenderError(_("This runs too long: its loops go round too often."), place)
        try:
            return how(template, known) if "{" in template else template
        except RenderError as error:
            raise error.at(place) from error

    url = _url(spec.url, fill)
    headers = {name: _header(name, fill(str(value), name)) for name, value in spec.headers.items()}
    headers = {name: value for name, value in headers.items() if name.lower() not in OURS}
    body = _body(spec.body, fill)
    given = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if body is not None:
        if given is None:
            headers["Content-Type"] = "application/json"
        if given is None or "json" in given.lower():
            _check_json(body)
        if len(body) > MOST_BODY:
            raise RenderError(_("This grows too large."), "body")
    request = Request(spec.method, url, headers, body)
    if vault.missing():
        raise RenderError(_("There is no secret called %(name)s.") % {"name": vault.missing()[0][:40]})
    if wrong := vault.signing_only():
        text = _("The secret %(name)s names no host: it may sign calls, and nobody gets it.")
        raise RenderError(text % {"name": wrong[0]})
    if wrong := vault.not_for(request.host):
        raise RenderError(_("The secret %(name)s is for another host.") % {"name": wrong[0]})
    return request


def _url(template: str, fill: Any) -> str:
    if "{%" in template:
        url = fill(template, "url")
    else:
        parts, last = [], 0
        for match in _OUTPUT.finditer(template):
            parts.append(template[last : match.start()])
            value = fill(match[0], "url")
            # An address may begin with a token that is an address itself; and nothing is escaped twice.
            whole = match.start() == 0 or _ESCAPED.search(match[0])
            parts.append(value if whole else quote(value, safe="" if "?" in "".join(parts) else "@:"))
            last = match.end()
        url = "".join(parts) + template[last:]
    url = url.strip()
    if _CONTROL.search(url) or len(url) > MOST_URL:
        raise RenderError(_("This is no web address."), "url")
    try:
        split = urlsplit(url)
        host = (
            (split.hostname or "").encode("idna").decode()
            if split.hostname and ":" not in split.hostname
            else None
        )
        port = split.port
    except (ValueError, UnicodeError) as error:
        raise RenderError(_("This is no web address."), "url") from error
    if split.scheme not in ("http", "https") or not split.hostname:
        raise RenderError(_("This is no web address."), "url")
    where = f"[{split.hostname}]" if host is None else host
    if port:
        where += f":{port}"
    safe = "%/:=&?~#+!$,;'@()*[]"
    return urlunsplit(
        (split.scheme, where, quote(split.path, safe=safe) or "/", quote(split.query, safe=safe), "")
    )


def _header(name: str, value: str) -> str:
    value = value.strip()
    if not HEADER_NAME.fullmatch(name) or _CONTROL.search(value):
        raise RenderError(_("A header can’t hold this."), name[:40])
    return value


def template_of(body: Any) -> Any:
    """The JSON whose texts are templates, of a body that is JSON before it is filled in; else None."""
    if isinstance(body, dict | list):
        return body
    if isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict | list) else None
    return None


def texts(value: Any) -> list[str]:
    """Every template in a body."""
    found, rest = [], [template_of(value) if template_of(value) is not None else value]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            rest += one.values()
        elif isinstance(one, list):
            rest += one
        elif isinstance(one, str):
            found.append(one)
    return found


def _body(body: Any, fill: Any) -> str | None:
    if body is None or body == "":
        return None
    shape = template_of(body)
    if shape is None:
        return str(fill(body, "body")) if isinstance(body, str) else json.dumps(body)
    try:
        return msgspec.json.encode(_filled(shape, fill)).decode()
    except (RecursionError, UnicodeError) as error:
        raise RenderError(_("This is nested too deeply."), "body") from error


def _filled(value: Any, fill: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, fill) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, fill) for inner in value]
    return fill(value, "body", value_of) if isinstance(value, str) else value


def _check_json(body: str) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RenderError(_("The body is no JSON once it is filled in."), "body") from error
