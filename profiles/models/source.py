import secrets

from django.db import models

from lib.secrets import EncryptedJSONField
from workspaces.models import Workspace


def new_write_key() -> str:
    return "wk_" + secrets.token_urlsafe(24)


class Source(models.Model):
    """Where data comes from: web site, app, store till, CRM. Its write key is the user name of /v1/ calls.

    After a rotation the previous key is good until `previous_key_until`. `settings` and `secret` (passwords,
    encrypted) belong to the connector of its kind, if it has one.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=24, default="web")
    write_key = models.CharField(max_length=64, unique=True, default=new_write_key)
    previous_key = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique, most have none
    previous_key_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settings = models.JSONField(default=dict)
    secret = EncryptedJSONField(null=True)
    last_call_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
