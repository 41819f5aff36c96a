import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document import settings as codec
from journeys.document.settings import Fault, SettingsError, Value, setting
from journeys.document.shape import Step
from journeys.document.words import gettext_noop
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField
from journeys.steps.base import Context, Group, Outlet, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Json, Outcome, Outcomes, Stay, Wait
from journeys.steps.registry import steps
from journeys.steps.values import template_faults
from journeys.webhooks import vault, words
from journeys.webhooks.request import HEADER_NAME, OURS, fixed_host, template_of
from lib.durations import Duration
from lib.http import Refused, check_literal

METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
MOST_SECONDS = 30
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_SECRET = re.compile(r"\bsecrets\.([A-Za-z0-9_-]+)")
_TELLING = frozenset({"authorization", "x-api-key", "api-key", "x-auth-token", "cookie"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Texts are templates over person, entry, context and secrets. `secret` signs the call (Standard Webhooks).

    `save_as`: where the answer, which must be JSON then, stands in the context."""

    url: str = setting(length=4000)
    method: Literal["POST", "GET", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, Any] = setting({})
    body: Value | None = setting(None)
    secret: str | None = setting(None, length=40)
    timeout: Duration = setting(Duration(seconds=10))
    retries: int = setting(4, minimum=0, maximum=6)
    save_as: str | None = setting(None, length=50)

    def __post_init__(self) -> None:
        faults = []
        if not 1 <= self.timeout.length.total_seconds() <= MOST_SECONDS:
            faults.append(
                Fault("/timeout", gettext_noop("From 1 to %(most)s seconds."), {"most": MOST_SECONDS})
            )
        if self.save_as and not _NAME.fullmatch(self.save_as):
            faults.append(Fault("/save_as", gettext_noop("Letters, digits and _ only, a letter first."), {}))
        if faults:
            raise SettingsError(faults)

    @property
    def seconds(self) -> float:
        return self.timeout.length.total_seconds()


class WebhookForm(NodeForm):
    method = forms.ChoiceField(label=_("Method"), choices=[(name, name) for name in METHODS])
    url = forms.CharField(
        label=_("Address"),
        max_length=4000,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "https://hooks.example.com/orders", "inputmode": "url"}),
    )
    body = forms.CharField(
        label=_("Body"),
        required=False,
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "font-mono text-xs", "spellcheck": "false"}),
        help_text=_(
            "JSON, with tokens such as {{ person.first_name }} or {{ entry.order_id }} as texts in it."
        ),
    )
    headers = RowsField(
        {
            "name": forms.CharField(label=_("Header"), max_length=100),
            "value": forms.CharField(label=_("Value"), required=False, max_length=2000),
        },
        label=_("Headers"),
        add_label=_("Add a header"),
        help_text=_("A key goes in as {{ secrets.name }}, never in the clear."),
    )
    secret = forms.ChoiceField(label=_("Signed with"), required=False)
    save_as = forms.CharField(
        label=_("Keep the answer as"),
        required=False,
        max_length=50,
        help_text=_("Later steps read it as {{ context.name.… }}. It must be JSON, up to 64 kB."),
    )
    timeout = forms.IntegerField(
        label=_("Wait for the answer (seconds)"), required=False, min_value=1, max_value=MOST_SECONDS
    )
    retries = forms.IntegerField(
        label=_("Further tries"),
        required=False,
        min_value=0,
        max_value=6,
        help_text=_("After 10 seconds, 1 minute, 5 minutes, 30 minutes, then every 2 hours."),
    )

    sections = (
        (_("What is sent"), ["method", "url", "body"]),
        (_("How it proves who it is"), ["secret", "headers"]),
        (_("The answer"), ["save_as", "timeout", "retries"]),
    )

    def bind(self) -> None:
        field = self.fields["secret"]
        assert isinstance(field, forms.ChoiceField)
        names = vault.names(self.workspace.pk)
        now = self.before.get("secret")
        gone = (
            [(now, gettext("%(name)s (gone)") % {"name": now})]
            if isinstance(now, str) and now not in names
            else []
        )
        field.choices = [
            ("", gettext("Not signed")),
            *((name, name) for name in names),
            *(gone if now else []),
        ]
        url = reverse("webhooks:secrets")
        field.help_text = format_html(
            '{} <a class="link" href="{}" target="_blank">{}</a>',
            gettext("By Standard Webhooks, so that the receiver can be sure."),
            url,
            gettext("Secrets"),
        )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        headers = settings.get("headers")
        rows = [{"name": n, "value": v} for n, v in headers.items()] if isinstance(headers, dict) else []
        found = {
            "headers": rows,
            "body": shown(settings.get("body")),
            "timeout": _seconds(settings.get("timeout")),
        }
        return {"method": "POST", "retries": 4} | super().initial_from(settings) | found

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = {name: cleaned[name] for name in ("method", "url", "secret", "save_as") if cleaned.get(name)}
        found["url"] = cleaned.get("url") or ""
        body = cleaned.get("body") or ""
        before = self.before.get("body")
        if body.strip():
            same = before is not None and _lines(body) == _lines(shown(before))
            found["body"] = before if same else _lines(body)
        headers = {
            row["name"].strip(): row.get("value") or ""
            for row in cleaned.get("headers") or []
            if row.get("name")
        }
        if headers:
            found["headers"] = headers
        if cleaned.get("timeout") not in (None, "", 10):
            found["timeout"] = f"PT{cleaned['timeout']}S"
        if cleaned.get("retries") not in (None, "", 4):
            found["retries"] = cleaned["retries"]
        return found


def _seconds(timeout: Any) -> int:
    try:
        return int(codec.read(Settings, {"url": "", "timeout": timeout}).seconds)
    except SettingsError:
        return 10


def shown(body: Any) -> str:
    return (
        body
        if isinstance(body, str)
        else ""
        if body is None
        else json.dumps(body, indent=2, ensure_ascii=False)
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


@steps.register
class CallWebhook(StepKind[Settings]):
    """She waits here until the call has come to an end; journeys.webhooks makes it, outside of the engine."""

    kind, label, icon, group, tone = "call_webhook", _("Call webhook"), "webhook", Group.MESSAGES, "data"
    description = _("Tells another system over HTTP, and may keep its answer")
    order = 35
    settings_class = Settings
    example = Settings(url="", body=Value('{\n  "customer": "{{ person.id }}"\n}'))
    form_class = WebhookForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        if not settings.url.strip():
            return gettext("No address yet")
        return f"{settings.method} {fixed_host(settings.url) or settings.url[:60]}"

    def told(self, settings: Settings, note: Json) -> str:
        return words.sentence(note)

    def outlets(self, settings: Settings) -> list[Outlet]:
        return [Outlet("next", gettext("Answered")), Outlet("failed", gettext("Failed"))]

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(step, settings, context)
        for field, text in _address_faults(settings.url):
            yield Problem("error", field, text, step.key, "url")
        parts = {"url": settings.url, "headers": settings.headers, "body": settings.body}
        if isinstance(settings.body, str) and (shape := template_of(settings.body)) is not None:
            parts["body"] = shape
        for name, value in parts.items():
            for place, text in template_faults(value, name):
                yield Problem("error", "bad_template", text, step.key, place if name == "headers" else name)
        yield from self._headers(step, settings)
        yield from self._secrets(step, settings, context)
        if settings.method == "GET" and settings.body:
            text = gettext("A GET has no body: most receivers ignore it.")
            yield Problem("warning", "body_of_get", text, step.key, "body")

    def _headers(self, step: Step, settings: Settings) -> Iterable[Problem]:
        for name, value in settings.headers.items():
            place = f"headers/{name}"
            if not HEADER_NAME.fullmatch(name):
                text = gettext("“%(name)s” is no name of a header.") % {"name": name[:60]}
                yield Problem("error", "bad_header", text, step.key, place)
            elif name.lower() in OURS:
                text = gettext("The header “%(name)s” is set by Gilmok itself.") % {"name": name}
                yield Problem("error", "bad_header", text, step.key, place)
            elif isinstance(value, dict | list) or value is None:
                yield Problem("error", "bad_header", gettext("This must be a text."), step.key, place)
            elif name.lower() in _TELLING and value and not _SECRET.search(str(value)):
                text = gettext(
                    "Everybody who may see the journey reads this. Keep it as a secret: {{ secrets.name }}."
                )
                yield Problem("warning", "secret_in_clear", text, step.key, place)

    def _secrets(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        told = set(_SECRET.findall(f"{settings.url} {shown(settings.body)} {shown(settings.headers)}"))
        wanted = told | ({settings.secret} if settings.secret else set())
        if not wanted:
            return
        known = context.secret_hosts()
        for name in sorted(name for name in told if known.get(name) == ""):
            text = gettext("The secret %(name)s names no host: it may sign calls, and nobody gets it.")
            yield Problem("error", "secret_without_host", text % {"name": name}, step.key)
        for name in sorted(wanted - set(known)):
            text = gettext("There is no secret called %(name)s.") % {"name": name[:40]}
            yield Problem(
                "error", "unknown_secret", text, step.key, "secret" if name == settings.secret else None
            )

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        world, wakes = visits.world, visits.wakes
        came = world.called(visits)
        arriving = any(wake is None for wake in wakes)
        leaving = world.leaving(visits) if arriving else [None] * len(visits)
        hold, stay = Wait(None), Stay()
        asked: list[int] = []
        found: list[Outcome] = []
        for row, wake in enumerate(wakes):
            answer = came.get(row)
            leave = leaving[row]
            if answer is not None:
                if settings.save_as and answer.answer is not None:
                    visits.write_context(row, settings.save_as, answer.answer)
                found.append(Go(answer.outlet, note=answer.note))
            elif wake is None and leave is not None:
                found.append(leave)
            else:
                found.append(hold if wake is None else stay)
                if wake is None or wake.due:
                    asked.append(row)
        world.call(visits, asked, fixed_host(settings.url))
        return found


def _address_faults(url: str) -> Iterable[tuple[str, str]]:
    if not url.strip():
        yield "no_url", gettext("Say which address to call.")
        return
    before = url.split("{", 1)[0]
    if "{" in url and not fixed_host(url):
        if before and not re.fullmatch(r"https?://.*", before) and not "https://".startswith(before):
            yield "bad_url", gettext("The address must begin with https:// or http://.")
        return
    try:
        check_literal(before)
        parts = urlsplit(before)
    except (Refused, ValueError):
        if not re.match(r"https?://", before):
            yield "bad_url", gettext("The address must begin with https:// or http://.")
        elif not fixed_host(url):
            yield "bad_url", gettext("This is no web address.")
        else:
            yield "private_host", gettext("This address lies inside the network, and is not called.")
        return
    if parts.username or parts.password:
        yield (
            "password_in_url",
            gettext("A password in the address is seen by all: use a header with a secret."),
        )
