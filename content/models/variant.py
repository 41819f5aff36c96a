from django.db import models

from content.models.item import Item


class Variant(models.Model):
    """One language of an item. `data` by medium: email subject, preheader, format (mjml or html), body; sms body."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="variants")
    locale = models.CharField(max_length=16)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "locale"], name="variant_locale_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.item} ({self.locale})"
