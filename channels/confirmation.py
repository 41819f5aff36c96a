"""The mail of a double opt-in, sent through the outbox as any transactional message, and its signed link.

Written in the transaction in which somebody said yes (profiles.consent.when_asked), so no answer waits without a mail
and no mail asks about nothing. At most three an answer, ten minutes apart.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import F
from django.urls import reverse
from django.utils import translation

from channels import outbox
from profiles import consent, double_opt_in
from profiles.models import PendingConsent
from workspaces.models import Workspace

_LETTER = (
    '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{subject}</title></head>'
    '<body style="margin:0;background:#f4f6f5;font-family:sans-serif;color:#17201c">'
    '<div style="max-width:32rem;margin:0 auto;padding:32px 20px">'
    '<p style="margin:0 0 16px;font-weight:600">{name}</p><p style="margin:0 0 24px;line-height:1.6">{text}</p>'
    '<p style="margin:0 0 24px"><a href="{url}" style="display:inline-block;padding:12px 20px;border-radius:8px;'
    'background:#0e6649;color:#ffffff;text-decoration:none;font-weight:600">{button}</a></p>'
    '<p style="margin:0;color:#5b6661;font-size:13px;line-height:1.5">{foot}</p></div></body></html>'
)


def _signer() -> TimestampSigner:
    return TimestampSigner(sep=".", salt="channels.confirm")


def url_of(waiting: PendingConsent) -> str:
    token = _signer().sign(waiting.public_id.hex)
    return settings.BASE_URL.rstrip("/") + reverse("channels:confirm", args=[token])


def read(token: str) -> PendingConsent | None:
    """The answer that the link confirms; None: forged, run out, or settled already."""
    try:
        public_id = UUID(hex=_signer().unsign(token, max_age=consent.WAITS))
    except (BadSignature, ValueError):
        return None
    return PendingConsent.objects.filter(public_id=public_id).select_related("profile").first()


def ask(cursor: Any, ids: Sequence[int], now: datetime) -> None:
    """Puts the mails into the outbox: one a person, about all that she was just asked."""
    rows = PendingConsent.objects.filter(pk__in=ids, medium="email").select_related("profile").order_by("pk")
    spaces = {one.pk: one for one in Workspace.objects.filter(pk__in={row.workspace_id for row in rows})}
    of_person: dict[int, list[PendingConsent]] = {}
    for row in rows:
        if row.profile.email and double_opt_in.may_mail(row, now):
            of_person.setdefault(row.profile_id, []).append(row)
    made: list[outbox.NewMessage] = []
    for waiting in of_person.values():
        first = waiting[0]
        workspace, address = spaces[first.workspace_id], first.profile.email or ""
        locale = str(first.profile.attributes.get("locale") or workspace.default_locale)
        made.append(
            outbox.NewMessage(
                workspace_id=workspace.pk,
                profile_id=first.profile_id,
                medium="email",
                created_at=now,
                due_at=now,
                step="double_opt_in",
                transactional=True,
                address=address,
                locale=locale,
                variables={"words": _letter(workspace, waiting, locale)},
                expires_at=min(row.expires_at for row in waiting),
            )
        )
        PendingConsent.objects.filter(pk__in=[row.pk for row in waiting]).update(
            mails=F("mails") + 1, mailed_at=now, address=address
        )
    outbox.wake(outbox.create(cursor, made))


def _letter(workspace: Workspace, waiting: Sequence[PendingConsent], locale: str) -> dict[str, str]:
    topics = [double_opt_in.topic_name(workspace.pk, row.topic, locale) for row in waiting]
    said = double_opt_in.words(workspace, locale, ", ".join(topics))
    url = url_of(waiting[0])
    filled = {"subject": said.subject, "text": said.text, "button": said.button, "foot": said.foot}
    html = _LETTER.format(
        lang=translation.to_language(locale).partition("-")[0],
        name=escape(workspace.name),
        url=escape(url),
        **{key: escape(text) for key, text in filled.items()},
    )
    text = f"{said.text}\n\n{said.button}:\n{url}\n\n{said.foot}\n"
    return {"subject": said.subject, "html": html, "text": text}
