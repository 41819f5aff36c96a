import uuid

from django.db import models

from workspaces.models import Workspace


class Segment(models.Model):
    """A named condition. Evaluated where it is used, until segments keep members of their own."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="segments")
    slug = models.SlugField()
    name = models.CharField(max_length=120)
    condition = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="segment_slug_once")]

    def __str__(self) -> str:
        return self.name
