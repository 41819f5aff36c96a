import uuid

from django.db import models
from django.db.models import Q

from lib.stored_json import StoredJSON
from workspaces.models import User, Workspace


class Call(models.Model):
    """A webhook that a visit asked for, from the asking until she goes on: then the row is gone, and what came of it
    stands in the log. Unique (enrolment, seq): made once; `public_id` is the key the receiver tells repeats by.

    What is called is read when it is called: from the version, the enrolment and the profile. `host` is "" where a
    template decides it. While `calling`, `due_at` is the end of the caller's lease. `outlet` "" : no result yet.
    `request` keeps what was sent, encrypted, once there is a second try: repeats are the same.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid"))
    enrolment_id = models.BigIntegerField()
    seq = models.IntegerField()
    step = models.TextField()
    host = models.TextField(default="", db_default="")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    calling = models.BooleanField(default=False, db_default=False)
    frozen = models.BooleanField(default=False, db_default=False)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    request = models.TextField(default="", db_default="")
    outlet = models.TextField(default="", db_default="")
    result = StoredJSON(null=True)  # {"state", "status"?, "reason"?, "ms"?, "tries"}: as the log has it
    answer = StoredJSON(null=True)  # what goes into the context

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment_id", "seq"], name="call_once")]
        indexes = [
            models.Index(fields=["host", "due_at"], name="call_open", condition=Q(outlet="", frozen=False)),
            models.Index(fields=["host"], name="call_flying", condition=Q(calling=True)),
            models.Index(fields=["asked_at"], name="call_age", condition=Q(outlet="")),
            models.Index(fields=["enrolment_id"], name="call_answered", condition=~Q(outlet="")),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}#{self.seq} {self.host} {self.outlet}"


class Secret(models.Model):
    """A secret of the workspace by name, for webhooks: signs them, or stands in a header as {{ secrets.name }}.

    `host`: the only one that gets it, where said. The value is encrypted and never shown again.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="webhook_secrets")
    name = models.CharField(max_length=40)
    host = models.CharField(max_length=255, blank=True)
    value = models.TextField()  # encrypted, see lib.secrets
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="secret_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
