from django.db import models
from django.db.models import Q


class Place(models.Model):
    """A place of a `limit` step: taken, or one that somebody stands in line for (order: `id`).

    `profile_id` is whose places they are: a person's, or 0 where all people share them. `at`: when it was taken, or
    when it will most likely be free. Places whose period is over are deleted by whoever comes by next. `number`: of
    those that all share, the how many-th taken, or the how many-th in line; gaps are those who have left.
    """

    id = models.BigAutoField(primary_key=True)
    journey_id = models.BigIntegerField()
    step = models.TextField()
    profile_id = models.BigIntegerField(default=0, db_default=0)
    enrolment_id = models.BigIntegerField()
    seq = models.IntegerField()
    taken = models.BooleanField()
    number = models.BigIntegerField(default=0, db_default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment_id", "seq"], name="place_once")]
        indexes = [
            models.Index(
                fields=["journey_id", "step", "profile_id", "at"], name="place_taken", condition=Q(taken=True)
            ),
            models.Index(
                fields=["journey_id", "step", "profile_id", "id"], name="place_line", condition=Q(taken=False)
            ),
            models.Index(
                fields=["journey_id", "step", "taken", "number"],
                name="place_number",
                condition=Q(profile_id=0),
            ),
            models.Index(fields=["at"], name="place_overdue", condition=Q(taken=False)),
            models.Index(fields=["profile_id"], name="place_person", condition=Q(profile_id__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.step} {'taken by' if self.taken else 'waited for by'} {self.enrolment_id}"


class Line(models.Model):
    """A limit that all people share, in numbers, so that nobody counts its places: how many rows are `taken` and
    `waiting`, and the last number of each kind. Written by whoever holds the limit's lock."""

    journey_id = models.BigIntegerField()
    step = models.TextField()
    taken = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    last_taken = models.BigIntegerField(default=0)
    last_waiting = models.BigIntegerField(default=0)
    pk = models.CompositePrimaryKey("journey_id", "step")

    def __str__(self) -> str:
        return f"{self.step}: {self.taken} taken, {self.waiting} waiting"
