"""Mails and texts of the sample workspace, in Korean and English."""

from collections.abc import Mapping
from typing import Any

from content.models import Item, Variant
from workspaces import roles
from workspaces.models import Team, Workspace

_MAIL = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif" />
      <mj-text font-size="16px" line-height="1.6" color="#22302b" />
    </mj-attributes>
    <mj-style>div {{ word-break: keep-all; overflow-wrap: break-word }}</mj-style>
  </mj-head>
  <mj-body background-color="#f3f6f4">
    <mj-section padding="28px 0 8px">
      <mj-column><mj-text align="center" font-size="14px" color="#5f6d67" letter-spacing="1px">SONAMU LIVING</mj-text></mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" border-radius="14px" padding="32px 24px">
      <mj-column>
        <mj-text font-size="24px" font-weight="700" line-height="1.35">{headline}</mj-text>
        <mj-text>{body}</mj-text>
        <mj-button href="{link}" background-color="#0e6649" color="#ffffff" border-radius="8px" font-size="15px" font-weight="600" inner-padding="13px 26px" align="left">{button}</mj-button>
      </mj-column>
    </mj-section>
    <mj-section padding="16px 24px 32px">
      <mj-column><mj-text align="center" font-size="12px" color="#66756e">{foot} <a href="{{{{ unsubscribe_url }}}}" style="color:#66756e">{leave}</a></mj-text></mj-column>
    </mj-section>
  </mj-body>
</mjml>"""

_FOOT = {
    "ko": {"foot": "소나무리빙, 서울시 마포구 양화로 12", "leave": "수신 거부"},
    "en": {"foot": "Sonamu Living, 12 Yanghwa-ro, Mapo-gu, Seoul", "leave": "Unsubscribe"},
}
# slug: (name, team, {locale: (subject, preheader, headline, body, button, link)})
MAILS = {
    "welcome": (
        "Welcome",
        "email",
        {
            "ko": (
                "{{ person.first_name | default: '고객' }}님, 반가워요",
                "집을 편하게 만드는 이야기를 보내 드릴게요",
                "{{ person.first_name | default: '고객' }}님, 소나무리빙에 오신 걸 환영해요",
                "오래 쓰는 물건을 만들어요. 첫 주문에는 배송비를 받지 않아요.",
                "둘러보기",
                "https://shop.example/new",
            ),
            "en": (
                "Welcome, {{ person.first_name | default: 'friend' }}",
                "Good things for the home, now and then",
                "Hello {{ person.first_name | default: 'friend' }}, good to have you",
                "We make things that last. Your first order ships free.",
                "Look around",
                "https://shop.example/new",
            ),
        },
    ),
    "first-order": (
        "First order",
        "email",
        {
            "ko": (
                "아직 고르는 중이세요?",
                "가장 많이 찾는 세 가지",
                "무엇부터 볼지 고민된다면",
                "{{ person.city | default: '우리 동네' }} 고객이 가장 많이 고른 물건을 모았어요.",
                "추천 보기",
                "https://shop.example/best",
            ),
            "en": (
                "Still choosing?",
                "The three things people pick first",
                "If you wonder where to begin",
                "Here is what customers in {{ person.city | default: 'your town' }} choose most.",
                "See the favourites",
                "https://shop.example/best",
            ),
        },
    ),
    "cart-rescue-mail": (
        "Cart reminder",
        "email",
        {
            "ko": (
                "{{ person.first_name | default: '고객' }}님, 장바구니를 보관해 두었어요",
                "{{ entry.value | default: 0 | number }}원어치가 기다려요",
                "고르신 물건이 그대로 있어요",
                "장바구니에 {{ entry.items | default: 1 }}개, 모두 {{ entry.value | default: 0 | number }}원이에요. 마음이 바뀌면 그냥 두셔도 돼요.",
                "장바구니 열기",
                "https://shop.example/cart",
            ),
            "en": (
                "{{ person.first_name | default: 'Hello' }}, we kept your cart",
                "₩{{ entry.value | default: 0 | number }} is waiting",
                "What you chose is still here",
                "{{ entry.items | default: 1 }} in the cart, ₩{{ entry.value | default: 0 | number }} in all. If you changed your mind, just leave it.",
                "Open the cart",
                "https://shop.example/cart",
            ),
        },
    ),
    "vip-cart": (
        "Cart reminder for VIPs",
        "crm",
        {
            "ko": (
                "{{ person.first_name | default: '고객' }}님을 위해 따로 빼 두었어요",
                "오늘 안에 무료로 설치해 드려요",
                "VIP 고객님, 물건을 따로 빼 두었어요",
                "48시간 동안 보관하고, 설치까지 무료로 해 드려요.",
                "바로 주문하기",
                "https://shop.example/cart",
            ),
            "en": (
                "Set aside for you, {{ person.first_name | default: 'friend' }}",
                "Free set-up if you order today",
                "We set it aside for you",
                "It stays yours for 48 hours, and we set it up for free.",
                "Order now",
                "https://shop.example/cart",
            ),
        },
    ),
}
TEXTS = {
    "cart-text": (
        "Cart text",
        "mobile",
        {
            "ko": "[소나무리빙] {{ person.first_name | default: '고객' }}님, 장바구니에 담은 물건이 기다려요. shop.example/cart",
            "en": "[Sonamu] {{ person.first_name | default: 'Hello' }}, your cart is waiting: shop.example/cart",
        },
    ),
    "order-thanks": (
        "Thanks for the order",
        "mobile",
        {
            "ko": "[소나무리빙] 주문 고마워요. {{ entry.product | default: '주문하신 물건' }} 배송이 시작되면 알려 드릴게요.",
            "en": "[Sonamu] Thank you. We will tell you when {{ entry.product | default: 'your order' }} is on its way.",
        },
    ),
}
SHORT: dict[str, tuple[str, str, str, dict[str, dict[str, Any]]]] = {
    "pick-up-news": (
        "Pick-up news",
        "mobile",
        "in_app",
        {
            "ko": {
                "title": "매장 픽업을 시작했어요",
                "body": "{{ person.first_name | default: '고객' }}님, 오늘 주문하고 한 시간 뒤에 찾아가세요.",
                "actions": [
                    {"label": "자세히 보기", "url": "https://shop.example/pick-up"},
                    {"label": "나중에", "url": ""},
                ],
            },
            "en": {
                "title": "New: pick up in the shop",
                "body": "{{ person.first_name | default: 'Hello' }}, order today and collect it an hour later.",
                "actions": [
                    {"label": "See how", "url": "https://shop.example/pick-up"},
                    {"label": "Later", "url": ""},
                ],
            },
        },
    ),
    "friends-weekend": (
        "Weekend for friends",
        "mobile",
        "social",
        {
            "ko": {
                "title": "친구를 위한 주말",
                "body": "일요일까지 장바구니 상품이 모두 20% 할인돼요.",
                "actions": [{"label": "장바구니 보기", "url": "https://shop.example/cart"}],
            },
            "en": {
                "title": "A weekend for friends",
                "body": "Everything in your cart is 20% less until Sunday.",
                "actions": [{"label": "To my cart", "url": "https://shop.example/cart"}],
            },
        },
    ),
}


def make(workspace: Workspace, teams: dict[str, Team]) -> None:
    for slug, (name, team, medium, words) in SHORT.items():
        item(workspace, teams[team], slug, name, medium, words)
    for slug, (name, team, variants) in MAILS.items():
        item(
            workspace,
            teams[team],
            slug,
            name,
            "email",
            {locale: _mail(locale, *parts) for locale, parts in variants.items()},
        )
    for slug, (name, team, bodies) in TEXTS.items():
        item(
            workspace,
            teams[team],
            slug,
            name,
            "sms",
            {locale: {"body": body} for locale, body in bodies.items()},
        )


def _mail(
    locale: str, subject: str, preheader: str, headline: str, body: str, button: str, link: str
) -> dict[str, str]:
    source = _MAIL.format(headline=headline, body=body, button=button, link=link, **_FOOT[locale])
    return {"subject": subject, "preheader": preheader, "format": "mjml", "body": source}


def item(
    workspace: Workspace,
    team: Team,
    slug: str,
    name: str,
    medium: str,
    variants: Mapping[str, Mapping[str, Any]],
) -> None:
    item = Item.objects.create(
        workspace=workspace, team=team, slug=slug, name=name, medium=medium, default_locale="ko"
    )
    Variant.objects.bulk_create(
        Variant(item=item, locale=locale, data=data) for locale, data in variants.items()
    )
    roles.grant(item)
