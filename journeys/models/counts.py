from django.db import models


class CountDelta(models.Model):
    """What one batch adds to the counts, written in the batch's own transaction: no hot counter row anywhere.

    outlet "": people who arrived at the step are in `entered`; else those who left it by that outlet are in
    `completed`. Left by a rule (goal, exit, stop, move): outlet "!goal", "!exit_rule", ... step "" counts enrolments:
    entered, and ended by reason in outlet "!completed", ...; step "$goal": goals reached by people who go on. A clock
    job folds deltas into StepCount; readers add both.
    """

    id = models.BigAutoField(primary_key=True)
    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    step = models.TextField()
    outlet = models.TextField(default="", db_default="")
    entered = models.IntegerField(default=0, db_default=0)
    completed = models.IntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["journey_id"], name="count_delta_journey")]

    def __str__(self) -> str:
        return f"{self.step}/{self.outlet} +{self.entered} +{self.completed}"


class StepCount(models.Model):
    """The folded counts of a step and outlet in one version."""

    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    step = models.TextField()
    outlet = models.TextField(default="", db_default="")
    entered = models.BigIntegerField(default=0, db_default=0)
    completed = models.BigIntegerField(default=0, db_default=0)
    pk = models.CompositePrimaryKey("journey_id", "version_id", "step", "outlet")

    def __str__(self) -> str:
        return f"{self.step}/{self.outlet} {self.entered} {self.completed}"
