"""A message in the site or the app: a card with a title, a text, a picture and at most two buttons."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from content.media.base import ContentMedium, Data, Field
from content.media.registry import media
from content.media.short import IMAGE, TITLE, CompiledShort, buttons, compile_short
from content.starter import Starter


@media.register
class InApp(ContentMedium):
    kind = "in_app"
    order = 40
    is_form = True
    fields = (
        TITLE,
        Field("body", gettext_lazy("Message"), most=2000, lines=5, required=True, advice=160),
        IMAGE,
        buttons(2),
    )
    example = {
        "title": "Free delivery until Sunday",
        "body": "Hello {{ person.first_name | default: 'friend' }}, your next order travels free.",
        "image": "https://shop.example/delivery.jpg",
        "actions": [
            {"label": "Go to the shop", "url": "https://shop.example/"},
            {"label": "Later", "url": ""},
        ],
    }
    preview_template = "content/preview_in_app.html"
    starters = (
        Starter(
            "news",
            gettext_lazy("News"),
            gettext_lazy("A title, two sentences, one way on"),
            "megaphone",
            {
                "en": {
                    "title": "New: pick up in the shop",
                    "body": "{{ person.first_name | default: 'Hello' }}, order today and collect it an hour later.",
                    "actions": [{"label": "See how it works", "url": "https://shop.example/pick-up"}],
                },
                "ko": {
                    "title": "매장 픽업을 시작했어요",
                    "body": "{{ person.first_name | default: '고객' }}님, 오늘 주문하고 한 시간 뒤에 찾아가세요.",
                    "actions": [{"label": "자세히 보기", "url": "https://shop.example/pick-up"}],
                },
            },
        ),
        Starter(
            "question",
            gettext_lazy("Short question"),
            gettext_lazy("Two answers; a journey can go by the click"),
            "circle-question-mark",
            {
                "en": {
                    "title": "Did you find what you were looking for?",
                    "body": "One tap helps us to do better.",
                    "actions": [{"label": "Yes", "url": ""}, {"label": "Not yet", "url": ""}],
                },
                "ko": {
                    "title": "찾으시던 상품이 있었나요?",
                    "body": "한 번만 눌러 알려 주시면 큰 도움이 돼요.",
                    "actions": [{"label": "네", "url": ""}, {"label": "아직이요", "url": ""}],
                },
            },
        ),
    )

    def compile(self, data: Data, locale: str) -> CompiledShort:
        return compile_short(self.fields, data)
