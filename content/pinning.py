"""Freezing a content at the moment a message first needs it, so that later edits change nothing that is on its way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Max

from content.models import Item, ItemVersion
from content.personalise import digest_of
from lib import clock


def pin(workspace_id: int, slugs: Iterable[str]) -> dict[str, int]:
    """slug -> id of the version with the content's present words; made where it is missing. Slugs that name nothing,
    or something archived, are left out. Two queries when nothing changed."""
    items = list(
        Item.objects.filter(
            workspace_id=workspace_id, slug__in=set(slugs), archived_at=None
        ).prefetch_related("variants")
    )
    wanted = {item.pk: digest_of(words(item), item.default_locale) for item in items}
    versions = ItemVersion.objects.filter(item_id__in=wanted, digest__in=wanted.values())
    known = {(item_id, digest): pk for item_id, digest, pk in versions.values_list("item_id", "digest", "id")}
    found: dict[str, int] = {}
    for item in items:
        digest = wanted[item.pk]
        found[item.slug] = known.get((item.pk, digest)) or _freeze(item, digest)
    return found


def words(item: Item) -> dict[str, Mapping[str, Any]]:
    """{"en": {...}, "ko": {...}}; uses what is prefetched."""
    return {variant.locale: variant.data for variant in item.variants.all()}


FREEZE = """
insert into content_itemversion (item_id, number, digest, default_locale, variants, created_at)
values (%s, %s, %s, %s, %s::jsonb, %s)
on conflict do nothing
returning id
"""


def _freeze(item: Item, digest: str) -> int:
    """Two processes may freeze the same words at once, or different words under the same number: conflicts do nothing,
    and whoever loses looks again."""
    for _attempt in range(20):
        number = (ItemVersion.objects.filter(item=item).aggregate(last=Max("number"))["last"] or 0) + 1
        variants = json.dumps(words(item), ensure_ascii=False)
        with connection.cursor() as cursor:
            cursor.execute(FREEZE, [item.pk, number, digest, item.default_locale, variants, clock.now()])
            if made := cursor.fetchone():
                return int(made[0])
        if found := ItemVersion.objects.filter(item=item, digest=digest).values_list("id", flat=True).first():
            return found
    raise RuntimeError(f"content {item.pk} could not be frozen")
