"""A text message: words, and how many parts of it the networks will charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content import sandbox
from content.media.base import ContentMedium, Data, Field
from content.media.registry import media
from content.problems import Problem
from content.sandbox import RenderError, Template
from content.sms_length import length_of
from content.starter import Starter

MANY_PARTS = 6


@dataclass(frozen=True)
class CompiledSms:
    body: Template

    def render(self, variables: Mapping[str, Any], locale: str) -> dict[str, str]:
        try:
            return {"body": sandbox.run(self.body, variables, locale).strip()}
        except RenderError as error:
            raise error.at("body") from error


@media.register
class Sms(ContentMedium):
    kind = "sms"
    order = 20
    label = gettext_lazy("SMS")  # type: ignore[assignment]
    fields = (Field("body", gettext_lazy("Message"), most=2000, lines=6, required=True),)
    example = {"body": "Hello {{ person.first_name | default: 'friend' }}, your order is on its way."}
    preview_template = "content/preview_sms.html"
    editor_template = "content/edit_sms.html"
    starters = (
        Starter(
            "reminder",
            gettext_lazy("Short reminder"),
            gettext_lazy("One sentence and a link"),
            "message-square",
            {
                "en": {
                    "body": "{{ person.first_name | default: 'Hello' }}, we kept your cart: https://shop.example/cart"
                },
                "ko": {
                    "body": "{{ person.first_name | default: '고객' }}님, 장바구니를 보관해 두었어요. https://shop.example/cart"
                },
            },
        ),
    )

    def compile(self, data: Data, locale: str) -> CompiledSms:
        try:
            template = sandbox.parse(str(data.get("body", "")))
        except RenderError as error:
            raise error.at("body") from error
        return CompiledSms(template)

    def problems(self, data: Data) -> Iterable[Problem]:
        found = length_of(str(data.get("body", "")))
        if found.parts >= MANY_PARTS:
            text = _("This goes out as %(parts)d messages in one; each is charged.") % {"parts": found.parts}
            yield Problem("warning", "many_parts", text, "body")
