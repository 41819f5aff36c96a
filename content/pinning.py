"""Freezing a content at the moment a message first needs it, so that later edits change nothing that is on its way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Max

from content.models import Item, ItemVersion
from content.personalise import digest_of
from lib import clock
from lib.fast_sql import array, run, texts

# (workspace, slug) -> (revision, version): what this process pinned last. Asked of the database again each time, since
# a transaction that made a version may have been rolled back.
_last: dict[tuple[int, str], tuple[int, int]] = {}
MOST = 10_000

STILL = """
select u.slug, v.id from unnest(%(slugs)s::text[], %(revisions)s::integer[], %(versions)s::bigint[])
    u(slug, revision, version)
join content_item i on i.workspace_id = %(workspace)s and i.slug = u.slug and i.revision = u.revision
    and i.archived_at is null
join content_itemversion v on v.id = u.version and v.item_id = i.id
"""


def pin(workspace_id: int, slugs: Iterable[str]) -> dict[str, int]:
    """The answer of `ask`, at once."""
    return ask(workspace_id, slugs)()


def ask(workspace_id: int, slugs: Iterable[str]) -> Callable[[], dict[str, int]]:
    """What returns (within `fast_sql.together`: after it) slug -> id of the version with the content's present words;
    made where it is missing. Slugs that name nothing, or something archived, are left out. One query when nothing
    changed."""
    wanted = set(slugs)
    last = {slug: _last[workspace_id, slug] for slug in wanted if (workspace_id, slug) in _last}
    asked = last and run(
        STILL,
        {
            "workspace": workspace_id,
            "slugs": texts(last),
            "revisions": array(revision for revision, _version in last.values()),
            "versions": array(version for _revision, version in last.values()),
        },
    )

    def answer() -> dict[str, int]:
        found: dict[str, int] = dict(asked.fetchall()) if asked else {}
        if wanted - found.keys():
            found |= _pin(workspace_id, wanted - found.keys())
        return found

    return answer


def _pin(workspace_id: int, slugs: set[str]) -> dict[str, int]:
    items = list(
        Item.objects.filter(workspace_id=workspace_id, slug__in=slugs, archived_at=None).prefetch_related(
            "variants"
        )
    )
    wanted = {item.pk: digest_of(words(item), item.default_locale) for item in items}
    versions = ItemVersion.objects.filter(item_id__in=wanted, digest__in=wanted.values())
    known = {(item_id, digest): pk for item_id, digest, pk in versions.values_list("item_id", "digest", "id")}
    found: dict[str, int] = {}
    for item in items:
        digest = wanted[item.pk]
        version = found[item.slug] = known.get((item.pk, digest)) or _freeze(item, digest)
        if len(_last) >= MOST:
            _last.clear()
        _last[workspace_id, item.slug] = (item.revision, version)
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
