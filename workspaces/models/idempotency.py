from django.db import models

from workspaces.models.user import User


class IdempotentRequest(models.Model):
    """A POST that came with an Idempotency-Key, and its answer: the same key again gets the same answer.

    `status` null: still being worked on. Kept for a day.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = models.TextField()
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "path", "key"], name="idempotent_once")]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
