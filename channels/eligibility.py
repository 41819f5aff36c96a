"""May this message go to these people? One statement for a whole batch, the same for the engine and the simulator."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import repeat

import msgspec

from channels import caps
from channels.media import Medium
from lib.fast_sql import bigints, run
from profiles import night


class Eligibility(msgspec.Struct, frozen=True, gc=False):
    """`reason` None: it may go. Else no_address, suppressed, paused, no_consent or frequency_cap (journeys.md 7a), the
    first that holds. `night`: not between 21:00 and 08:00, for she did not agree to that (profiles.night)."""

    address: str
    locale: str
    reason: str | None
    transactional: bool
    night: bool = False


# Consent: the topic's own row decides; "*" grants what has no row of its own. Someone who withdrew everything gets
# nothing but what she granted afterwards. A transactional topic (order papers) needs none.
CONSENTED = """
    (own.state = 'granted' and (every.state is distinct from 'withdrawn' or own.at >= every.at))
    or (every.state = 'granted' and own.state is distinct from 'withdrawn')
"""

_CAPPED = caps.reached(
    workspace="workspace", person="person.id", medium="%(medium)s", now="%(now)s::timestamptz"
)

# Asked only where the workspace wants it.
_NIGHT = """
    case when workspace.night_consent and not coalesce(topic.transactional, false) then not exists (
        select 1 from profiles_consent c
        where c.profile_id = person.id and c.medium = 'night' and c.topic = '*' and c.state = 'granted'
    ) else false end
"""

# Each table is read once, along its index, for all of them. A full join can't be done person by person, as a left join
# would where the planner takes thousands of ids for ten; rows of nobody (erased people) are passed over.
_CHECK = """
    select person.id, coalesce(person.address, ''),
        coalesce(nullif(person.locale, ''), workspace.default_locale),
        case
            when person.address is null then 'no_address'
            when exists (
                select 1 from channels_suppression s
                where s.workspace_id = %(workspace)s and s.medium = %(medium)s and s.address = person.address
            ) then 'suppressed'
            when coalesce(topic.transactional, false) then null
            when rest.profile_id is not null then 'paused'
            when not coalesce({consented}, false) then 'no_consent'
            when {capped} then 'frequency_cap'
        end,
        coalesce(topic.transactional, false), {night}
    from workspaces_workspace workspace
    left join profiles_topic topic on topic.workspace_id = workspace.id and topic.slug = %(topic)s
    left join (
        (
            select p.id, {address} address, p.attributes ->> 'locale' locale
            from profiles_profile p
            where p.id = any(%(ids)s::bigint[]) and p.workspace_id = %(workspace)s and p.erased_at is null
        ) person
        full join (
            select c.profile_id, c.state, c.at from profiles_consent c
            where c.profile_id = any(%(ids)s::bigint[]) and c.medium = %(medium)s and c.topic = %(topic)s
        ) own on own.profile_id = person.id
        full join (
            select c.profile_id, c.state, c.at from profiles_consent c
            where c.profile_id = any(%(ids)s::bigint[]) and c.medium = %(medium)s and c.topic = '*'
        ) every on every.profile_id = person.id
        full join (
            select p.profile_id from profiles_pause p
            where p.profile_id = any(%(ids)s::bigint[]) and p.until > %(now)s::timestamptz
        ) rest on rest.profile_id = person.id
    ) on true
    where workspace.id = %(workspace)s
"""


# As one row of columns: thousands of rows would cost several times as much.
_COLUMNS = (
    "select array_agg(id), array_agg(address), array_agg(locale), array_agg(reason), array_agg(transactional), "
    "array_agg(by_day) from ({check}) found(id, address, locale, reason, transactional, by_day)"
)
MANY = 50


def ask(
    workspace_id: int, medium: str, topic: str, profile_ids: Sequence[int], now: datetime
) -> Callable[[], list[Eligibility]]:
    """What returns one answer a profile id, in the order given; within `fast_sql.together`, after it. People unknown to
    the workspace have no address. ValueError for an unknown medium."""
    if not profile_ids:
        return list
    kind = Medium(medium)
    check = _CHECK.format(
        consented=CONSENTED,
        address=kind.address_sql,
        capped=_CAPPED,
        night=_NIGHT if medium in night.HELD else "false",
    )
    many = len(profile_ids) > MANY
    asked = run(
        _COLUMNS.format(check=check) if many else check,
        {
            "workspace": workspace_id,
            "medium": medium,
            "topic": topic,
            "ids": bigints(sorted(profile_ids)),
            "now": now,
        },
    )

    def answer() -> list[Eligibility]:
        found = asked.fetchall()
        if many:
            ids, addresses, *rest = found[0] if found[0][0] else ((), (), (), (), (), ())
        else:
            ids, addresses, *rest = zip(*found, strict=True) if found else ((), (), (), (), (), ())
        known = dict(zip(ids, map(Eligibility, addresses, *rest), strict=True))
        # The look of an address is tested here: PostgreSQL takes four times as long for it.
        for id_, fits in zip(ids, map(kind.look, addresses), strict=True):
            if not fits:
                known[id_] = msgspec.structs.replace(known[id_], reason="no_address")
        nobody = Eligibility("", "", "no_address", bool(known) and next(iter(known.values())).transactional)
        return list(map(known.get, profile_ids, repeat(nobody)))

    return answer


def check(
    workspace_id: int, medium: str, topic: str, profile_ids: Sequence[int], now: datetime
) -> list[Eligibility]:
    """The answers of `ask`, at once."""
    return ask(workspace_id, medium, topic, profile_ids, now)()
