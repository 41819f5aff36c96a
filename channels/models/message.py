import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func

from lib.stored_json import StoredJSON


class Message(models.Model):
    """The outbox, one row a message for ever. unique (enrolment_id, seq) is the idempotency key.

    States: created -> sent -> delivered; created -> failed; held -> created | skipped; skipped. `reason` says why a
    message was held, skipped or failed (journeys.md 7a). A row in state created whose `due_at` has come and whose
    lease `claimed_until` is over may be claimed by any sender. `frozen` rows belong to a paused journey.
    Ids of other tables are plain numbers: the outbox outlives what they point to.
    """

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=Func(function="uuidv7"), unique=True, editable=False
    )
    workspace_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField(null=True)
    seq = models.IntegerField(default=0)
    journey_id = models.BigIntegerField(null=True)
    version_id = models.BigIntegerField(null=True)
    step = models.TextField(default="", db_default="")
    profile_id = models.BigIntegerField()
    medium = models.TextField()
    account_id = models.BigIntegerField(null=True)
    content_version_id = models.BigIntegerField(null=True)
    topic = models.TextField(default="", db_default="")
    transactional = models.BooleanField(default=False, db_default=False)
    address = models.TextField(default="", db_default="")
    locale = models.TextField(default="", db_default="")
    variables = StoredJSON(default=dict)  # {"entry": {...}, "context": {...}} for Liquid
    state = models.TextField(default="created", db_default="created")
    reason = models.TextField(default="", db_default="")
    error = models.TextField(default="", db_default="")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    frozen = models.BooleanField(default=False, db_default=False)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)  # in the inbox: clicked or put away
    provider_id = models.TextField(default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment_id", "seq"], name="message_once"),
        ]
        indexes = [
            # Senders claim by account: a slow one holds up nobody else's messages.
            models.Index(
                fields=["account_id", "due_at"],
                name="message_pending",
                condition=models.Q(state="created", frozen=False),
            ),
            models.Index(fields=["profile_id", "created_at"], name="message_profile"),
            BrinIndex(fields=["created_at"], name="message_recent", pages_per_range=32, autosummarize=True),
            models.Index(fields=["journey_id", "id"], name="message_journey"),
            # What waits in somebody's inbox: a handful of rows, whatever the size of the table.
            models.Index(
                fields=["profile_id", "id"],
                name="message_inbox",
                condition=models.Q(medium="in_app", state__in=["sent", "delivered"], closed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.public_id} ({self.state})"


class MessageBody(models.Model):
    """What was really sent, as rendered: {"subject", "html", "text"}, {"body"}. Kept apart: wide and soon cold."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="body")
    data = models.JSONField()

    def __str__(self) -> str:
        return str(self.message_id)
