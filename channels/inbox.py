"""What waits for a person in a site or an app: fetched by her own browser, and what she does with it.

A message is delivered when it is fetched, opened when it was shown, and closed by a click or by putting it away. Who
may read: whoever proves to act for a user id (a signature that only the company's server can make), or has the
anonymous id of a visitor who never signed in. A known person's messages are never given to an anonymous id: that is a
name, not a secret.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from channels import happened, record
from channels.adapters.base import AccountSettings, Report
from channels.adapters.in_app import KEPT
from channels.claim import recheck
from channels.media import Medium
from channels.models import Account, Message, MessageBody, MessageEvent
from channels.views.languages import language_of
from profiles import record_event
from profiles.call import Call
from profiles.models import Identity, Profile

MOST = 20
SHORTEST_ANONYMOUS = 16  # characters: what is shorter can be guessed
MINDED = frozenset({None, "expired", "frequency_cap"})  # what was decided when it was sent
WHATS = ("seen", "clicked", "dismissed")


class NotProven(Exception):
    """The caller does not prove whose inbox it is."""


def signature(secret: str, user_id: str) -> str:
    """What the company's server gives to the browser of a user: HMAC-SHA256 of her user id, in hex."""
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


def owner(
    workspace_id: int, account: AccountSettings, user_id: str, token: str, anonymous_id: str
) -> int | None:
    """The person whose inbox it is; None where nobody is known by that name. NotProven."""
    if user_id:
        secret = account.text("signing_secret")
        if not secret or not hmac.compare_digest(signature(secret, user_id).encode(), token.lower().encode()):
            raise NotProven(_("The user token is not the signature of this user id."))
        return _user(workspace_id, user_id)
    if len(anonymous_id) < SHORTEST_ANONYMOUS:
        raise NotProven(
            _("An anonymous id of at least 16 characters, or a user id with its token, must say who asks.")
        )
    found = Identity.objects.filter(
        workspace_id=workspace_id, kind="anonymous_id", value=anonymous_id
    ).filter(profile__external_id=None, profile__erased_at=None, profile__merged_into=None)
    return found.values_list("profile_id", flat=True).first()


def _user(workspace_id: int, user_id: str) -> int | None:
    living = Profile.objects.filter(workspace_id=workspace_id, erased_at=None, merged_into=None)
    found = living.filter(external_id=user_id).values_list("pk", flat=True).first()
    if found is None:  # a user id that was merged away
        found = (
            living.filter(
                identities__workspace_id=workspace_id, identities__kind="user_id", identities__value=user_id
            )
            .values_list("pk", flat=True)
            .first()
        )
    return found


def fetch(account: Account, profile_id: int, now: datetime) -> list[dict[str, Any]]:
    """What waits, newest first; from now on it counts as delivered."""
    messages = list(_open(account, profile_id, now).order_by("-id")[:MOST])
    if not messages:
        return []
    verdicts = recheck(messages, now)  # consent may have gone since it was sent
    messages = [m for m in messages if m.pk in verdicts and verdicts[m.pk].reason in MINDED]
    bodies = dict(
        MessageBody.objects.filter(message_id__in=[m.pk for m in messages]).values_list("message_id", "data")
    )
    messages = [message for message in messages if message.pk in bodies]
    fresh = [Report(str(m.public_id), "delivered", now) for m in messages if m.state == "sent"]
    if fresh:
        happened.reported(account, fresh, now)
    return [_shown(message, bodies[message.pk]) for message in messages]


def happen(
    account: Account, profile_id: int, public_id: UUID, what: str, button: int | None, now: datetime
) -> bool:
    """She saw it, clicked a button, or put it away. Told twice it counts once. False: it is none of hers."""
    with transaction.atomic():
        message = (
            Message.objects.select_for_update()
            .filter(
                public_id=public_id,
                profile_id=profile_id,
                account_id=account.pk,
                medium=Medium.IN_APP,
                state__in=["sent", "delivered"],
            )
            .first()
        )
        if message is None:
            return False
        if what == "seen":
            if message.opened_at is None:
                happened.opened(public_id, now)
        elif what == "clicked":
            _clicked(message, button, now)
        elif message.closed_at is None:
            Message.objects.filter(pk=message.pk).update(closed_at=now)
            _note(message, "dismissed", {}, now)
    return True


def _clicked(message: Message, button: int | None, now: datetime) -> None:
    body = MessageBody.objects.filter(message_id=message.pk).values_list("data", flat=True).first() or {}
    actions: Sequence[Mapping[str, Any]] = body.get("actions") or []
    if button is None or not 0 <= button < len(actions):
        return
    label, url = str(actions[button].get("label") or ""), str(actions[button].get("url") or "")
    if MessageEvent.objects.filter(message_id=message.pk, kind="clicked", data__button=button).exists():
        return
    Message.objects.filter(pk=message.pk).update(
        clicked_at=Coalesce("clicked_at", now),
        opened_at=Coalesce("opened_at", now),
        closed_at=Coalesce("closed_at", now),
    )
    _note(message, "clicked", {"url": url, "button": button, "label": label}, now)


def _note(message: Message, kind: str, data: dict[str, Any], now: datetime) -> None:
    record.note([record.Happening(message, kind, now, data)])
    about = {
        "message": str(message.public_id),
        "medium": message.medium,
        "topic": message.topic,
        "step": message.step,
    }
    call = Call(
        kind="track",
        ts=now,
        profile_id=message.profile_id,
        event=f"message_{kind}",
        properties=about | data,
    )
    record_event.record(message.workspace_id, None, [call], now)


def _open(account: Account, profile_id: int, now: datetime) -> Any:
    days = int(account.settings.get("keep_days") or KEPT)
    return Message.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        profile_id=profile_id,
        medium="in_app",
        state__in=["sent", "delivered"],
        closed_at=None,
        account_id=account.pk,
        sent_at__gt=now - timedelta(days=days),
    )


def _shown(message: Message, data: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing of the person, and of the message only what is to be seen."""
    with translation.override(language_of(message)):
        close = _("Close")
    return {
        "id": str(message.public_id),
        "title": str(data.get("title") or ""),
        "body": str(data.get("body") or ""),
        "image": str(data.get("image") or ""),
        "actions": [
            {"label": str(row.get("label") or ""), "url": str(row.get("url") or "")}
            for row in data.get("actions") or []
        ],
        "locale": message.locale,
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "expires_at": message.expires_at.isoformat() if message.expires_at else None,
        "seen": message.opened_at is not None,
        "close": close,
    }
