from django.contrib.postgres.fields import ArrayField
from django.db import models

from workspaces.models import Workspace


class PrivacySettings(models.Model):
    """A workspace's rules. No row: the defaults.

    readmit_events: what an erased person may do to be known again (with a time of its own after the erasure);
    readmit_after_days: after so many days whatever comes is let in, null: never.
    confirmation: {"en": {"subject", "text", "button"}, "ko": {...}}, the words of the double opt-in mail.
    """

    workspace = models.OneToOneField(Workspace, primary_key=True, on_delete=models.CASCADE, related_name="+")
    readmit_events = ArrayField(models.TextField(), default=list, blank=True)
    readmit_after_days = models.IntegerField(null=True, blank=True)
    confirmation = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"privacy of {self.workspace_id}"


class ErasedName(models.Model):
    """A keyed hash of a name that an erased person had: calls with it don't make her anew (profiles.erased_names)."""

    workspace_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    erased_at = models.DateTimeField()
    pk = models.CompositePrimaryKey("workspace_id", "digest")

    def __str__(self) -> str:
        return self.digest[:12]


class Retention(models.Model):
    """Events of a name ("*": those without a rule of their own) are kept so many days.

    `cleared_until`: what happened before is gone, but for what came in late since; `deleted`: how many went so far.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    event = models.TextField()
    days = models.IntegerField()
    cleared_until = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)
    deleted = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "event"], name="retention_once")]

    def __str__(self) -> str:
        return f"{self.event}: {self.days} days"
