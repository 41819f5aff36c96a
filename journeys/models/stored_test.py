import uuid

from django.db import models

from journeys.models.journey import Journey
from workspaces.models import User


class StoredTest(models.Model):
    """A test of a journey: given a person and what happens, this path and these messages are expected.

    `given`: {"person", "start", "until", "events", "draws", "consents"?} as simulations take them; `expect`: see
    journeys.expectations. How it went the last time: `passed` (null: not run yet), on which revision of the draft, and
    where it parted from what was expected (`divergence`, null where it passed). `profile_id`: whose walk it was made
    from, so that it forgets her when she is erased.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="tests")
    name = models.CharField(max_length=120)
    given = models.JSONField()
    expect = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField()
    passed = models.BooleanField(null=True)
    divergence = models.JSONField(null=True)
    ran_at = models.DateTimeField(null=True)
    ran_on = models.PositiveIntegerField(null=True)
    profile_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["profile_id"], name="test_made_from", condition=models.Q(profile_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name
