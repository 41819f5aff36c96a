from django.db import models

from workspaces.models import Workspace


class Suppression(models.Model):
    """An address that must not be written to: it bounced for good, complained, or was put here by hand."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    medium = models.CharField(max_length=16)
    address = models.TextField()
    reason = models.CharField(max_length=24)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "medium", "address"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.reason}"
