"""What people may say yes or no to: made, described, put in order, archived."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from profiles import topic_uses
from profiles.models import Topic
from workspaces import audit
from workspaces.actor import Actor

FIELDS = (
    "name", "name_ko", "description", "description_ko", "transactional", "double_opt_in", "media",
)  # fmt: skip


class InUse(Exception):
    """Journeys send about it. `uses`: [(title, url)]."""

    def __init__(self, uses: list[tuple[str, str]]) -> None:
        names = ", ".join(title for title, _url in uses[:3])
        super().__init__(_("It is used in %(names)s.") % {"names": names})
        self.uses = uses


@transaction.atomic
def create(actor: Actor, values: dict[str, Any], now: datetime) -> Topic:
    """values: FIELDS, and maybe `slug`, the name by which journeys and calls know it: it never changes."""
    rows = Topic.objects.filter(workspace=actor.workspace)
    last = rows.aggregate(last=Max("position"))["last"] or 0
    topic = Topic.objects.create(
        workspace=actor.workspace,
        slug=values.get("slug") or _free_slug(actor.workspace.pk, values["name"]),
        position=last + 1,
        **{key: values[key] for key in FIELDS},
    )
    audit.record(actor, "topic.created", topic, at=now)
    return topic


@transaction.atomic
def change(actor: Actor, topic: Topic, values: dict[str, Any], now: datetime) -> list[str]:
    """Names and rules, never the slug. Returns what is other than before."""
    changed = [key for key in FIELDS if getattr(topic, key) != values[key]]
    if changed:
        for key in changed:
            setattr(topic, key, values[key])
        topic.save(update_fields=changed)
        audit.record(actor, "topic.changed", topic, {"fields": changed}, at=now)
    return changed


@transaction.atomic
def archive(actor: Actor, topic: Topic, now: datetime) -> None:
    """Offered nowhere from now on; answers and their proof stay. InUse where journeys need it."""
    if uses := topic_uses.of(topic.workspace_id, topic.slug):
        raise InUse(uses)
    Topic.objects.filter(pk=topic.pk).update(archived_at=now)
    audit.record(actor, "topic.archived", topic, at=now)


@transaction.atomic
def restore(actor: Actor, topic: Topic, now: datetime) -> None:
    Topic.objects.filter(pk=topic.pk).update(archived_at=None)
    audit.record(actor, "topic.restored", topic, at=now)


@transaction.atomic
def move(actor: Actor, topic: Topic, step: int) -> None:
    """One place up (-1) or down (1) in the order in which people see them."""
    rows = list(Topic.objects.select_for_update().filter(workspace_id=topic.workspace_id, archived_at=None))
    at = next((place for place, row in enumerate(rows) if row.pk == topic.pk), None)
    if at is None or not 0 <= at + step < len(rows):
        return
    rows[at], rows[at + step] = rows[at + step], rows[at]
    for place, row in enumerate(rows, 1):
        row.position = place
    Topic.objects.bulk_update(rows, ["position"])


def _free_slug(workspace_id: int, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "topic"
    taken = set(Topic.objects.filter(workspace_id=workspace_id).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug
