from django.db import models

from profiles.models.segment import Segment
from workspaces.models import Workspace


class TrackedSegment(models.Model):
    """A segment whose comings and goings somebody wants to know. Its row is locked by whoever changes its members, so
    that the last to look at a person has seen everything; `next_at`: when everyone is looked at again."""

    segment = models.OneToOneField(
        Segment, primary_key=True, on_delete=models.CASCADE, related_name="tracked"
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.segment_id} tracked"


class SegmentMember(models.Model):
    """Who is in a tracked segment, as far as it was looked."""

    segment = models.ForeignKey(
        TrackedSegment, on_delete=models.CASCADE, related_name="members", db_index=False, db_constraint=False
    )  # a million rows at once: no check a row
    profile_id = models.BigIntegerField()
    since = models.DateTimeField()
    pk = models.CompositePrimaryKey("segment_id", "profile_id")

    def __str__(self) -> str:
        return f"{self.profile_id} in {self.segment_id}"


class SegmentChange(models.Model):
    """Somebody entered or left a tracked segment: written with the membership, deleted by whoever acts on it, in the
    transaction in which that is done."""

    workspace_id = models.BigIntegerField()
    segment = models.ForeignKey(
        TrackedSegment, on_delete=models.CASCADE, related_name="changes", db_constraint=False
    )
    profile_id = models.BigIntegerField()
    entered = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.profile_id} {'entered' if self.entered else 'left'} {self.segment_id}"
