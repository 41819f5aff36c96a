"""People of a segment as a reader may see them: their names, and why they are in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from profiles.conditions import why_text
from profiles.masking import facts, masker, name_of
from profiles.models import Profile, Segment
from workspaces.actor import Actor

Why = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    profile: Profile
    name: str
    why: list[str]
    since: Any = None


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
