import uuid

from django.db import models

from workspaces.models import Team, User, Workspace


class Journey(models.Model):
    """The journey a team edits: its draft document (journeys.md 1) and its state.

    States: draft (never published), live, paused, stopped, archived. `revision` counts saves of the draft and is
    what If-Match compares. `live` is the version new people enter.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="journeys")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=160)
    state = models.CharField(max_length=12, default="draft")
    draft = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    live = models.ForeignKey(
        "journeys.Version", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now_add=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        permissions = [("publish_journey", "Can publish, pause and stop the journey")]
        ordering = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.name
