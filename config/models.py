from django.db import models


class Heartbeat(models.Model):
    """When the clock last reached a worker: /readyz and the status page read it."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
