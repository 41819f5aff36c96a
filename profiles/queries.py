"""Reads that pages and the API share."""

from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.expressions import RawSQL

from profiles import standard
from profiles.models import Profile, Topic
from workspaces.access import scoped
from workspaces.actor import Actor
from workspaces.models import Workspace

# The expression of the index profile_name (migration 0002): word by word the same, or it isn't used.
NAME = (
    "lower(coalesce(attributes->>'first_name', '') || ' ' || coalesce(attributes->>'last_name', '')"
    " || coalesce(attributes->>'first_name', '') || ' ' || coalesce(attributes->>'name', ''))"
)


def living(actor: Actor) -> QuerySet[Profile]:
    """The workspace's people, without those that were merged away or erased."""
    return scoped(actor, Profile).filter(merged_into=None, erased_at=None)


def search(rows: QuerySet[Profile], text: str, actor: Actor) -> QuerySet[Profile]:
    """By name, external id, and, for those who may see them, the beginning of an address or a phone number."""
    text = text.strip()[:200].replace("\0", "")
    if not text:
        return rows
    rows = rows.annotate(full_name=RawSQL(NAME, (), TextField()))  # noqa: S611 - a constant
    found = Q(full_name__contains=text.lower()) | Q(external_id__startswith=text)
    if actor.can("people.view_contact"):
        found |= Q(email__startswith=text.lower())
        region = standard.region_of(actor.workspace.default_locale)
        number = standard.phone(text, region)
        if number.startswith("+"):
            found |= Q(phone=number)
        elif text.replace("-", "").isdigit() and len(text) >= 4:
            found |= Q(phone__startswith=text.replace("-", ""))
    return rows.filter(found)


def contact(profile: Profile) -> dict[str, Any]:
    return {"email": profile.attributes.get("email"), "phone": profile.attributes.get("phone")}


def topic_choices(workspace: Workspace) -> list[tuple[str, str]]:
    """(slug, name in the reader's language) of the topics that are in use."""
    topics = Topic.objects.filter(workspace=workspace, archived_at=None)
    return [(topic.slug, topic.shown_name) for topic in topics]
