from django.db import models

from lib.stored_json import StoredJSON


class Enrolment(models.Model):
    """A person who is walking a journey now. Hot: narrow rows, three indexes, ended ones move to Finished.

    `seq` numbers the visits of this enrolment from 1; it is the visit at which she stands, and with `id` the
    idempotency key of everything that visit makes. `due_at` null: waits for something outside (an event without
    limit, a resumed failure), never claimed. `entry`: what started it (event properties, payload), `event_id` its
    number if it was an event; `context`: what steps wrote.
    status: 0 running, 1 failed and parked (see Failure), 2 frozen by a pause (`due_at` is kept in `frozen_due`).
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    trigger = models.TextField()
    instance_key = models.TextField(default="", db_default="")
    step = models.TextField()
    seq = models.IntegerField(default=1, db_default=1)
    arrived_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    frozen_due = models.DateTimeField(null=True)
    status = models.SmallIntegerField(default=0, db_default=0)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    entered_at = models.DateTimeField()
    entry = StoredJSON(default=dict)
    context = StoredJSON(default=dict)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["journey_id", "profile_id", "instance_key"], name="enrolment_once"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="enrolment_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.id} at {self.step}"


class Finished(models.Model):
    """An enrolment that ended: why (journeys.md 7a), when, where. `reason` completed, goal, exit_rule, stopped, ...

    `event_id`: what started it; told of it once more, she does not enter once more."""

    enrolment_id = models.BigIntegerField(primary_key=True)
    workspace_id = models.BigIntegerField()
    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    trigger = models.TextField()
    instance_key = models.TextField(default="", db_default="")
    step = models.TextField()
    seq = models.IntegerField()
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    reason = models.TextField()
    outcome = models.TextField(default="", db_default="")
    event_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            # Led by the person: re-entry asks for it, and so does her page.
            models.Index(
                fields=["profile_id", "journey_id", "instance_key", "ended_at"], name="finished_reentry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.reason}"


class EventWait(models.Model):
    """An enrolment that waits for an event of its person; joined to arriving batches. name "$profile": any change
    of the profile, for waits on conditions. The step that waits deletes its rows with DELETE ... RETURNING."""

    profile_id = models.BigIntegerField()
    name = models.TextField()
    enrolment_id = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)
    pk = models.CompositePrimaryKey("profile_id", "name", "enrolment_id")

    def __str__(self) -> str:
        return f"{self.enrolment_id} waits for {self.name}"


class Failure(models.Model):
    """Why an enrolment is set aside: the step, the error, how often it was tried. Gone when it is resumed."""

    enrolment_id = models.BigIntegerField(primary_key=True)
    journey_id = models.BigIntegerField(db_index=True)
    step = models.TextField()
    error = models.TextField()
    attempts = models.SmallIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.enrolment_id} failed at {self.step}"
