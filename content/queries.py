"""Reads that pages and the API share."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from content.models import Item
from workspaces.access import scoped
from workspaces.actor import Actor


def present(actor: Actor) -> QuerySet[Item]:
    """What she may view and nobody has put away; with team, last editor and languages."""
    rows = scoped(actor, Item).filter(archived_at=None)
    return rows.select_related("team", "updated_by").prefetch_related("variants")


def search(rows: QuerySet[Item], text: str) -> QuerySet[Item]:
    """By name, short name, or words inside."""
    text = text.strip()[:200].replace("\0", "")
    if not text:
        return rows
    inside = Item.objects.filter(
        Q(variants__data__subject__icontains=text) | Q(variants__data__body__icontains=text)
    ).values("pk")
    return rows.filter(Q(name__icontains=text) | Q(slug__icontains=text) | Q(pk__in=inside))
