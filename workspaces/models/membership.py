from django.db import models

from workspaces.models.team import Team
from workspaces.models.user import User
from workspaces.models.workspace import Workspace


class Membership(models.Model):
    """A user's place in a workspace: one role (a key of workspaces.roles.ROLES) and any number of teams."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16)
    teams = models.ManyToManyField(Team, blank=True, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
