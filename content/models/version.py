from django.db import models

from content.models.item import Item


class ItemVersion(models.Model):
    """An item as it stood when a message first needed it; frozen. Messages pin one, so later edits change nothing sent.

    `variants`: {"en": {...}, "ko": {...}}; `digest`: SHA-256 of variants and default locale, unique in the item.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    default_locale = models.CharField(max_length=16)
    variants = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="item_version_once"),
            models.UniqueConstraint(fields=["item", "digest"], name="item_digest_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item} v{self.number}"
