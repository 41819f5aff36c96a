from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Event(models.Model):
    """What a customer did. Partitioned by month of `ts`, append-only, written by COPY (see record_event).

    The table is made by SQL in the first migration: primary key (id, ts), index (profile_id, name, ts).
    `ts` is when it happened (client clocks corrected), `received_at` when it reached us.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    name = models.TextField()
    ts = models.DateTimeField()
    received_at = models.DateTimeField()
    source_id = models.BigIntegerField(null=True)
    message_id = models.TextField(null=True)  # noqa: DJ001 - written by COPY; most rows of ours have none
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    # Set by joins: the profile whose event it was before, or minus the identity that named her after.
    origin_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "profiles_event"

    def __str__(self) -> str:
        return f"{self.name} {self.ts:%Y-%m-%d %H:%M}"


class MessageId(models.Model):
    """The messageIds of the last days: the same call twice is stored once."""

    workspace_id = models.BigIntegerField()
    message_id = models.TextField()
    seen_at = models.DateTimeField()
    pk = models.CompositePrimaryKey("workspace_id", "message_id")

    class Meta:
        indexes = [BrinIndex(fields=["seen_at"], name="message_id_age", autosummarize=True)]

    def __str__(self) -> str:
        return self.message_id
