from django.db import models

from profiles.models.segment import Segment
from workspaces.models import Workspace


class TrackedSegment(models.Model):
    """A segment whose comings and goings somebody wants to know: they are written to SegmentChange."""

    segment = models.OneToOneField(
        Segment, primary_key=True, on_delete=models.CASCADE, related_name="tracked"
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.segment_id} tracked"


class SegmentMember(models.Model):
    """Who is in a segment, as far as it was looked; of a list: who is in it."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="members", db_index=False, db_constraint=False
    )  # a million rows at once: no check a row
    profile_id = models.BigIntegerField()
    since = models.DateTimeField()
    pk = models.CompositePrimaryKey("segment_id", "profile_id")

    def __str__(self) -> str:
        return f"{self.profile_id} in {self.segment_id}"


class SegmentMoment(models.Model):
    """When a person has to be looked at again, because time alone may let her into a segment or out of it by then."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    profile_id = models.BigIntegerField()
    due_at = models.DateTimeField(db_index=True)
    pk = models.CompositePrimaryKey("segment_id", "profile_id")

    def __str__(self) -> str:
        return f"{self.profile_id} in {self.segment_id} at {self.due_at}"


class SegmentLook(models.Model):
    """A look at a person that somebody owes: at one segment or (None) at all of them."""

    workspace_id = models.BigIntegerField()
    segment_id = models.BigIntegerField(null=True)
    profile_id = models.BigIntegerField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.profile_id} at {self.due_at}"


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


class SegmentDelta(models.Model):
    """By how many a batch changed the size of a segment; a clock job adds them up (Segment.size)."""

    segment_id = models.BigIntegerField()
    delta = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.delta:+d}"
