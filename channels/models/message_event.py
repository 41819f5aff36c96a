from django.db import models


class MessageEvent(models.Model):
    """What became of a message: delivered, opened, clicked, bounced, complained, unsubscribed, failed."""

    workspace_id = models.BigIntegerField()
    message_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    kind = models.TextField()
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["message_id", "kind"], name="message_event_message"),
            models.Index(fields=["profile_id", "at"], name="message_event_profile"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.message_id}"
