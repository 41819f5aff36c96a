import uuid

from django.db import models


class Workspace(models.Model):
    """One company's room: its people, journeys, contents and teams. Everything else points here."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    default_locale = models.CharField(max_length=16, default="en")
    quiet_hours = models.JSONField(
        default=dict, blank=True
    )  # {} none, or {"from": "21:00", "to": "08:00", "then": "hold"}
    # Advertising by text, push and messengers between 21:00 and 08:00 needs a consent of its own (profiles.night).
    night_consent = models.BooleanField(default=False, db_default=False)
    # Most messages one person may get: [{"medium": "email" or "*" (all), "count": 3, "per": "day" or "week"}, ...]
    message_caps = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
