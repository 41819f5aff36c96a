from django.db import models

from profiles.models.profile import Profile
from workspaces.models import Workspace


class Topic(models.Model):
    """What messages are about: offers, news, orders. Transactional topics need no consent and no quiet hours."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="topics")
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    transactional = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="topic_slug_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """granted or withdrawn, for one medium and one topic ("*": every topic of the medium). No row: unknown."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="consents", db_index=False)
    medium = models.CharField(max_length=16)
    topic = models.CharField(max_length=50)
    state = models.CharField(max_length=10)
    at = models.DateTimeField()
    how = models.CharField(max_length=80, blank=True)
    wording = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "medium", "topic"], name="consent_once")]

    def __str__(self) -> str:
        return f"{self.medium}/{self.topic}: {self.state}"
