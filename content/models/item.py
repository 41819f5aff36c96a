import uuid

from django.db import models

from workspaces.models import Team, User, Workspace


class Item(models.Model):
    """A content: what a message says, on one medium, in one or more languages. Journeys name it by slug."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="content_items")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    slug = models.SlugField(max_length=80, allow_unicode=True)
    name = models.CharField(max_length=120)
    medium = models.CharField(max_length=16)
    default_locale = models.CharField(max_length=16, default="en")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="content_slug_once")]
        permissions = [("approve_item", "Can approve content")]
        ordering = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.name
