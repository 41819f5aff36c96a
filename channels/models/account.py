import uuid

from django.db import models

from workspaces.models import Team, Workspace


class Account(models.Model):
    """One configured way out: this SMTP server, that SMS gateway. `kind` names the adapter."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="channel_accounts")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=80)
    medium = models.CharField(max_length=16)
    kind = models.CharField(max_length=24)
    settings = models.JSONField(default=dict)
    secrets = models.TextField(blank=True)  # encrypted, see lib.secrets
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        permissions = [("use_account", "Can send through the account")]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "medium"],
                condition=models.Q(is_default=True),
                name="one_default_account",
            )
        ]

    def __str__(self) -> str:
        return self.name
