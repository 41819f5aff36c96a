from django.db import models

from workspaces.models.membership import Membership


class ApiKey(models.Model):
    """A bearer key. It acts as a service user of its own, so that object permissions hold for it as for anyone.

    Only a SHA-256 of the key is kept: keys are 32 random bytes, so a slow hash would add nothing.
    """

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="api_key")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True)  # [] whatever the role may, see workspaces.scopes
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
