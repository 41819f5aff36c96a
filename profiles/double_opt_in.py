"""A yes that counts only after a click in the mailbox: which words the mail has, and what the click does.

The mail itself is sent by channels.confirmation; the answers that wait are made by profiles.consent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from profiles import consent
from profiles.models import Consent, PendingConsent, PrivacySettings, Profile, Topic

MOST_MAILS = 3  # for one answer; asked again after it has run out, they count anew
APART = timedelta(minutes=10)
# English and Korean, where the workspace has written nothing of its own. {name} workspace, {topic} what it is about.
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "Do you want to hear from {name}?",
        "text": "Somebody, we hope you, asked for mails about {topic} to this address. One click and they come.",
        "button": "Yes, send them to me",
        "foot": "If it was not you, leave this mail alone: nothing will be sent. The link works for seven days.",
    },
    "ko": {
        "subject": "{name} 소식을 받아 보시겠어요?",
        "text": "이 주소로 {topic} 메일을 신청하셨어요. 아래 버튼을 누르면 보내 드려요.",
        "button": "네, 받을게요",
        "foot": "신청하지 않으셨다면 이 메일은 그냥 두세요. 아무것도 보내지 않아요. 링크는 7일 동안 쓸 수 있어요.",
    },
}


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    button: str
    foot: str


def words(workspace: Any, language: str, topic: str) -> Words:
    """What the mail says, filled in. language: "ko", or English for every other."""
    key = "ko" if language.startswith("ko") else "en"
    kept = PrivacySettings.objects.filter(workspace=workspace).values_list("confirmation", flat=True).first()
    own = (kept or {}).get(key) or {}
    filled = {}
    for part, default in WORDS[key].items():
        text = own.get(part) or default
        filled[part] = text.replace("{name}", workspace.name).replace("{topic}", topic)
    return Words(**filled)


def topic_name(workspace_id: int, slug: str, language: str) -> str:
    """What the answer is about, in her language; "*" is everything."""
    korean = language.startswith("ko")
    topic = Topic.objects.filter(workspace_id=workspace_id, slug=slug).first()
    if topic is None:
        return ("모든 주제의" if korean else "everything we have") if slug == consent.EVERY_TOPIC else slug
    return (topic.name_ko if korean else "") or topic.name


def may_mail(waiting: PendingConsent, now: datetime) -> bool:
    if waiting.mails >= MOST_MAILS or waiting.expires_at <= now:
        return False
    return waiting.mailed_at is None or now - waiting.mailed_at >= APART


def asked_with(waiting: PendingConsent) -> list[PendingConsent]:
    """The answers that one mail asked about."""
    rows = PendingConsent.objects.filter(
        profile_id=waiting.profile_id, mailed_at=waiting.mailed_at, address=waiting.address
    )
    return list(rows.order_by("pk"))


def confirm(waiting: PendingConsent, now: datetime, *, ip: str | None = None, user_agent: str = "") -> bool:
    """The click: the answers of that mail hold from now on. False: too late, or settled by later ones."""
    with transaction.atomic():
        profile = Profile.objects.select_for_update(no_key=True).get(pk=waiting.profile_id)
        rows = [row for row in asked_with(waiting) if row.expires_at > now]
        if not rows or profile.erased_at or (profile.email or "") != waiting.address.lower():
            return False
        consent.set_consents(
            waiting.workspace_id,
            [
                consent.Answer(
                    row.profile_id,
                    row.medium,
                    row.topic,
                    consent.GRANTED,
                    now,
                    "double opt-in",
                    row.wording,
                    confirmed=True,
                    source_id=row.source_id,
                    ip=ip,
                    user_agent=user_agent[:500],
                )
                for row in rows
            ],
        )
        PendingConsent.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return True


def holds(profile_id: int, medium: str, topic: str) -> bool:
    return Consent.objects.filter(
        profile_id=profile_id, medium=medium, topic=topic, state=consent.GRANTED
    ).exists()


def forget_old(now: datetime) -> int:
    """Answers that nobody confirmed, a month after their link ran out."""
    gone, _each = PendingConsent.objects.filter(expires_at__lt=now - timedelta(days=30)).delete()
    return gone
