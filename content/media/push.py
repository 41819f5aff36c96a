"""A push message: a title, a text, a picture, and where a tap leads, as it stands on a lock screen."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.media.base import ContentMedium, Data, Field
from content.media.registry import media
from content.media.short import IMAGE, CompiledShort, compile_short
from content.problems import Problem
from content.starter import Starter

# What phones show before one opens it; Korean letters are twice as wide.
TITLE, BODY = 40, 120
SIZE = 3000  # bytes of UTF-8: all of it has to fit into 4,096, with the links and the picture's address


@media.register
class Push(ContentMedium):
    kind = "push"
    order = 30
    is_form = True
    fields = (
        Field("title", gettext_lazy("Title"), most=200, required=True, advice=TITLE),
        Field("body", gettext_lazy("Message"), most=1000, lines=4, required=True, advice=BODY),
        Field(
            "url",
            gettext_lazy("A tap leads to"),
            gettext_lazy(
                "A page, or a place in your app such as shop://cart. Empty: a tap opens the app or site."
            ),
            most=1000,
            address="page",
        ),
        IMAGE,
    )
    example = {
        "title": "Your cart is waiting",
        "body": "{{ person.first_name | default: 'Hello' }}, we kept it until tonight.",
        "url": "https://shop.example/cart",
        "image": "https://shop.example/cart.jpg",
    }
    preview_template = "content/preview_push.html"
    starters = (
        Starter(
            "reminder",
            gettext_lazy("Reminder"),
            gettext_lazy("A few words and a way back"),
            "bell",
            {
                "en": {
                    "title": "We kept your cart",
                    "body": "{{ person.first_name | default: 'Hello' }}, it is yours until tonight.",
                    "url": "https://shop.example/cart",
                },
                "ko": {
                    "title": "장바구니를 맡아 두었어요",
                    "body": "{{ person.first_name | default: '고객' }}님, 오늘 밤까지 보관해 드려요.",
                    "url": "https://shop.example/cart",
                },
            },
        ),
        Starter(
            "news",
            gettext_lazy("News of an order"),
            gettext_lazy("What happened, and where to follow it"),
            "package",
            {
                "en": {
                    "title": "Your order is on its way",
                    "body": "{{ person.first_name | default: 'Hello' }}, it left today. Tap to follow it.",
                    "url": "https://shop.example/orders",
                },
                "ko": {
                    "title": "주문하신 상품이 출발했어요",
                    "body": "{{ person.first_name | default: '고객' }}님, 오늘 보내 드렸어요. 눌러서 확인해 보세요.",
                    "url": "https://shop.example/orders",
                },
            },
        ),
    )

    def compile(self, data: Data, locale: str) -> CompiledShort:
        return compile_short(self.fields, data)

    def problems(self, data: Data) -> Iterable[Problem]:
        size = sum(len(str(data.get(field.name, "")).encode()) for field in self.fields)
        if size > SIZE:
            text = _(
                "This is long for a push message: the picture, then the end of the text may be left out."
            )
            yield Problem("warning", "too_long", text, "body")
