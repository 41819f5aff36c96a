import uuid

from django.db import models
from django.db.models import Q

from workspaces.models import Workspace


class ComputedAttribute(models.Model):
    """A figure over what people did, kept in their attributes under `name` by the package profiles.computed.

    `revision` counts changes of what is computed: rows of another one count as missing. `state`: filling (people are
    gone through from `fill_after` on: `cursor` of `last_person`, `done` so many), live, removing. `zone`: whose days
    a streak counts.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    description = models.TextField(default="", blank=True)
    kind = models.CharField(max_length=16)
    event = models.CharField(max_length=200)
    property = models.CharField(max_length=200, default="", blank=True)
    where = models.JSONField(default=list, blank=True)
    window_days = models.PositiveIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=8, default="day")
    zone = models.CharField(max_length=64, default="UTC")
    revision = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, default="filling")
    fill_after = models.DateTimeField()
    cursor = models.BigIntegerField(default=0)
    last_person = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="computed_attribute_once")]

    def __str__(self) -> str:
        return self.name


class ComputedState(models.Model):
    """How far one person's figure has got: it counts the events with `since` < ts <= `upto`. `due_at`: when it changes
    by the passing of time alone."""

    computed_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    revision = models.IntegerField()
    since = models.DateTimeField()
    upto = models.DateTimeField()
    n = models.BigIntegerField(default=0)
    total = models.DecimalField(max_digits=60, decimal_places=20, null=True)
    value = models.JSONField(null=True)
    value_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    pk = models.CompositePrimaryKey("computed_id", "profile_id")

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="computed_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["profile_id"], name="computed_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.computed_id} of {self.profile_id}"


class ComputedTally(models.Model):
    """How often a person's events carried a value (most frequent, distinct), or fell on a day (streak)."""

    computed_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    value = models.JSONField()
    n = models.BigIntegerField()
    last_at = models.DateTimeField()
    pk = models.CompositePrimaryKey("computed_id", "profile_id", "value")

    class Meta:
        indexes = [models.Index(fields=["profile_id"], name="computed_tally_of_person")]

    def __str__(self) -> str:
        return f"{self.computed_id} of {self.profile_id}: {self.value}"
