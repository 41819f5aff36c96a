import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from lib import clock
from workspaces.models import Team, Workspace


class Segment(models.Model):
    """A named set of people: those for whom a condition holds, or a list kept by hand. Its members are kept fresh
    (profiles.membership). `version` counts what people changed; `stale_since`: when everyone had to be looked at anew,
    and hasn't been yet."""

    RULES, LIST = "rules", "list"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="segments")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    slug = models.SlugField()
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True, default="")
    kind = models.CharField(max_length=8, default=RULES)
    condition = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    stale_since = models.DateTimeField(null=True, default=clock.now)
    quiet = models.BooleanField(default=True)  # that look is no news: nobody enters a journey by it
    filled_at = models.DateTimeField(null=True)
    repair_at = models.DateTimeField(
        null=True
    )  # everyone is compared once more, in case something was missed
    size = models.BigIntegerField(default=0)  # without what SegmentDelta still holds

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="segment_slug_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_list(self) -> bool:
        return self.kind == self.LIST

    @property
    def is_counting(self) -> bool:
        return self.stale_since is not None and not self.is_list


class SegmentStamp(models.Model):
    """Grows with every change of a workspace's segments (by a trigger): whoever keeps them in memory compares it."""

    workspace = models.OneToOneField(Workspace, primary_key=True, on_delete=models.CASCADE, related_name="+")
    number = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.number}"


class SegmentSize(models.Model):
    """How many were in a segment at the end of a day (of the workspace), or are by now."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="sizes", db_index=False)
    day = models.DateField()
    size = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="segment_size_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.day}: {self.size}"


class SegmentUpload(models.Model):
    """A file of names for a list: what became of its lines. The names themselves are not kept."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    lines = models.PositiveIntegerField()
    matched = models.PositiveIntegerField()
    added = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.file_name
