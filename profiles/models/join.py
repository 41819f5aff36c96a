from django.conf import settings
from django.db import models

from profiles.models.profile import Profile
from workspaces.models import Workspace


class Join(models.Model):
    """Two profiles turned out to be one person: when, by which call and name, and what is needed to part them again.

    how: "merged" (`former` went into `person`) or "named" (`person` had no user id and became the user; nobody is
    merged, `former` is made when it is undone). before: the former's attributes, names, consents; what it brought.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    source_id = models.BigIntegerField(null=True)
    message_id = models.TextField(null=True)  # noqa: DJ001 - calls may have none
    kind = models.CharField(max_length=40)  # the name that both were seen with
    value = models.TextField()
    how = models.CharField(max_length=8)
    person = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="joins")
    former = models.ForeignKey(Profile, null=True, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "kind", "value"],
                name="join_undone",
                condition=models.Q(undone_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.former_id} into {self.person_id} by {self.kind}"
