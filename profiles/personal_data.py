"""All that is kept of one person, part by part: what an export shows and what erasure has to reach.

    personal_data.register(Part("events", _("Events"), {"profiles.event"}, read))

`read` gives the rows of the person (all her ids: profiles that were merged into her keep theirs) as flat JSON-able
dicts, oldest first, without holding them all in memory. `covers` names the models whose rows it shows. Tables that
hold nothing a person could want to read (a place in a queue, a cursor) are named with `internal`, with the reason. A
contract test looks through all models: a table about people that is in neither, or that erasure leaves anything in,
fails it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise

from profiles.models import Profile

Row = dict[str, Any]
Read = Callable[[Profile, list[int]], Iterable[Row]]
CHUNK = 2000


@dataclass(frozen=True)
class Part:
    """key: its name in the JSON. order: its place among the others."""

    key: str
    label: str | Promise
    covers: frozenset[str]
    read: Read
    order: int = 100


_parts: dict[str, Part] = {}
_internal: dict[str, str] = {}


def register(key: str, label: str | Promise, covers: Iterable[str], read: Read, *, order: int = 100) -> None:
    _parts[key] = Part(key, label, frozenset(covers), read, order)


def internal(model: str, why: str) -> None:
    _internal[model] = why


def parts() -> list[Part]:
    return sorted(_parts.values(), key=lambda part: (part.order, part.key))


def covered() -> set[str]:
    """The models that somebody answers for, as "profiles.event"."""
    return {model for part in _parts.values() for model in part.covers} | set(_internal)


def ids_of(profile: Profile) -> list[int]:
    """Hers, and those of the profiles that were merged into her."""
    return [profile.pk, *Profile.objects.filter(merged_into=profile.pk).values_list("pk", flat=True)]


def table(model: type[models.Model], *fields: str, order: str, by: str = "profile_id") -> Read:
    """The person's rows of a table, these columns of them."""

    def read(profile: Profile, ids: list[int]) -> Iterator[Row]:
        rows = model._default_manager.filter(**{f"{by}__in": ids}).order_by(*order.split())
        yield from rows.values(*fields).iterator(chunk_size=CHUNK)

    return read
