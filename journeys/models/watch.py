from django.db import models

from journeys.models.journey import Journey


class SegmentWatch(models.Model):
    """A live journey that people enter by coming into a segment, or by dropping out of it, after `since`."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="segment_watches")
    trigger = models.TextField()
    segment_id = models.BigIntegerField(db_index=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "trigger"], name="segment_watch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} watches {self.segment_id}"


class LateCrossing(models.Model):
    """People who crossed a segment and could not be let in by a trigger, tried again at `next_at`: what failed holds up
    no other journey, and nobody is forgotten. `changes`: [[number, profile, whether she came in, when], ...]."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="late_crossings")
    trigger = models.TextField()
    changes = models.JSONField()
    error = models.TextField()
    attempts = models.IntegerField(default=1)
    at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.trigger}: {len(self.changes)} late"


class DateWatch(models.Model):
    """A date trigger of a journey. Moments from `since` on count; `active` while the journey is live.

    `reading` is what the moments depend on (settings and zone); where it changes, a new `round` of reading everyone
    begins. The round goes by profile id: `cursor` is the last one read, `read_at` when everyone was; `next_at` is when
    the clock looks for people whose date it was not told of.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="date_watches")
    trigger = models.TextField()
    attribute = models.TextField()
    reading = models.JSONField()
    active = models.BooleanField(default=True)
    since = models.DateTimeField()
    round = models.IntegerField(default=1)
    cursor = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "trigger"], name="date_watch_once")]

    def __str__(self) -> str:
        return f"{self.trigger} watches {self.attribute}"


class PersonalDate(models.Model):
    """A person's date as it was read (`value`, in `zone`, in a `round` of the watch), and the next time it lets her in.

    `day` names the occasion of `due_at`, `done` the last one that let her in: none does so twice.
    """

    watch = models.ForeignKey(
        DateWatch, on_delete=models.CASCADE, related_name="dates", db_index=False, db_constraint=False
    )
    profile_id = models.BigIntegerField()
    round = models.IntegerField()
    value = models.TextField(default="")
    zone = models.TextField(default="")
    day = models.TextField(default="")
    due_at = models.DateTimeField(null=True)
    done = models.TextField(default="")
    pk = models.CompositePrimaryKey("watch_id", "profile_id")

    class Meta:
        indexes = [
            models.Index(
                fields=["watch", "due_at"],
                name="personal_date_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id}: {self.value}"
