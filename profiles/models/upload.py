import uuid

from django.conf import settings
from django.db import models

from profiles.models.source import Source


class Upload(models.Model):
    """A file that comes in through the browser, and how far it is.

    state: uploading (`received` of `size` bytes are there), mapping (whole, waits to be told what its columns mean),
    running, done, cancelled, failed (`error` says why). While it runs, `offset` and `line` are where the next record
    starts, committed with each batch; `claimed_until` is the lease of the worker at it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64, default="")
    received = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, default="uploading")
    shape = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    announce = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    offset = models.BigIntegerField(default=0)
    line = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    rejects = models.BigIntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["claimed_until"], condition=models.Q(state="running"), name="upload_running")
        ]

    def __str__(self) -> str:
        return self.name
