from django.db import models

from workspaces.models import Workspace


class KnownName(models.Model):
    """Names of events, event properties and attributes as really seen: what the sentence builder offers."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)  # event, property, attribute
    event = models.TextField(default="")  # the event, for a property
    name = models.TextField()
    type = models.CharField(max_length=12, default="")  # text, number, date, yes_no, list, object
    first_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "event", "name"], name="known_name_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
