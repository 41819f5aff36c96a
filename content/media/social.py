"""A message in a messenger such as LINE: words alone, or a card with a picture and buttons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.media.base import ContentMedium, Data, Field
from content.media.registry import media
from content.media.short import IMAGE, TITLE, CompiledShort, buttons, compile_short
from content.problems import Problem
from content.starter import Starter


@media.register
class Social(ContentMedium):
    kind = "social"
    order = 50
    is_form = True
    fields = (
        replace(TITLE, help=gettext_lazy("With a title, a picture or buttons it goes out as a card.")),
        Field("body", gettext_lazy("Message"), most=2000, lines=6, required=True, advice=300),
        IMAGE,
        buttons(4),
    )
    example = {
        "title": "Your table is booked",
        "body": "Hello {{ person.first_name | default: 'friend' }}, see you on Friday at seven.",
        "image": "https://shop.example/table.jpg",
        "actions": [{"label": "How to get there", "url": "https://shop.example/map"}],
    }
    preview_template = "content/preview_social.html"
    starters = (
        Starter(
            "words",
            gettext_lazy("Words alone"),
            gettext_lazy("As a friend would write"),
            "message-circle",
            {
                "en": {"body": "Hello {{ person.first_name | default: 'there' }}! Your order is on its way."},
                "ko": {"body": "{{ person.first_name | default: '고객' }}님, 주문하신 상품이 출발했어요!"},
            },
        ),
        Starter(
            "card",
            gettext_lazy("Card with buttons"),
            gettext_lazy("A picture, a title and where to go from there"),
            "image",
            {
                "en": {
                    "title": "20% off this weekend",
                    "body": "For friends of the shop: everything in your cart is 20% less until Sunday.",
                    "actions": [
                        {"label": "To my cart", "url": "https://shop.example/cart"},
                        {"label": "Not now", "url": ""},
                    ],
                },
                "ko": {
                    "title": "이번 주말 20% 할인",
                    "body": "친구에게만 드려요. 일요일까지 장바구니 상품이 모두 20% 할인돼요.",
                    "actions": [
                        {"label": "장바구니 보기", "url": "https://shop.example/cart"},
                        {"label": "다음에 볼게요", "url": ""},
                    ],
                },
            },
        ),
    )

    def compile(self, data: Data, locale: str) -> CompiledShort:
        return compile_short(self.fields, data)

    def problems(self, data: Data) -> Iterable[Problem]:
        if str(data.get("image", "")).strip().lower().startswith("http://"):
            text = _("Messengers show pictures from https:// only.")
            yield Problem("error", "insecure_picture", text, "image")
