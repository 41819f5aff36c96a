from django.db import models
from django.db.models import F

from profiles.models.profile import Profile
from workspaces.models import Workspace

KINDS = ("web", "android", "ios")


class Device(models.Model):
    """A phone or a browser that takes push messages for a person.

    kind: web, android, ios. `token`: what the push service knows it by; of a browser that subscribed by Web Push it is
    the address at the browser's push service, and `keys` holds {"p256dh", "auth"}. `app`: which app or site, in its own
    words; of a browser the public id of the channel whose key it subscribed with. state active or gone (the service
    said so, or it was taken back). A token is one person's: seen at another, it moves to her.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="devices", db_index=False)
    kind = models.CharField(max_length=8)
    token = models.TextField()
    keys = models.JSONField(default=dict)
    app = models.CharField(max_length=120, default="")
    state = models.CharField(max_length=8, default="active")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "token"], name="device_once")]
        indexes = [models.Index(F("profile"), F("last_seen_at").desc(), name="device_of_person")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"
