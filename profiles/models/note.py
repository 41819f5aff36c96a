import uuid

from django.db import models
from django.db.models import F

from profiles.models.profile import Profile
from workspaces.models import User, Workspace


class Note(models.Model):
    """What a colleague wrote down about a person. `author` is null once her account is gone."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="notes", db_index=False)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(F("profile"), F("created_at").desc(), name="note_of_person")]

    def __str__(self) -> str:
        return f"note {self.public_id}"
