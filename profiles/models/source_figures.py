from django.db import models


class SourceDelta(models.Model):
    """What a process took in of a source in about a second; folded into hours by the clock, read together with them.

    kind: track, page, screen, group, identify, alias; "refused" counts calls that were not taken, `name` then is the
    reason. Else `name` is the event ("" for calls without one).
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    hour = models.DateTimeField()
    kind = models.TextField()
    name = models.TextField()
    count = models.IntegerField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["source_id"], name="source_delta")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.name} +{self.count}"


class SourceHour(models.Model):
    """How many calls of a kind and name a source sent in an hour. Kept for eight days."""

    source_id = models.BigIntegerField()
    hour = models.DateTimeField()
    kind = models.TextField()
    name = models.TextField()
    count = models.BigIntegerField()
    last_at = models.DateTimeField()
    pk = models.CompositePrimaryKey("source_id", "hour", "kind", "name")

    def __str__(self) -> str:
        return f"{self.source_id} {self.hour:%Y-%m-%d %H} {self.kind} {self.name}: {self.count}"


class RefusedSample(models.Model):
    """One refused call as it came, personal data masked; a few for each source and reason, for seven days."""

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    reason = models.TextField()
    at = models.DateTimeField()
    sample = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["source_id", "reason", "id"], name="refused_sample")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.reason}"


class Watch(models.Model):
    """Somebody looks at the calls of a workspace as they arrive, until then."""

    workspace_id = models.BigIntegerField(primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.workspace_id} until {self.until:%H:%M:%S}"


class LiveCall(models.Model):
    """A call that arrived while somebody watched. The newest of a workspace, for a few minutes only.

    answer: taken, known (seen before) or refused; `body` is the call as it was understood, JSON; of a refused one its
    masked sample.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.TextField()
    event = models.TextField()
    who = models.TextField()
    answer = models.TextField()
    reason = models.TextField()
    body = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "id"], name="live_call")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"
