from django.contrib.postgres.fields import ArrayField
from django.db import models


class Announcement(models.Model):
    """A batch of news that is stored, but maybe not told yet: written with it, deleted when every listener has it.

    What a killed process leaves is told again by a clock job (profiles.announcements). The events themselves are
    looked up then, so nothing of a person stands here: events are numbered from `first_event` to `last_event` and
    were received at `created_at`; `people`: whatever these did from `created_at` on; `changed`: profiles that did.
    `owner`: the database session of whoever tells it now. `due_at` null: given up after many attempts, kept and shown.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    owner = models.IntegerField(null=True)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    first_event = models.BigIntegerField(null=True)
    last_event = models.BigIntegerField(null=True)
    people = ArrayField(models.BigIntegerField(), null=True)
    changed = ArrayField(models.BigIntegerField(), null=True)
    error = models.TextField(default="", db_default="")

    def __str__(self) -> str:
        return f"{self.pk} of {self.created_at:%Y-%m-%d %H:%M}"
