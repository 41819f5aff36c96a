"""What is erased is no example any more."""

from typing import Any

from django.dispatch import receiver

from profiles import signals
from profiles.catalogue.editing import forget_values
from profiles.models import Profile


@receiver(signals.profile_erased, dispatch_uid="catalogue.erased")
def erase(sender: Any, *, workspace_id: int, profile_ids: list[int], **_more: Any) -> None:
    """In the transaction of the erasure, while the values are still known. Others may have the same ones: new examples
    come with what they send."""
    for attributes in Profile.objects.filter(pk__in=profile_ids).values_list("attributes", flat=True):
        forget_values(workspace_id, list(attributes.values()))
