"""The version of a content that a message says: frozen the first time something needs it, the same until it changes."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from content.models import Item, ItemVersion


def digest_of(default_locale: str, variants: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([default_locale, variants], sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def pin(workspace_id: int, slugs: Sequence[str]) -> dict[str, int]:
    """{slug: id of the ItemVersion as it stands now}; slugs that don't exist are left out. Two queries when nothing changed."""
    items = list(
        Item.objects.filter(workspace_id=workspace_id, slug__in=set(slugs), archived_at=None).prefetch_related("variants")
    )
    wanted = {}
    for item in items:
        variants = {variant.locale: variant.data for variant in item.variants.all()}
        wanted[item] = (digest_of(item.default_locale, variants), variants)
    there = {
        (item_id, digest): pk
        for pk, item_id, digest in ItemVersion.objects.filter(
            item__in=items, digest__in=[digest for digest, _variants in wanted.values()]
        ).values_list("pk", "item_id", "digest")
    }
    return {
        item.slug: there.get((item.pk, digest)) or _freeze(item, digest, variants) for item, (digest, variants) in wanted.items()
    }


def _freeze(item: Item, digest: str, variants: dict[str, Any]) -> int:
    for _turn in range(5):
        number = (item.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                return ItemVersion.objects.create(
                    item=item, number=number, digest=digest, default_locale=item.default_locale, variants=variants
                ).pk
        except IntegrityError:  # another process froze it, or took the number, at the same moment
            if found := item.versions.filter(digest=digest).values_list("pk", flat=True).first():
                return found
    raise RuntimeError(f"content {item.pk} could not be frozen")
