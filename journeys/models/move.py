from django.db import models

from journeys.models.journey import Journey
from journeys.models.version import Version
from lib.stored_json import StoredJSON
from workspaces.models import User


class Move(models.Model):
    """The people inside a journey change to `version` (journeys.md 7), worked off in chunks that each commit.

    state: moving, moved, undoing, undone. `targets`: removed step -> where its people go, null: they leave. `look_at`:
    when the clock looks at it next; null: nothing is left to do. `cursor` and `cursor_key`: how far this round came, a
    profile and an instance key (undoing: an enrolment). Undone as long as `undo_until` lies ahead and for whoever has
    not moved on. `left`: those who had, when it was undone.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="moves")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, default="moving")
    targets = models.JSONField(default=dict)
    total = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    released = models.BigIntegerField(
        default=0
    )  # of those: went on at once, for their wait is over in the new version
    sent_on = models.BigIntegerField(default=0)  # of those: stood at a step that is gone, and went to another
    ended = models.BigIntegerField(default=0)  # of those: stood at a step that is gone, and left
    undone = models.BigIntegerField(default=0)
    left = models.BigIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    cursor_key = models.TextField(default="")
    found = models.BooleanField(default=False)  # whether this round has found anybody
    look_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)
    undo_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["look_at"], name="move_open", condition=models.Q(look_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.state}"


class MovedPerson(models.Model):
    """Where somebody stood before a move, and where she was put (`to_step` "": she left): kept until it can't be undone
    any more. `due_at` is the frozen one of those who were paused; `entry` and `context` stand here only of those who
    left, for their enrolment is gone."""

    move_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    step = models.TextField()
    seq = models.IntegerField()
    arrived_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField()
    to_step = models.TextField()
    to_seq = models.IntegerField()
    entry = StoredJSON(null=True)
    context = StoredJSON(null=True)
    pk = models.CompositePrimaryKey("move_id", "enrolment_id")

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.step} -> {self.to_step}"
