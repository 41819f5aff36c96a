from django.contrib.postgres.fields import ArrayField
from django.db import models

from profiles.models.profile import Profile
from workspaces.models import Workspace

FOLLOWS, SEEN, SHARED = 0, 1, 2


class Identity(models.Model):
    """A name by which a source knows a profile. kinds: user_id (one that was merged away), anonymous_id, device, email,
    phone, and external:<type> for a source's own numbers.

    state: FOLLOWS came along with other names; SEEN was sent together with the user id of its person; SHARED was sent
    with more than one, so it joins nobody with nobody.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=40)
    value = models.TextField()
    state = models.SmallIntegerField(default=FOLLOWS, db_default=FOLLOWS)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "value"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class IdentityRules(models.Model):
    """What a workspace says of names: values that name nobody, and whether addresses join people."""

    workspace = models.OneToOneField(Workspace, primary_key=True, on_delete=models.CASCADE, related_name="+")
    blocked = ArrayField(models.TextField(), default=list, blank=True)  # lower case, beside the built-in ones
    email_joins = models.BooleanField(default=False)
    phone_joins = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"rules of {self.workspace_id}"
