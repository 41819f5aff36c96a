from django.db import models

from profiles.models.source import Source


class Pull(models.Model):
    """A source that we fetch from, by the clock: a query against a database of the company's.

    `cursor` is the last value of the query's cursor column that is stored, saved with each batch. `due_at` null:
    switched off. After failures the pauses grow; `error` is the last one.
    """

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="pull")
    every = models.IntegerField(default=3600)
    due_at = models.DateTimeField(null=True, db_index=True)
    claimed_until = models.DateTimeField(null=True)
    cursor = models.JSONField(null=True)
    failures = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    last_run_at = models.DateTimeField(null=True)
    last_rows = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.source)
