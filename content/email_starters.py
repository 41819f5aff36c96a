"""Three e-mails to begin with."""

# ruff: noqa: E501 - markup reads better unbroken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from content.starter import Starter

_FRAME = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif" />
      <mj-text font-size="16px" line-height="1.65" color="#22302b" />
      <mj-button background-color="{deep}" color="#ffffff" border-radius="8px" font-size="15px" font-weight="600" inner-padding="14px 30px" />
    </mj-attributes>
    <mj-style>div {{ word-break: keep-all; overflow-wrap: break-word }}</mj-style>
  </mj-head>
  <mj-body background-color="#f4f1ea">
    <mj-section padding="24px 0 12px">
      <mj-column>
        <mj-text align="center" font-size="15px" font-weight="700" color="{deep}">{{{{ workspace.name | default: '{brand}' }}}}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="{deep}" border-radius="14px 14px 0 0" padding="44px 24px 40px">
      <mj-column>
        <mj-text align="center" font-size="13px" letter-spacing="1px" color="{soft}">{eyebrow}</mj-text>
        <mj-text align="center" font-size="30px" font-weight="700" line-height="1.3" color="#ffffff">{headline}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="28px 24px 12px">
      <mj-column>
        <mj-text>{opening}</mj-text>
        <mj-text>{body}</mj-text>
        <mj-button href="https://shop.example/" align="center" padding="18px 25px 26px">{button}</mj-button>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" border-radius="0 0 14px 14px" padding="0 24px 28px">
      <mj-column background-color="{tint}" border-radius="10px" padding="6px 0">
        <mj-text font-size="14px" color="#3c4a44">{aside}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section padding="16px 24px 36px">
      <mj-column>
        <mj-text align="center" font-size="12px" color="#5a625d">{foot} <a href="{{{{ unsubscribe_url }}}}" style="color:#5a625d">{leave}</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
_FOOT = {
    "en": {
        "foot": "You get this because you agreed to our mail.",
        "leave": "Unsubscribe",
        "brand": "Our shop",
    },
    "ko": {"foot": "메일 수신에 동의하신 분께 보내드려요.", "leave": "수신거부", "brand": "우리 가게"},
}


def _mail(locale: str, subject: str, preheader: str, **words: str) -> dict[str, str]:
    body = _FRAME.format(**_FOOT[locale], **words)
    return {"subject": subject, "preheader": preheader, "format": "mjml", "body": body}


_PINE = {"deep": "#1f4d3d", "soft": "#bfdccf", "tint": "#f1f6f3"}
_CLAY = {"deep": "#7a4a34", "soft": "#f0d8c9", "tint": "#faf4ef"}
_DUSK = {"deep": "#2c3c63", "soft": "#cdd6ee", "tint": "#f2f4fa"}

STARTERS = (
    Starter(
        "welcome",
        _("Welcome"),
        _("The first mail, with an offer that needs no code"),
        "hand",
        {
            "en": _mail(
                "en", "Welcome, {{ person.first_name | default: 'friend' }}", "Your first order ships free",
                eyebrow="WELCOME", headline="Good to have you here",
                opening="Hello {{ person.first_name | default: 'there' }},",
                body="we make things that last, and we write seldom. Your first order ships free.",
                button="Look around", aside="<b>Questions?</b> Answer this mail; a person reads it.", **_PINE,
            ),
            "ko": _mail(
                "ko", "{{ person.first_name | default: '고객' }}님, 반가워요", "첫 주문은 배송비가 없어요",
                eyebrow="환영해요", headline="만나서 반가워요",
                opening="{{ person.first_name | default: '고객' }}님, 안녕하세요.",
                body="오래 쓰는 물건을 만들고, 꼭 필요할 때만 소식을 드려요. 첫 주문은 배송비가 없어요.",
                button="둘러보기", aside="<b>궁금한 점이 있으세요?</b> 이 메일에 답장하시면 직접 읽고 답해 드려요.", **_PINE,
            ),
        },
    ),
    Starter(
        "reminder",
        _("Reminder"),
        _("What waits in the cart, and its sum"),
        "shopping-cart",
        {
            "en": _mail(
                "en", "{{ person.first_name | default: 'Hello' }}, we kept your cart",
                "{{ entry.value | default: 0 | money }} is waiting", eyebrow="YOUR CART", headline="What you chose<br>is still here",
                opening="Hello {{ person.first_name | default: 'there' }},",
                body="your cart holds goods for <b>{{ entry.value | default: 0 | money }}</b>. We keep it until tomorrow evening.",
                button="Go back to my cart", aside="<b>No hurry:</b> should something sell out, you hear from us first.", **_CLAY,
            ),
            "ko": _mail(
                "ko", "{{ person.first_name | default: '고객' }}님, 장바구니를 보관해 두었어요",
                "{{ entry.value | default: 0 | money }}어치가 기다려요", eyebrow="장바구니", headline="고르신 물건이<br>그대로 있어요",
                opening="{{ person.first_name | default: '고객' }}님, 안녕하세요.",
                body="장바구니에 <b>{{ entry.value | default: 0 | money }}</b>어치가 담겨 있어요. 내일 저녁까지 보관해 드려요.",
                button="장바구니 이어서 보기", aside="<b>천천히 보세요.</b> 품절이 가까워지면 먼저 알려 드려요.", **_CLAY,
            ),
        },
    ),
    Starter(
        "win-back",
        _("Win back"),
        _("For people who have been away for a while"),
        "heart",
        {
            "en": _mail(
                "en", "{{ person.first_name | default: 'Hello' }}, it has been a while", "Something for your return",
                eyebrow="IT HAS BEEN A WHILE", headline="Come and see<br>what is new",
                opening="Hello {{ person.first_name | default: 'there' }},",
                body="since you last looked in, a good deal has arrived. Your next order ships free.",
                button="See what is new", aside="<b>Had enough of us?</b> One click below, and we are quiet.", **_DUSK,
            ),
            "ko": _mail(
                "ko", "{{ person.first_name | default: '고객' }}님, 오랜만이에요", "다시 오시면 드릴 게 있어요",
                eyebrow="오랜만이에요", headline="그동안 새로 온<br>물건들이 있어요",
                opening="{{ person.first_name | default: '고객' }}님, 잘 지내셨어요?",
                body="마지막으로 다녀가신 뒤로 새 물건이 많이 들어왔어요. 다음 주문은 배송비가 없어요.",
                button="새 물건 보기", aside="<b>그만 받고 싶으세요?</b> 아래에서 한 번만 누르시면 돼요.", **_DUSK,
            ),
        },
    ),
)  # fmt: skip
