from django.db import models

from journeys.models.journey import Journey
from journeys.models.version import Version


class Schedule(models.Model):
    """The next due moment of a schedule trigger; null while the journey is not live, or when there is none any more. A
    clock job turns due rows into occurrences. `anchor` is where the counting of a rule began (COUNT, INTERVAL); it
    stays while the rule, as in `reading`, is the same."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="schedules")
    trigger = models.TextField()
    due_at = models.DateTimeField(null=True, db_index=True)
    anchor = models.DateTimeField(null=True)
    reading = models.JSONField(default=dict, db_default={})

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "trigger"], name="schedule_once")]

    def __str__(self) -> str:
        return f"{self.trigger} {self.due_at}"


class Occurrence(models.Model):
    """One run of a schedule: unique, so it happens once whatever restarts; worked off in chunks by profile id. With a
    rate the next chunk has to wait until `next_at`."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="occurrences")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    trigger = models.TextField()
    at = models.DateTimeField()
    cursor = models.BigIntegerField(default=0)  # the last profile looked at
    entered = models.BigIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "trigger", "at"], name="occurrence_once")]
        indexes = [
            models.Index(fields=["at"], name="occurrence_open", condition=models.Q(finished_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.trigger} {self.at}"
