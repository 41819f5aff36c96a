from django.db import models


class Heartbeat(models.Model):
    """When the clock last reached a worker: /readyz and the health page read it. name "clock", or "queue:<name>" when a
    worker of that queue last answered."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"


class JobRun(models.Model):
    """One row a clock job, updated by the job itself: its last run and its sums since the installation began.

    `done` adds up what the job returns (rows moved, sent, folded); `error` is the kind of the last failure, "" after a
    run that ended well; `seconds` of the last run.
    """

    task = models.CharField(max_length=120, primary_key=True)
    ended_at = models.DateTimeField()
    ok_at = models.DateTimeField(null=True)
    seconds = models.FloatField()
    error = models.CharField(max_length=120, blank=True, default="", db_default="")
    runs = models.BigIntegerField(default=0, db_default=0)
    failures = models.BigIntegerField(default=0, db_default=0)
    total_seconds = models.FloatField(default=0, db_default=0.0)
    done = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.task} {self.ended_at}"


class Sample(models.Model):
    """What came in and went out until a moment: the difference of two is a rate. Kept for some hours.

    `events`, `messages`: stored since the installation began. `last_event`, `last_message`: the greatest ids counted.
    """

    at = models.DateTimeField(primary_key=True)
    events = models.BigIntegerField()
    messages = models.BigIntegerField()
    last_event = models.BigIntegerField()
    last_message = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.at}"
