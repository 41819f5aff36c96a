"""Whom a journey may be tested with, as the canvas shows people: a name, and what tells her from her namesakes."""

import random
from typing import Any

from django.db import connection

from profiles import masking, queries
from profiles.models import Profile
from workspaces.actor import Actor

# From a random id on, the next living person of the workspace: one walk down the primary key each.
_DRAWN = """
select array(
    select distinct (
        select p.id from profiles_profile p
        where p.workspace_id = %s and p.merged_into_id is null and p.erased_at is null and p.id >= drawn
        order by p.id limit 1
    ) from unnest(%s::bigint[]) drawn
)
"""
_TRIES = 4  # ids may lie unevenly, so that two draws meet the same person


def shown(person: Profile, show: Any) -> dict[str, Any]:
    name = masking.name_of(person, show)
    known = [str(part) for part in (person.external_id, show("email", person.email)) if part]
    return {
        "id": str(person.public_id),
        "name": name,
        "detail": " · ".join(part for part in known if part != name),
        "locale": person.attributes.get("locale"),
    }


def some(actor: Actor, count: int) -> list[Profile]:
    """So many people at random; fewer where there are fewer."""
    living = queries.living(actor)
    first = living.order_by("pk").values_list("pk", flat=True).first()
    last = living.order_by("-pk").values_list("pk", flat=True).first()
    if first is None or last is None:
        return []
    if last - first < count * _TRIES:
        draws = list(range(first, last + 1))
    else:
        draws = [random.randint(first, last) for _ in range(count * _TRIES)]  # noqa: S311 - no secret
    with connection.cursor() as cursor:
        cursor.execute(_DRAWN, [actor.workspace.pk, draws])
        ids = [found for found in cursor.fetchone()[0] if found is not None]
    random.shuffle(ids)
    people = list(living.filter(pk__in=ids[:count]))
    random.shuffle(people)
    return people
