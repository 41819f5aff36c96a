"""Where a person says what she gets, by which channel, in which language, and when she wants a rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from channels import happened
from channels.media import Medium, known
from channels.models import Account, Message
from profiles import consent, night, record_event
from profiles.addresses import ADDRESSES
from profiles.call import Call
from profiles.consent import GRANTED, WITHDRAWN
from profiles.models import Consent, Pause, PendingConsent, Profile, Topic
from workspaces.models import Workspace

REST = timedelta(days=30)
EVERYTHING = consent.EVERY_TOPIC
NIGHT = f"{night.MEDIUM}:{EVERYTHING}"


@dataclass(frozen=True, slots=True)
class Proof:
    """How we know: the page's words are added by whoever asks."""

    how: str
    ip: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """One tick: a topic by a channel. waits: she said yes, and the confirmation is in her mailbox."""

    value: str
    medium: str
    label: str | Promise
    wanted: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Row:
    slug: str
    name: str
    description: str
    boxes: list[Box]


def media_of(message: Message) -> list[Medium]:
    """The message's channel, and the others that the company sends by and she has an address for."""
    sent_by = set(
        Account.objects.filter(workspace_id=message.workspace_id, is_active=True).values_list(
            "medium", flat=True
        )
    )
    with connection.cursor() as cursor:
        columns = ", ".join(f"({sql})" for sql in ADDRESSES.values())
        cursor.execute(f"select {columns} from profiles_profile p where p.id = %s", [message.profile_id])
        row = cursor.fetchone() or ()
    reached = {medium for medium, address in zip(ADDRESSES, row, strict=False) if address}
    return [one for one in Medium if one == message.medium or (one in sent_by and one in reached)]


def rows(message: Message) -> list[Row]:
    """The topics she may choose from: the workspace's that are offered, and the message's own."""
    media = media_of(message)
    answers = {(one.medium, one.topic): one for one in Consent.objects.filter(profile_id=message.profile_id)}
    waiting = set(PendingConsent.objects.filter(profile_id=message.profile_id).values_list("medium", "topic"))
    topics = [
        (topic.slug, topic.shown_name, topic.shown_description, topic.media)
        for topic in Topic.objects.filter(
            workspace_id=message.workspace_id, transactional=False, archived_at=None
        )
    ]
    if message.topic and not message.transactional and message.topic not in {topic[0] for topic in topics}:
        topics.insert(0, (message.topic, message.topic.replace("-", " ").capitalize(), "", [message.medium]))
    found = []
    for slug, name, description, offered in topics:
        boxes = [
            Box(
                value=f"{medium}:{slug}",
                medium=medium,
                label=medium.label,
                wanted=_wanted(answers.get((medium, slug)), answers.get((medium, EVERYTHING))),
                waits=(medium, slug) in waiting,
            )
            for medium in media
            if not offered or medium in offered or (medium == message.medium and slug == message.topic)
        ]
        if boxes:
            found.append(Row(slug, name, description, boxes))
    return found


def at_night(message: Message) -> Box | None:
    """The consent to the night, where the company asks for it and sends her something that it is about."""
    asked = Workspace.objects.filter(pk=message.workspace_id, night_consent=True).exists()
    if not asked or not any(medium in night.HELD for medium in media_of(message)):
        return None
    own = Consent.objects.filter(profile_id=message.profile_id, medium=night.MEDIUM, topic=EVERYTHING).first()
    label = _("Also between 21:00 and 08:00")
    return Box(NIGHT, night.MEDIUM, label, own is not None and own.state == GRANTED, waits=False)


def save(message: Message, ticked: Iterable[str], proof: Proof, now: datetime) -> bool:
    """Exactly these; what she changed is written, with the words she changed, the rest is left as it was. Whether an
    answer waits for a confirmation now."""
    kept = set(ticked)
    changed: list[tuple[str, str, str, str]] = []
    for row in rows(message):
        for box in row.boxes:
            if (box.value in kept) != (box.wanted or box.waits):
                state = GRANTED if box.value in kept else WITHDRAWN
                words = f"{_('What do you want to get?')} {row.name} · {box.label}"
                changed.append((box.medium, row.slug, state, words))
    dark = at_night(message)
    if dark is not None and (NIGHT in kept) != dark.wanted:
        state = GRANTED if NIGHT in kept else WITHDRAWN
        words = f"{dark.label}: {_('Advertising by text, push and messengers at night')}"
        changed.append((night.MEDIUM, EVERYTHING, state, words))
    _write(message, changed, proof, now)
    if gone := sorted(
        topic for medium, topic, state, _w in changed if state == WITHDRAWN and medium != night.MEDIUM
    ):
        happened.unsubscribed(message, gone, proof.how, now)
    return any(
        PendingConsent.objects.filter(
            profile_id=message.profile_id, medium=medium, topic=topic, expires_at__gt=now
        ).exists()
        for medium, topic, state, _w in changed
        if state == GRANTED
    )


def withdraw(message: Message, wording: str, proof: Proof, now: datetime) -> None:
    """No more of what this message was about, by its channel."""
    topic = message.topic or EVERYTHING
    if _write(message, [(message.medium, topic, WITHDRAWN, wording)], proof, now):
        happened.unsubscribed(message, [topic], proof.how, now)


def withdraw_everything(message: Message, wording: str, proof: Proof, now: datetime) -> None:
    """Nothing more by any channel, but for what is no advertising."""
    answers = [(box.medium, row.slug, WITHDRAWN, wording) for row in rows(message) for box in row.boxes]
    answers += [(medium, EVERYTHING, WITHDRAWN, wording) for medium in media_of(message)]
    if (dark := at_night(message)) is not None and dark.wanted:
        answers.append((night.MEDIUM, EVERYTHING, WITHDRAWN, wording))
    if _write(message, answers, proof, now):
        happened.unsubscribed(message, [EVERYTHING], proof.how, now)


def paused_until(profile_id: int, now: datetime) -> datetime | None:
    return Pause.objects.filter(profile_id=profile_id, until__gt=now).values_list("until", flat=True).first()


def pause(message: Message, now: datetime) -> None:
    Pause.objects.update_or_create(profile_id=message.profile_id, defaults={"until": now + REST})


def resume(message: Message) -> None:
    Pause.objects.filter(profile_id=message.profile_id).delete()


def speak(message: Message, language: str, now: datetime) -> None:
    """The language she is written to from now on."""
    if language in dict(settings.LANGUAGES):
        call = Call("identify", now, profile_id=message.profile_id, traits={"locale": language})
        record_event.record(message.workspace_id, None, [call], now)


def language_of(message: Message) -> str:
    """Hers, else the message's, as far as the product speaks it."""
    own = Profile.objects.filter(pk=message.profile_id).values_list("attributes__locale", flat=True).first()
    for locale in (own, message.locale):
        language = str(locale or "").lower().replace("_", "-").partition("-")[0]
        if language in dict(settings.LANGUAGES):
            return language
    return settings.LANGUAGE_CODE


def medium_label(medium: str) -> str:
    found = known(medium)
    return str(found.label) if found else medium


def _wanted(own: Consent | None, every: Consent | None) -> bool:
    """As eligibility.CONSENTED has it."""
    if own and own.state == GRANTED:
        return not (every and every.state == WITHDRAWN and own.at < every.at)
    return bool(every and every.state == GRANTED and not (own and own.state == WITHDRAWN))


def _write(message: Message, answers: list[tuple[str, str, str, str]], proof: Proof, now: datetime) -> bool:
    """Whether that changed anything; what is so already keeps its older proof."""
    return bool(
        consent.set_consents(
            message.workspace_id,
            [
                consent.Answer(
                    message.profile_id,
                    medium,
                    topic,
                    state,
                    now,
                    proof.how,
                    wording,
                    ip=proof.ip,
                    user_agent=proof.user_agent[:500],
                )
                for medium, topic, state, wording in answers
            ],
        )
    )
