"""The messages' part of a person's timeline: what she was sent and did with it, or why she was not sent it."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _

from channels import origins, reasons
from channels.media import Medium, known
from channels.models import Message, MessageEvent
from profiles import masking
from profiles.models import Profile
from profiles.timeline import Entry

Redact = Callable[[str], str]
KINDS = tuple(medium.value for medium in Medium)
# Events of the person that stand here with their message, instead of among her other events.
EVENTS = (
    "message_opened", "message_clicked", "message_delivered", "message_bounced", "message_failed",
    "message_unsubscribed", "message_replied", "message_dismissed",
)  # fmt: skip
REACTIONS = ("opened", "clicked", "unsubscribed", "replied", "dismissed")
LONGEST = 80
_LOST = {Medium.EMAIL: "mail-x", Medium.SMS: "message-square-x"}


def entries(profile: Profile, before: datetime | None, limit: int, mask: masking.Show) -> Iterable[Entry]:
    redact = masking.redactor(profile.attributes, mask)
    return [*_messages(profile, before, limit, redact), *_reactions(profile, before, limit, redact, mask)]


def _messages(profile: Profile, before: datetime | None, limit: int, redact: Redact) -> list[Entry]:
    rows = named(Message.objects.filter(profile_id=profile.pk)).annotate(at=Coalesce("sent_at", "created_at"))
    if before is not None:
        rows = rows.filter(at__lt=before)
    messages = list(rows.order_by("-at", "-id")[:limit])
    journeys = origins.describe([message.journey_id for message in messages])
    found = []
    for message in messages:
        journey = journeys.get(message.journey_id or 0)
        line = [reasons.state_label(message.state), reasons.of(message), journey.name if journey else ""]
        found.append(
            Entry(
                at=message.at,  # type: ignore[attr-defined]
                kind=message.medium,
                tone="message",
                icon=icon_of(message),
                title=redact(title_of(message)),
                text=" · ".join(part for part in line if part),
                url=journey.url if journey else "",
            )
        )
    return found


def _reactions(
    profile: Profile, before: datetime | None, limit: int, redact: Redact, mask: masking.Show
) -> list[Entry]:
    rows = MessageEvent.objects.filter(profile_id=profile.pk, kind__in=REACTIONS)
    if before is not None:
        rows = rows.filter(at__lt=before)
    events = list(rows.order_by("-at", "-id")[:limit])
    messages = {
        message.pk: message
        for message in named(Message.objects.filter(pk__in={one.message_id for one in events}))
    }
    found = []
    for event in events:
        message = messages.get(event.message_id)
        if message is None or (event.kind == "opened" and event.at != message.opened_at):
            continue  # mailboxes load pictures again and again: the first time tells
        icon, words = {
            "opened": ("mail-open", _("Opened %(title)s")),
            "clicked": ("mouse-pointer-click", _("Clicked in %(title)s")),
            "unsubscribed": ("user-x", _("Unsubscribed, from %(title)s")),
            "replied": ("message-circle", _("Answered %(title)s")),
            "dismissed": ("x", _("Put %(title)s away")),
        }[event.kind]
        title = words % {"title": redact(title_of(message))}
        text = str(event.data.get("url") or event.data.get("label") or event.data.get("text") or "")[:200]
        text = redact(mask("", text))
        found.append(Entry(at=event.at, kind=message.medium, tone="entry", icon=icon, title=title, text=text))
    return found


def named(rows):  # type: ignore[no-untyped-def]
    """With the subject, the title or the text of what was sent: the bodies themselves are wide."""
    return rows.annotate(
        words=Coalesce(
            *(
                NullIf(KeyTextTransform(name, "body__data"), Value("", TextField()))
                for name in ("subject", "title", "body")
            )
        )
    )


def title_of(message: Message) -> str:
    words: str = (message.words or "").strip()  # type: ignore[attr-defined]
    if not words:
        medium = known(message.medium)
        return str(medium.label) if medium else message.medium
    return _("“%(words)s”") % {"words": words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"}


def icon_of(message: Message) -> str:
    lost = message.state in {"skipped", "failed"}
    medium = known(message.medium)
    if medium in _LOST:
        return _LOST[medium] if lost else medium.icon
    return "circle-x" if lost or medium is None else medium.icon
