"""A person says what she wants to get: by the mailbox's unsubscribe button, or on her preference page.

Withdrawing is idempotent: mailboxes and people press twice. What she agreed to or not, when, how and by which words
is kept with the consent, as proof.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from channels import happened
from channels.models import Message
from profiles import consent
from profiles.models import Consent, Topic

EVERYTHING = "*"


@dataclass(frozen=True)
class Choice:
    """A topic on the preference page, and whether she gets it now."""

    slug: str
    name: str
    wanted: bool


def choices(message: Message) -> list[Choice]:
    """The topics she may choose from: the workspace's, and the message's own."""
    topics = list(
        Topic.objects.filter(workspace_id=message.workspace_id, transactional=False).values_list(
            "slug", "name"
        )
    )
    if message.topic and not message.transactional and message.topic not in dict(topics):
        topics.insert(0, (message.topic, message.topic.replace("-", " ").capitalize()))
    rows = {
        row.topic: row for row in Consent.objects.filter(profile_id=message.profile_id, medium=message.medium)
    }
    every = rows.get(EVERYTHING)
    return [Choice(slug, name, _wanted(rows.get(slug), every)) for slug, name in topics]


def withdraw(message: Message, how: str, wording: str, now: datetime) -> None:
    """No more of what this message was about."""
    topic = message.topic or EVERYTHING
    if _set(message, {topic: "withdrawn"}, how, wording, now):
        happened.unsubscribed(message, [topic], how, now)


def withdraw_everything(message: Message, how: str, wording: str, now: datetime) -> None:
    """Nothing more by this medium, but for what is no advertising."""
    topics = {choice.slug: "withdrawn" for choice in choices(message)} | {EVERYTHING: "withdrawn"}
    if _set(message, topics, how, wording, now):
        happened.unsubscribed(message, [EVERYTHING], how, now)


def choose(message: Message, wanted: Iterable[str], how: str, wording: str, now: datetime) -> None:
    """Exactly these topics; what she changed is written, the rest left as it was."""
    kept = set(wanted)
    changes = {
        choice.slug: "granted" if choice.slug in kept else "withdrawn"
        for choice in choices(message)
        if (choice.slug in kept) != choice.wanted
    }
    _set(message, changes, how, wording, now)
    if gone := sorted(topic for topic, state in changes.items() if state == "withdrawn"):
        happened.unsubscribed(message, gone, how, now)


def _wanted(own: Consent | None, every: Consent | None) -> bool:
    # As eligibility.CONSENTED has it.
    if own and own.state == "granted":
        return not (every and every.state == "withdrawn" and own.at < every.at)
    return bool(every and every.state == "granted" and not (own and own.state == "withdrawn"))


def _set(message: Message, topics: dict[str, str], how: str, wording: str, now: datetime) -> bool:
    """Whether that changed anything; what is so already keeps its older proof."""
    answers = [
        consent.Answer(message.profile_id, message.medium, topic, state, now, how, wording)
        for topic, state in topics.items()
    ]
    return bool(consent.set_consents(message.workspace_id, answers))
