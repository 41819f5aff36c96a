import uuid

from django.db import models

from workspaces.models import Workspace


class Store(models.Model):
    """A place that people can be near to. Conditions name it by `slug`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stores")
    slug = models.SlugField(max_length=60, allow_unicode=True)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=300, default="", blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="store_slug_once")]

    def __str__(self) -> str:
        return self.name
