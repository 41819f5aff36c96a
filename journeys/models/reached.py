from django.db import models


class Reached(models.Model):
    """A goal that a `goal` step marked, with what it is worth: what reports add up by journey, name and time.

    Once for each enrolment and name. That the enrolment has reached its goal, by a step or by the journey's own goal,
    is also in the counts ("$goal", see CountDelta), once whatever the number of names.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField()
    step = models.TextField()
    name = models.TextField()
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment_id", "name"], name="reached_once")]
        indexes = [models.Index(fields=["journey_id", "at"], name="reached_when")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} reached {self.name}"
