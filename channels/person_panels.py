"""The cards of a person's page that channels fill: her messages with what became of them, and her addresses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from channels import links, media, origins, preference_centre, reasons, story
from channels.models import Account, Message, MessageBody, MessageEvent, Suppression
from lib import clock
from profiles import masking, reveal
from profiles.addresses import ADDRESSES
from profiles.models import Device, Profile

MOST = 8
_SUPPRESSED = {
    "hard_bounce": lambda: pgettext("address", "Bounced"),
    "complaint": lambda: pgettext("address", "Complained"),
    "unfollowed": lambda: pgettext("address", "Blocked the account"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    title: str
    icon: str
    at: datetime
    state: str
    look: str
    reason: str
    marks: str
    url: str
    journey: str
    journey_url: str
    words: str
    why: Sequence[origins.Reason]


@dataclass(frozen=True, slots=True)
class Address:
    """look: ok, bad, warn, or "" for what is no more."""

    icon: str
    medium: str
    text: str
    state: str
    look: str
    at: datetime | None


def media_of_workspace(workspace_id: int) -> set[str]:
    """That it has an account for."""
    rows = Account.objects.filter(workspace_id=workspace_id, is_active=True)
    return set(rows.values_list("medium", flat=True))


def messages(request: HttpRequest, profile: Profile) -> dict[str, Any] | None:
    """The newest of them; all stand in the timeline."""
    rows = list(
        story.named(Message.objects.filter(profile_id=profile.pk)).order_by("-created_at", "-pk")[: MOST + 1]
    )
    if not rows:
        return None
    journeys = origins.describe([row.journey_id for row in rows])
    looks = {"sent": "ok", "delivered": "ok", "failed": "bad", "skipped": "warn", "held": "warn"}
    actor: Any = request.actor  # type: ignore[attr-defined]
    revealed = reveal.until(request, actor, profile, clock.now()) is not None
    show = masking.masker(actor, revealed=revealed)
    redact = masking.redactor(profile.attributes, show)
    why = origins.why(rows[:MOST], show)
    texts = dict(
        MessageBody.objects.filter(
            message_id__in=[row.pk for row in rows[:MOST] if row.medium != "email"]
        ).values_list("message_id", "data__body")
    )
    open_ = _readable(rows[:MOST], redact)
    found = []
    for row in rows[:MOST]:
        journey = journeys.get(row.journey_id or 0)
        marks = [
            word
            for word, at in ((_("opened"), row.opened_at), (_("clicked"), row.clicked_at))
            if at is not None
        ]
        found.append(
            Sent(
                title=redact(story.title_of(row)),
                icon=story.icon_of(row),
                at=row.sent_at or row.created_at,
                state=reasons.state_label(row.state),
                look=looks.get(row.state, ""),
                reason=reasons.of(row),
                marks=", ".join(marks),
                url=links.view_url(row.public_id) if row.pk in open_ else "",
                journey=journey.name if journey else "",
                journey_url=journey.url if journey else "",
                words=redact(str(texts.get(row.pk) or "")),
                why=why.get(row.pk, ()),
            )
        )
    now = clock.now()
    until = preference_centre.paused_until(profile.pk, now)
    return {"messages": found, "more": len(rows) > MOST, "paused_until": until, "now": now}


def _readable(rows: Sequence[Message], redact: Callable[[str], str]) -> set[int]:
    """The mails that hold nothing the reader may not see: only those can be opened, for they are shown as they are."""
    mails = [row.pk for row in rows if row.medium == "email"]
    bodies = MessageBody.objects.filter(message_id__in=mails).values_list("message_id", "data")
    return {
        pk
        for pk, data in bodies
        if all(redact(text) == text for text in data.values() if isinstance(text, str))
    }


def addresses(request: HttpRequest, profile: Profile) -> dict[str, Any] | None:
    """Where she can be reached, and where she can't be any more."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    shown = reveal.until(request, actor, profile, clock.now()) is not None
    with connection.cursor() as cursor:
        known = [medium for medium in media.Medium if medium in ("email", "sms", "social")]
        columns = ", ".join(f"({ADDRESSES[medium]})" for medium in known)
        cursor.execute(f"select {columns} from profiles_profile p where p.id = %s", [profile.pk])
        row = cursor.fetchone()
    texts = {medium: address for medium, address in zip(known, row, strict=True) if address}
    closed = {
        (one.medium, one.address): one
        for one in Suppression.objects.filter(
            workspace_id=profile.workspace_id, address__in=list(texts.values())
        )
    }
    bounced = set(
        MessageEvent.objects.filter(profile_id=profile.pk, kind__in=["bounced"])
        .order_by("-at")
        .values_list("message_id", flat=True)[:20]
    )
    bounces = set(Message.objects.filter(pk__in=bounced).values_list("medium", "address"))
    found = []
    for medium, address in texts.items():
        end = closed.get((medium.value, address))
        if end is not None:
            words = _SUPPRESSED.get(end.reason, lambda: pgettext("address", "Suppressed"))()
            state, look, at = words, "bad", end.at
        elif not medium.accepts(address):
            state, look, at = pgettext("address", "Not an address"), "warn", None
        elif (medium.value, address) in bounces:
            state, look, at = pgettext("address", "Bounced once"), "warn", None
        else:
            state, look, at = pgettext("address", "OK"), "ok", None
        text = address if shown else medium.mask(address)
        found.append(Address(medium.icon, str(medium.label), text, state, look, at))
    for device in Device.objects.filter(profile=profile).order_by("-last_seen_at", "-pk")[:10]:
        live = device.state == "active"
        found.append(
            Address(
                "smartphone",
                {"web": _("Browser"), "ios": "iPhone", "android": "Android"}.get(device.kind, device.kind),
                "…" + device.token[-6:],
                pgettext("address", "OK") if live else pgettext("address", "Gone"),
                "ok" if live else "",
                device.last_seen_at,
            )
        )
    return {"addresses": found, "now": clock.now()} if found else None
