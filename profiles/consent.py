"""What a person allows: granted or withdrawn, for a medium and a topic. The later answer holds.

Every answer that changes something goes into the history (ConsentChange) in the same statement. A yes by e-mail to a
topic with double opt-in, or to everything where there is such a topic, is no consent yet: it becomes a PendingConsent,
and whoever registered with `when_asked` writes the mail that asks for the click (profiles.double_opt_in).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from lib import clock
from profiles import announcements, night
from profiles.call import Consents
from profiles.models import Consent

GRANTED, WITHDRAWN = "granted", "withdrawn"
STATES = (GRANTED, WITHDRAWN)
EVERY_TOPIC = "*"
_MEDIUM = re.compile(r"[a-z][a-z0-9_]{0,15}")
_TOPIC = re.compile(r"\*|[-a-zA-Z0-9_]{1,50}")

WAITS = timedelta(days=7)  # for the click

WRITE = """
with given as materialized (
    select n.*, p.workspace_id, n.medium = 'email' and n.state = 'granted' and not n.confirmed and exists (
        select from profiles_topic t where t.workspace_id = p.workspace_id and t.double_opt_in
            and t.archived_at is null and (t.slug = n.topic or n.topic = '*')
    ) as ask
    from jsonb_to_recordset(%(rows)s::jsonb) as n(profile_id bigint, medium text, topic text, state text,
        at timestamptz, how text, wording text, confirmed boolean, source_id bigint, ip inet, user_agent text)
    join profiles_profile p on p.id = n.profile_id
), asked as (
    insert into profiles_pendingconsent as w (public_id, workspace_id, profile_id, medium, topic, asked_at, how,
        wording, source_id, address, mails, expires_at)
    select gen_random_uuid(), workspace_id, profile_id, medium, topic, at, how, wording, source_id, '', 0,
        at + %(waits)s
    from given n where ask and not exists (
        select from profiles_consent c where c.profile_id = n.profile_id and c.medium = n.medium
            and c.topic = n.topic and (c.state = 'granted' or c.at > n.at))
    order by profile_id, medium, topic
    on conflict (profile_id, medium, topic) do update
    set asked_at = excluded.asked_at, how = excluded.how, wording = excluded.wording,
        source_id = excluded.source_id, expires_at = excluded.expires_at,
        mails = case when w.expires_at < excluded.asked_at then 0 else w.mails end
    where excluded.asked_at >= w.asked_at
    returning id, profile_id, medium, topic, mails
), settled as (
    delete from profiles_pendingconsent w using given n
    where w.profile_id = n.profile_id and w.medium = n.medium and not n.ask and n.at >= w.asked_at
        and (w.topic = n.topic or (n.topic = '*' and n.state = 'withdrawn'))
), written as (
    insert into profiles_consent (profile_id, medium, topic, state, at, how, wording)
    select profile_id, medium, topic, state, at, how, wording from given where not ask
    order by profile_id, medium, topic
    on conflict (profile_id, medium, topic) do update
    set state = excluded.state, at = excluded.at, how = excluded.how, wording = excluded.wording
    where excluded.at >= profiles_consent.at and excluded.state <> profiles_consent.state
    returning profile_id, medium, topic
), noted as (
    insert into profiles_consentchange (profile_id, medium, topic, state, at, recorded_at, how, wording, source_id,
        ip, user_agent)
    select profile_id, medium, topic, case when ask then 'asked' else state end, at, %(now)s, how, wording,
        source_id, ip, user_agent
    from given n join (
        select profile_id, medium, topic from written union all
        select profile_id, medium, topic from asked where mails = 0
    ) done using (profile_id, medium, topic)
    order by profile_id, medium, topic
)
select profile_id, null from written union all select null, id from asked
"""

# Two profiles become one: the proof goes along; what waits for a click of both waits once.
MERGE = (
    "update profiles_consentchange c set profile_id = m.target from {pairs} where c.profile_id = m.merged",
    """update profiles_pendingconsent w set profile_id = m.target from {pairs} where w.profile_id = m.merged
       and w.id = (
           select max(o.id) from profiles_pendingconsent o join {pairs2} on o.profile_id = m2.merged
           where m2.target = m.target and o.medium = w.medium and o.topic = w.topic)
       and not exists (select from profiles_pendingconsent k where k.profile_id = m.target
                       and k.medium = w.medium and k.topic = w.topic)""",
    "delete from profiles_pendingconsent w using {pairs} where w.profile_id = m.merged",
    """insert into profiles_pause (profile_id, until) select m.target, max(p.until)
       from {pairs} join profiles_pause p on p.profile_id = m.merged group by m.target
       on conflict (profile_id) do update set until = greatest(profiles_pause.until, excluded.until)""",
    "delete from profiles_pause p using {pairs} where p.profile_id = m.merged",
)

# Called in the transaction with the ids of the answers that wait for a click now: (cursor, ids, now).
Asker = Callable[[CursorWrapper, Sequence[int], datetime], None]
_askers: list[Asker] = []


def when_asked(asker: Asker) -> None:
    if asker not in _askers:
        _askers.append(asker)


@dataclass(frozen=True, slots=True)
class Answer:
    profile_id: int
    medium: str
    topic: str
    state: str
    at: datetime
    how: str = ""
    wording: str = ""
    confirmed: bool = False  # by a click in her mailbox, or the company vouches for it: double opt-in is over
    source_id: int | None = None
    ip: str | None = None
    user_agent: str = ""


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
            if medium == night.MEDIUM and topic != EVERY_TOPIC:
                raise ValueError("consents.night is granted or withdrawn, for no topic of its own")
            if not _TOPIC.fullmatch(topic):
                raise ValueError(f"consents.{medium}: {topic[:40]!r} is no topic")
            if state not in STATES:
                raise ValueError(f"consents.{medium}.{topic} must be granted or withdrawn")
            found.setdefault(medium, {})[topic] = state
    return found


def write(cursor: CursorWrapper, answers: Iterable[Answer], now: datetime | None = None) -> list[int]:
    """In one statement; returns the ids of the profiles whose consents are other than before."""
    latest: dict[tuple[int, str, str], Answer] = {}
    for answer in answers:
        key = (answer.profile_id, answer.medium, answer.topic)
        if key not in latest or latest[key].at <= answer.at:
            latest[key] = answer
    if not latest:
        return []
    now = now or clock.now()
    rows = msgspec.json.encode(list(latest.values())).decode()
    values: dict[str, Any] = {"rows": rows, "now": now, "waits": WAITS}
    cursor.execute(WRITE, values)
    changed, asked = set(), []
    for profile_id, pending in cursor.fetchall():
        if pending is None:
            changed.add(profile_id)
        else:
            asked.append(pending)
    if asked:
        for asker in _askers:
            asker(cursor, asked, now)
    return sorted(changed)


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
