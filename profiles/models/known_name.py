from django.db import models

from workspaces.models import Team, Workspace


class KnownName(models.Model):
    """The catalogue: events, their properties and attributes as really seen, and what people say of them.

    `total`, `last_seen`, `types` and `examples` run some seconds behind (profiles.catalogue.tally). `types`: every type
    that came, {type: {"at", "source"}}; `type` is the one it began with. `changed_at`: when a further type came first;
    null again once somebody said that it is meant so. `data_class` "": as the name suggests (profiles.data_classes).
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)  # event, property, attribute
    event = models.TextField(default="")  # the event, for a property
    name = models.TextField()
    type = models.CharField(max_length=12, default="")  # text, number, date, yes_no, list, object
    first_seen = models.DateTimeField()
    first_source_id = models.BigIntegerField(null=True)
    last_seen = models.DateTimeField(null=True)
    total = models.BigIntegerField(default=0, db_default=0)
    types = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    examples = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    changed_at = models.DateTimeField(null=True)
    computed = models.BooleanField(default=False, db_default=False)
    description = models.TextField(default="", db_default="", blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    data_class = models.CharField(max_length=12, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "event", "name"], name="known_name_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class NameSource(models.Model):
    """How often a name came from a source, and when first and last. `source_id` 0: from none (journeys, pages)."""

    known_name = models.ForeignKey(
        KnownName, on_delete=models.CASCADE, related_name="sources", db_index=False
    )
    source_id = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    total = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["known_name", "source_id"], name="name_source_once")]

    def __str__(self) -> str:
        return f"{self.known_name_id} from {self.source_id}"


class NameDay(models.Model):
    """How often a name came on a day (UTC); the last 90 days."""

    known_name = models.ForeignKey(KnownName, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    total = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["known_name", "day"], name="name_day_once")]

    def __str__(self) -> str:
        return f"{self.known_name_id} on {self.day}"
