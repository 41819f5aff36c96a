"""Reads that pages and the API share."""

from collections.abc import Sequence

from django.db.models import Count

from channels.models import Message


def unsettled_by_account(account_ids: Sequence[int]) -> dict[int, int]:
    """How many messages wait to be sent through each account."""
    rows = Message.objects.filter(account_id__in=account_ids, state="created", frozen=False)
    return dict(rows.values_list("account_id").annotate(n=Count("id")))
