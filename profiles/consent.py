"""What a person allows: granted or withdrawn, for a medium and a topic. The later answer holds."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from lib import clock
from profiles import announcements
from profiles.call import Consents
from profiles.models import Consent

GRANTED, WITHDRAWN = "granted", "withdrawn"
STATES = (GRANTED, WITHDRAWN)
EVERY_TOPIC = "*"
_MEDIUM = re.compile(r"[a-z][a-z0-9_]{0,15}")
_TOPIC = re.compile(r"\*|[-a-zA-Z0-9_]{1,50}")

WRITE = """
insert into profiles_consent (profile_id, medium, topic, state, at, how, wording)
select n.profile_id, n.medium, n.topic, n.state, n.at, n.how, n.wording
from jsonb_to_recordset(%s::jsonb)
     as n(profile_id bigint, medium text, topic text, state text, at timestamptz, how text, wording text)
order by n.profile_id, n.medium, n.topic
on conflict (profile_id, medium, topic) do update
set state = excluded.state, at = excluded.at, how = excluded.how, wording = excluded.wording
where excluded.at >= profiles_consent.at and excluded.state <> profiles_consent.state
returning profile_id
"""


@dataclass(frozen=True, slots=True)
class Answer:
    profile_id: int
    medium: str
    topic: str
    state: str
    at: datetime
    how: str = ""
    wording: str = ""


def read(value: Any) -> Consents:
    """{"email": {"offers": "granted"}}, or {"email": "granted"} for every topic; ValueError with the reason."""
    if not isinstance(value, dict):
        raise ValueError('consents must look like {"email": {"offers": "granted"}}')
    found: Consents = {}
    for medium, topics in value.items():
        if not _MEDIUM.fullmatch(medium):
            raise ValueError(f"consents: {medium[:40]!r} is no medium")
        topics = {EVERY_TOPIC: topics} if isinstance(topics, str) else topics
        if not isinstance(topics, dict):
            raise ValueError(f"consents.{medium} must name topics")
        for topic, state in topics.items():
            if not _TOPIC.fullmatch(topic):
                raise ValueError(f"consents.{medium}: {topic[:40]!r} is no topic")
            if state not in STATES:
                raise ValueError(f"consents.{medium}.{topic} must be granted or withdrawn")
            found.setdefault(medium, {})[topic] = state
    return found


def write(cursor: CursorWrapper, answers: Iterable[Answer]) -> list[int]:
    """In one statement; returns the ids of the profiles whose consents are other than before."""
    latest: dict[tuple[int, str, str], Answer] = {}
    for answer in answers:
        key = (answer.profile_id, answer.medium, answer.topic)
        if key not in latest or latest[key].at <= answer.at:
            latest[key] = answer
    if not latest:
        return []
    cursor.execute(WRITE, [msgspec.json.encode(list(latest.values())).decode()])
    return sorted({pk for (pk,) in cursor.fetchall()})


def set_consents(workspace_id: int, answers: list[Answer]) -> list[int]:
    """Writes the answers and tells who listens, after commit, which people changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        if changed := write(cursor, answers):
            told, minded = None, announcements.minds(workspace_id, set(), changed=True)
            if minded is not False:
                told, _none = announcements.number(cursor, workspace_id, clock.now(), changed=changed)
            announcements.announce(told, workspace_id, [], changed, minded)
    return changed


def of(profile_id: int) -> Consents:
    """The person's answers as {"email": {"offers": "granted"}}."""
    found: Consents = {}
    for medium, topic, state in Consent.objects.filter(profile_id=profile_id).values_list(
        "medium", "topic", "state"
    ):
        found.setdefault(medium, {})[topic] = state
    return found
