"""Sonamu Living: teams, colleagues, topics, ways out."""

import json
import os
from datetime import datetime
from typing import Any

from channels.models import Account
from lib.secrets import encrypt
from profiles.models import Source, Topic
from workspaces import api_keys, roles
from workspaces.actor import actor_of
from workspaces.models import ApiKey, Membership, Team, User, Workspace

PASSWORD = "gilmok-demo"  # noqa: S105 - the demo prints it
TEAMS = [
    ("email", "Email", "이메일"),
    ("mobile", "Mobile", "모바일"),
    ("social", "Social", "소셜"),
    ("crm", "CRM", "CRM"),
]
# name, address, role, team, language
COLLEAGUES = [
    ("Seoyeon Kim", "seoyeon@sonamu.example", "marketer", "email", "en"),
    ("Junho Park", "junho@sonamu.example", "marketer", "mobile", "en"),
    ("이하은", "haeun@sonamu.example", "marketer", "social", "ko"),
    ("한수진", "sujin@sonamu.example", "editor", "email", "ko"),
    ("Emily Carter", "emily@sonamu.example", "approver", None, "en"),
    ("최민재", "minjae@sonamu.example", "admin", "crm", "ko"),
    ("Doyun Jang", "doyun@sonamu.example", "viewer", None, "en"),
]
# slug, English and Korean name and what it is, transactional, double opt-in
TOPICS = [
    ("offers", "Offers", "혜택", "Prices that are lower for a while", "기간 한정 할인과 쿠폰", False, False),
    ("news", "News", "소식", "New things, about once a month", "한 달에 한 번쯤 새 상품 소식", False, True),
    (
        "orders",
        "Your orders",
        "주문 안내",
        "What you bought and where it is",
        "주문과 배송 상태",
        True,
        False,
    ),
]


def make(now: datetime) -> tuple[Workspace, dict[str, Team]]:
    """The workspace with teams, colleagues and topics."""
    workspace = Workspace.objects.create(
        name="Sonamu Living",
        slug="sonamu",
        time_zone="Asia/Seoul",
        default_locale="ko",
        night_consent=True,
    )
    teams = {
        slug: Team.objects.create(workspace=workspace, slug=slug, name=name, name_ko=korean, hue=slug)
        for slug, name, korean in TEAMS
    }
    for name, email, role, team, language in COLLEAGUES:
        user = User.objects.create_user(email, PASSWORD, name=name, language=language)
        membership = Membership.objects.create(workspace=workspace, user=user, role=role)
        membership.teams.set([teams[team]] if team else [])
        roles.sync_membership(membership)
    Topic.objects.bulk_create(
        Topic(
            workspace=workspace,
            slug=slug,
            name=name,
            name_ko=korean,
            description=about,
            description_ko=about_ko,
            transactional=always,
            double_opt_in=twice,
            position=place,
        )
        for place, (slug, name, korean, about, about_ko, always, twice) in enumerate(TOPICS, 1)
    )
    return workspace, teams


def keys(workspace: Workspace, now: datetime) -> dict[str, Any]:
    """What an integration needs: a write key for events, an API key; and the sign-ins. Called again, the API key is a
    new one and ends the one before: its text is kept nowhere."""
    source, _made = Source.objects.get_or_create(
        workspace=workspace, name="Web shop", defaults={"kind": "web"}
    )
    Source.objects.get_or_create(workspace=workspace, name="Store till", defaults={"kind": "pos"})
    admin = actor_of(User.objects.get(email="minjae@sonamu.example"))
    assert admin is not None
    for lost in ApiKey.objects.filter(membership__workspace=workspace, name="Web shop", revoked_at=None):
        api_keys.revoke(lost, at=now, by=admin)
    _key, plain = api_keys.create(workspace, "Web shop", "admin", [], at=now)
    return {
        "users": [
            {"email": email, "password": PASSWORD, "role": role, "team": team}
            for _name, email, role, team, _language in COLLEAGUES
        ],
        "write_key": source.write_key,
        "api_key": plain,
    }


def channels(workspace: Workspace, teams: dict[str, Team]) -> None:
    """The ways out, pointed at the demo's mailbox; again whenever its ports change."""
    host, _, port = os.environ.get("GILMOK_DEMO_SMTP", "127.0.0.1:1025").rpartition(":")
    _account(
        workspace, teams["email"], "Sonamu mail", "email", "smtp",
        {
            "host": host, "port": int(port), "security": "none", "user": "", "from_name": "Sonamu Living",
            "from_address": "hello@sonamu.example", "reply_to": "", "track": True,
        }, {},
    )  # fmt: skip
    _account(
        workspace, teams["mobile"], "Sonamu texts", "sms", "twilio",
        {
            "url": os.environ.get("GILMOK_DEMO_SMS", "http://127.0.0.1:8026/sms"), "account_sid": "AC00000000000000000000000000000000",
            "sender": "+8215881234", "country": "KR",
        }, {"auth_token": "demo"},
    )  # fmt: skip


def _account(
    workspace: Workspace,
    team: Team,
    name: str,
    medium: str,
    kind: str,
    settings: dict[str, Any],
    secrets: dict[str, str],
) -> None:
    account, _made = Account.objects.update_or_create(
        workspace=workspace,
        medium=medium,
        is_default=True,
        defaults={
            "team": team, "name": name, "kind": kind, "settings": settings,
            "secrets": encrypt(json.dumps(secrets)) if secrets else "",
        },
    )  # fmt: skip
    roles.grant(account)
