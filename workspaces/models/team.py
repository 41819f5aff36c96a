from django.db import models
from django.utils.translation import get_language

from workspaces.models.workspace import Workspace


class Team(models.Model):
    """Who owns a journey, a step, a content. The slug is what documents and API calls say."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    hue = models.CharField(
        max_length=16, default="crm"
    )  # a team-* colour token of the design: email, mobile, social, crm
    name_ko = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="team_slug_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        """The name in the reader's language."""
        return self.name_ko if self.name_ko and (get_language() or "").startswith("ko") else self.name
