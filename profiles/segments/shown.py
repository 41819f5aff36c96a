"""People of a segment as a reader may see them: their names, and why they are in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from profiles.conditions import why_text
from profiles.masking import Show, masker
from profiles.models import Profile, Segment
from workspaces.actor import Actor

Why = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    profile: Profile
    name: str
    why: list[str]
    since: Any = None


def name_of(profile: Profile, show: Show) -> str:
    address = show("email", profile.email) or show("phone", profile.phone)
    return profile.name or str(profile.external_id or address or _("Not known yet"))


def facts(why: Why, show: Show) -> list[dict[str, Any]]:
    """The values of the parts, hidden where the reader may not see them."""
    return [
        {**fact, "value": show(fact["condition"]["attribute"], fact["value"])}
        if "attribute" in fact["condition"]
        else fact
        for fact in why
    ]


def shown(
    people: Iterable[tuple[Profile, Why]], actor: Actor, since: dict[int, Any] | None = None
) -> list[Shown]:
    show, known = masker(actor), since or {}
    return [
        Shown(
            profile,
            name_of(profile, show),
            [why_text(fact, actor.workspace) for fact in facts(why, show) if fact["result"]],
            known.get(profile.pk),
        )
        for profile, why in people
    ]


def since_of(segment: Segment, people: Iterable[int]) -> dict[int, Any]:
    """Since when each is in it, of those who are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select profile_id, since from profiles_segmentmember where segment_id = %s and profile_id = any(%s)",
            [segment.pk, list(people)],
        )
        return dict(cursor.fetchall())
