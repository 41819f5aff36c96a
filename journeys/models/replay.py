import uuid

from django.db import models

from journeys.models.journey import Journey
from workspaces.models import User


class Replay(models.Model):
    """A request to run the last `days` of real events through the draft and the live version, and its report.

    States: queued, running (`claimed_until` is its worker's lease; an abandoned one is taken up again), done, failed.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="replays")
    days = models.PositiveSmallIntegerField()
    sample = models.PositiveIntegerField()
    revision = models.PositiveIntegerField()  # of the draft it runs
    state = models.CharField(max_length=10, default="queued")
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], name="replay_open", condition=models.Q(state__in=["queued", "running"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.days} days through {self.journey}"
